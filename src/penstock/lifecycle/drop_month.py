"""A month that is kept elsewhere leaves the tables, as `open_months` has brought it in."""

from collections.abc import Sequence
from datetime import datetime

from penstock.db.query import query
from penstock.db.transaction import Transaction

_AT_ONCE = 100_000
_IDS_A_MONTH = 10_000_000_000_000
_FIRST_YEAR = 2020


@query
async def forget_subjects(
    tx: Transaction, *, merchant_id: int, month: int, batch: int
) -> int | None:
    """Delete up to `batch` of a merchant's terminal subjects of a month; say how many went."""


@query
async def drop_month(tx: Transaction, *, month: int) -> int | None:
    """Detach and drop a month's partitions; answer how many went.

    The database refuses a month that `orders.archive` does not hold, row for row.
    """


async def leave(tx: Transaction, month: int, merchant_ids: Sequence[int]) -> None:
    """Take a month's subjects of all merchants, lines, receipts and moves out of the database.

    Raises:
        Unavailable: somebody has read the tables all the time, as a backup does.

    """
    for merchant_id in merchant_ids:
        gone = _AT_ONCE
        while gone == _AT_ONCE:
            found = await forget_subjects(tx, merchant_id=merchant_id, month=month, batch=_AT_ONCE)
            gone = found or 0
    await drop_month(tx, month=month)


def month_of(at: datetime) -> int:
    """Return the month that ids of things born at `at` (UTC) begin with; 0 is January 2020."""
    return (at.year - _FIRST_YEAR) * 12 + at.month - 1


def month_of_id(subject_id: int) -> int:
    """Return the month that an id begins with."""
    return subject_id // _IDS_A_MONTH


def named(month: int) -> str:
    """Return a month as people write it, such as 2026-05."""
    return f"{_FIRST_YEAR + month // 12}-{month % 12 + 1:02}"
