"""A merchant's standing today: whether it may sell, how many orders more, and on which terms."""

from datetime import date, datetime, timedelta

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.merchants.growth.terms import Terms, terms_of


class Admission(msgspec.Struct, frozen=True):
    """A merchant's standing while its day row is locked, as the database has it.

    `orders_left` under the least of the daily cap, the tier's and a volume limit's, which
    `limited_by` names; `taken` orders today so far; `capacity` orders a day that it can handle
    (None: it has declared none); `policies` in force as a JSON array, the weightiest first;
    `order_ids` for those who ask.
    """

    status: str
    orders_left: int
    hold: timedelta
    limited_by: str
    taken: int
    capacity: int | None
    policies: str
    order_ids: list[int]


class Standing(msgspec.Struct, frozen=True):
    """What receipt asks of a merchant, in the day that is locked until the transaction ends.

    `hold` is the merchant's own; `terms` says what an order's channel makes of it. The order
    after the next `n` accepted ones is number `taken + n + 1` of the day, which is what a
    capacity is held against. `order_ids` are as many as ask.
    """

    status: str
    orders_left: int
    hold: timedelta
    limited_by: str
    taken: int
    capacity: int | None
    terms: Terms
    order_ids: list[int]

    @property
    def capacity_left(self) -> int | None:
        """Orders that can still be handled in time today; None where no capacity is declared."""
        return None if self.capacity is None else max(0, self.capacity - self.taken)


@query
async def admit(
    tx: Transaction, *, merchant_id: int, day: date, now: datetime, asking: int
) -> Admission | None:
    """Lock today's counter (made at the present cap) and tell what is left of it, and the terms."""


@query
async def count_day(tx: Transaction, *, merchant_id: int, day: date, orders: int) -> None:
    """Count accepted orders; the CHECK guards the cap."""


async def standing(
    tx: Transaction, *, merchant_id: int, now: datetime, asking: int = 0
) -> Standing | None:
    """Lock the UTC day's counter and tell the merchant's standing, in one statement.

    It draws numbers for `asking` orders once it has the counter.

    None when there is no such merchant.
    """
    found = await admit(tx, merchant_id=merchant_id, day=now.date(), now=now, asking=asking)
    if found is None:
        return None
    return Standing(
        found.status,
        found.orders_left,
        found.hold,
        found.limited_by,
        found.taken,
        found.capacity,
        terms_of(found.policies),
        found.order_ids,
    )


async def day_admission(
    tx: Transaction, merchant_id: int, now: datetime, asking: int = 0
) -> Standing | None:
    """Return the `standing`, in the shape of receipt's port."""
    return await standing(tx, merchant_id=merchant_id, now=now, asking=asking)
