"""Show one order: what was bought, how far every part of it is, and all that happened to it."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from penstock.channels.order import Address
from penstock.db.query import query
from penstock.db.transaction import Transaction


class LineShown(msgspec.Struct, frozen=True, kw_only=True):
    """A line; `accepted` units will be delivered, `backordered` of them wait for stock."""

    line_no: int
    sku: str
    title: str
    quantity: int
    accepted: int
    backordered: int
    unit_price_minor: int


class TrackingShown(msgspec.Struct, frozen=True, kw_only=True):
    """A vendor's word on a parcel, in our vocabulary and (`code`) in the vendor's."""

    occurred_at: datetime
    status: str
    code: str
    place: str
    fault: str
    vendor: str


class ParcelShown(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel; carrier and number are null until its label is bought."""

    parcel_id: int
    parcel_no: int
    status: str
    weight_g: int
    vendor: str | None
    service: str | None
    tracking_number: str | None
    tracking: tuple[TrackingShown, ...]


class PartLineShown(msgspec.Struct, frozen=True, kw_only=True):
    """Units of an order line that one fulfilment order ships."""

    line_no: int
    sku: str
    quantity: int


class FulfilmentOrderShown(msgspec.Struct, frozen=True, kw_only=True):
    """What one node ships; before allocation it has no node and its lines are the order's."""

    fulfilment_order_id: int
    status: str
    since_at: datetime
    node: str | None
    because: str
    cancelled_because: str | None
    cancelled_fault: str | None
    lines: tuple[PartLineShown, ...]
    parcels: tuple[ParcelShown, ...]


class ReturnLineShown(msgspec.Struct, frozen=True, kw_only=True):
    """Units of an order line that come back; `grade` is null until they were looked at."""

    line_no: int
    sku: str
    quantity: int
    grade: str | None
    disposition: str | None


class ReturnShown(msgspec.Struct, frozen=True, kw_only=True):
    """What a shopper sends back; `vendor` is empty until a processor was found.

    `because` says what the policy decided by, `trouble` what somebody has to do about it now.
    """

    return_id: int
    request_key: str
    fulfilment_order_id: int
    status: str
    since_at: datetime
    reason: str
    fault: str
    because: str
    trouble: str
    vendor: str
    label_reference: str | None
    refund_minor: int
    currency: str
    requested_at: datetime
    received_at: datetime | None
    settled_at: datetime | None
    lines: tuple[ReturnLineShown, ...]


class HappeningShown(msgspec.Struct, frozen=True, kw_only=True):
    """One move in the life of a fulfilment order, parcel or return of the order."""

    at: datetime
    kind: str
    subject_id: int
    event: str
    status: str


class OrderShown(msgspec.Struct, frozen=True, kw_only=True):
    """An order with everything that is known of it; `status` is its least advanced part's.

    `paid_at` is null until it is paid.
    """

    order_id: int
    merchant: str
    channel: str
    channel_order_id: str
    status: str
    country: str
    currency: str
    goods_minor: int
    shipping_minor: int
    policy: str
    stream: str | None
    ship_to: Address
    ordered_at: datetime
    paid_at: datetime | None
    received_at: datetime
    dispatch_by_at: datetime
    deliver_by_at: datetime
    lines: tuple[LineShown, ...]
    fulfilment_orders: tuple[FulfilmentOrderShown, ...]
    returns: tuple[ReturnShown, ...]
    history: tuple[HappeningShown, ...]


class Shown(msgspec.Struct, frozen=True):
    """An order as one JSON object."""

    merchant_id: int
    order_id: int
    shown: str


@query
async def show_json(
    tx: Transaction, *, merchant_ids: list[int], order_ids: list[int]
) -> list[Shown]:
    """Put orders together, each as one JSON object; what there is not is left out."""


@query
async def whose_order(tx: Transaction, *, order_id: int) -> int | None:
    """Find the merchant of an order."""


async def show(tx: Transaction, merchant_id: int | None, order_id: int) -> OrderShown | None:
    """Return the order, or None where there is none.

    `merchant_id` None looks at all merchants, for operators; to a merchant, another's order does
    not exist. An order that was refused at receipt is not shown.
    """
    whose = merchant_id or await whose_order(tx, order_id=order_id)
    if whose is None:
        return None
    found = await show_many(tx, [(whose, order_id)])
    return found.get((whose, order_id))


async def show_many(
    tx: Transaction, orders: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], OrderShown]:
    """Return the orders (merchant_id, order_id) that there are and were accepted."""
    rows = await show_json(
        tx, merchant_ids=[m for m, _ in orders], order_ids=[order_id for _, order_id in orders]
    )
    decode = msgspec.json.Decoder(OrderShown).decode
    return {(row.merchant_id, row.order_id): decode(row.shown) for row in rows}
