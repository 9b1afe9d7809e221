"""Take what a replay needs out of the database, once: orders, floors, lanes and roads."""

from collections.abc import Sequence
from datetime import date, datetime, time

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction


class PastOrder(msgspec.Struct, frozen=True):
    """One journey with the node (0: none) and carrier ('': none) that served it.

    `pickup_at` is the van that its label was bought for; money is in minor units. `only_sku_id` is
    the SKU of an order of a single unit, else 0.
    """

    fulfilment_order_id: int
    market: str
    ordered_at: datetime
    paid_at: datetime | None
    accepted_at: datetime | None
    dispatch_by_at: datetime | None
    deliver_by_at: datetime | None
    allocated_at: datetime | None
    picked_at: datetime | None
    packed_at: datetime | None
    labelled_at: datetime | None
    dispatched_at: datetime | None
    transit_by_at: datetime | None
    delivered_at: datetime | None
    cancelled_at: datetime | None
    cancel_fault: str | None
    returned_at: datetime | None
    return_fault: str | None
    lost_at: datetime | None
    exception_fault: str | None
    excluded: str | None
    node_id: int
    vendor: str
    transit_days: int
    pickup_at: datetime | None
    fee_minor: int
    fee_currency: str
    weight_g: int
    goods_minor: int
    currency: str
    only_sku_id: int


class Load(msgspec.Struct, frozen=True):
    """An order of somebody else that a floor had to pick."""

    node_id: int
    merchant_id: int
    fulfilment_order_id: int
    allocated_at: datetime
    dispatch_by_at: datetime | None
    picked_at: datetime | None
    only_sku_id: int


class Walk(msgspec.Struct, frozen=True):
    """A batch that a picker fetched."""

    node_id: int
    picker: str
    orders: int
    released_at: datetime
    started_at: datetime
    picked_at: datetime


class Lane(msgspec.Struct, frozen=True):
    """A rate of a carrier from a node to a country, for parcels of up to `weight_to_g`."""

    vendor: str
    vendor_zone: str
    node_id: int
    node: str
    node_country: str
    node_zone: str
    cut_off: time
    orders_per_hour: int
    country: str
    weight_to_g: int
    fee_minor: int
    currency: str
    transit_days: int


class Road(msgspec.Struct, frozen=True):
    """So many parcels of a lane took so many days over the contract's (None: lost).

    `door_s` is the second of the node's day at which they were delivered.
    """

    vendor: str
    node_id: int
    country: str
    transit_days: int
    days_over: int | None
    door_s: float | None
    parcels: int


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A merchant's last weeks, and what is known of the floors and carriers around it.

    Orders may be older than `from_at`: they stand in queues, and come due within the weeks.
    """

    from_at: datetime
    as_of: datetime
    orders: Sequence[PastOrder]
    load: Sequence[Load]
    walks: Sequence[Walk]
    lanes: Sequence[Lane]
    roads: Sequence[Road]


@query
async def journeys_to_replay(
    tx: Transaction, *, merchant: int, from_at: datetime, as_of: datetime
) -> list[PastOrder]:
    """List a merchant's journeys that began after `from_at`, up to `as_of`."""


@query
async def floor_load(
    tx: Transaction, *, merchant: int, from_at: datetime, as_of: datetime
) -> list[Load]:
    """List what floors had to do for others than `merchant`."""


@query
async def batches_worked(tx: Transaction, *, from_at: datetime, as_of: datetime) -> list[Walk]:
    """List the walks that floors made."""


@query
async def lanes_known(tx: Transaction, *, day: date) -> list[Lane]:
    """List the rates in force on a day."""


@query
async def roads_taken(tx: Transaction, *, from_at: datetime, as_of: datetime) -> list[Road]:
    """Count how parcels fared, by carrier, node and country."""


async def take_snapshot(
    tx: Transaction, merchant: int, from_at: datetime, as_of: datetime
) -> Snapshot:
    """Read the merchant's orders of a time, and the floors and roads of everybody.

    For an operator's transaction: floors and carriers serve all merchants, and a queue is made of
    all who stand in it.
    """
    return Snapshot(
        from_at=from_at,
        as_of=as_of,
        orders=await journeys_to_replay(tx, merchant=merchant, from_at=from_at, as_of=as_of),
        load=await floor_load(tx, merchant=merchant, from_at=from_at, as_of=as_of),
        walks=await batches_worked(tx, from_at=from_at, as_of=as_of),
        lanes=await lanes_known(tx, day=as_of.date()),
        roads=await roads_taken(tx, from_at=from_at, as_of=as_of),
    )
