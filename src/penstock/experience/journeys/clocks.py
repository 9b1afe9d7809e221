"""The clocks, promises and faults of orders: what a score is made of."""

from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction


class Clocks(msgspec.Struct, frozen=True):
    """One fulfilment order as it was known at a moment; all times in UTC.

    `source` is `live`, or where its history was imported from. `excluded` says why no metric
    counts it, as it stands today.
    """

    fulfilment_order_id: int
    order_ref: str
    source: str
    channel: str
    market: str
    ordered_at: datetime
    paid_at: datetime | None
    accepted_at: datetime | None
    dispatch_by_at: datetime | None
    packed_at: datetime | None
    labelled_at: datetime | None
    dispatched_at: datetime | None
    scanned_at: datetime | None
    transit_by_at: datetime | None
    deliver_by_at: datetime | None
    delivered_at: datetime | None
    cancelled_at: datetime | None
    cancel_fault: str | None
    lost_at: datetime | None
    returned_at: datetime | None
    return_fault: str | None
    exception_fault: str | None
    excluded: str | None


@query
async def clocks(
    tx: Transaction, *, merchant: int, fulfilment_orders: list[int], as_of: datetime
) -> list[Clocks]:
    """Return a merchant's orders named, as they were known at `as_of`, by number."""
