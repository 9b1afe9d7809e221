"""The daily cap: how many of today's orders a merchant may still take."""

from datetime import date, datetime, timedelta

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction


class Admission(msgspec.Struct, frozen=True):
    """A merchant's standing while its day row is locked: status, orders left today, hold."""

    status: str
    orders_left: int
    hold: timedelta


@query
async def admit(tx: Transaction, *, merchant_id: int, day: date) -> Admission | None:
    """Lock today's counter (made at the present cap) and tell what is left of it."""


@query
async def count_day(tx: Transaction, *, merchant_id: int, day: date, orders: int) -> None:
    """Count accepted orders; the CHECK guards the cap."""


async def day_admission(tx: Transaction, merchant_id: int, now: datetime) -> Admission | None:
    """Lock the UTC day's counter of a merchant; None when there is no such merchant."""
    return await admit(tx, merchant_id=merchant_id, day=now.date())


async def count_orders(tx: Transaction, merchant_id: int, now: datetime, orders: int) -> None:
    """Add `orders` to the day that `day_admission` has locked."""
    if orders:
        await count_day(tx, merchant_id=merchant_id, day=now.date(), orders=orders)
