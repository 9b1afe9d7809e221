"""Read from the database what driver analysis is made from."""

from datetime import date, datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction


class KnownDelivery(msgspec.Struct, frozen=True):
    """A delivered order, and what came of it: stars and a return, where there were any."""

    merchant_id: int
    market: str
    ordered_at: datetime
    accepted_at: datetime | None
    dispatch_by_at: datetime | None
    dispatched_at: datetime
    transit_by_at: datetime | None
    delivered_at: datetime
    node_id: int
    stars: int | None
    returned: bool


class MerchantWeek(msgspec.Struct, frozen=True):
    """One week of a merchant's orders: shares from 0 to 1, means in seconds and hours."""

    merchant_id: int
    week: date
    orders: int
    accepted_at_once: float | None
    receipt_s: float | None
    labelled_at_once: float | None
    kept: float | None
    dispatched_in_time: float | None
    hand_over_h: float | None
    transit_in_time: float | None
    transit_h: float | None
    delivered_in_time: float | None
    sound: float | None


@query
async def deliveries_known(
    tx: Transaction, *, merchant: int | None, from_at: datetime, as_of: datetime
) -> list[KnownDelivery]:
    """List delivered orders of a merchant (None: of all) that were placed after `from_at`."""


@query
async def merchant_weeks(
    tx: Transaction, *, merchant: int | None, from_at: datetime, as_of: datetime, orders_min: int
) -> list[MerchantWeek]:
    """List weeks with at least `orders_min` orders, of a merchant or of all."""
