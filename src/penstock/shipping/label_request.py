"""What a carrier is asked for when a label is bought."""

from datetime import datetime

import msgspec

from penstock.channels.order import Address
from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.gateways.effects import LabelRequest
from penstock.gateways.port import Request
from penstock.gateways.reference import reference


class Wanted(msgspec.Struct, frozen=True):
    """A parcel whose carrier is chosen, with all that its label must say."""

    merchant_id: int
    parcel_id: int
    vendor: str
    service: str
    merchant: str
    channel: str
    channel_order_id: str
    fulfilment_no: int
    parcel_no: int
    node: str
    ship_to: str
    weight_g: int
    length_mm: int
    width_mm: int
    height_mm: int
    deliver_by_at: datetime


@query
async def labels_wanted(
    tx: Transaction, *, merchant_ids: list[int], parcel_ids: list[int]
) -> list[Wanted]:
    """Gather what the labels must say, for the parcels whose carrier is chosen."""


def request_of(row: Wanted, now: datetime) -> Request:
    """Return what the carrier is asked for.

    The reference is made of natural keys only (merchant, channel, order, its n-th fulfilment
    order, the n-th parcel of that), so that whoever prepares the same parcel again names the same
    effect. `deliver_by_at` is the carrier's promise by its contract.
    """
    name = reference(
        row.merchant, row.channel, row.channel_order_id, row.fulfilment_no, row.parcel_no
    )
    wanted = LabelRequest(
        reference=name,
        service=row.service,
        node=row.node,
        ship_to=msgspec.json.decode(row.ship_to, type=Address),
        weight_g=row.weight_g,
        length_mm=row.length_mm,
        width_mm=row.width_mm,
        height_mm=row.height_mm,
        requested_at=now,
        deliver_by_at=row.deliver_by_at,
    )
    return Request(name, msgspec.json.encode(wanted))
