"""Take what is due, and put off what could not be moved."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.lifecycle.advance import Subject


class Waiting(msgspec.Struct, frozen=True):
    """How many subjects of a status are due, and since when the oldest is."""

    kind: str
    status: str
    subjects: int
    oldest_at: datetime


@query
async def claim(
    tx: Transaction, *, kind: str, status: str, now: datetime, batch: int
) -> list[Subject]:
    """Lock the subjects that are due, the longest due first; skip what others have locked."""


@query
async def park(tx: Transaction, *, merchant_ids: list[int], subject_ids: list[int]) -> None:
    """Keep subjects from being claimed while an effect outside is under way for them."""


@query
async def postpone(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    subject_ids: list[int],
    status: str,
    now: datetime,
) -> int | None:
    """Put off those still in `status`: 1 minute, doubled at each attempt, at most 4 hours."""


@query
async def backlog(tx: Transaction, *, now: datetime) -> list[Waiting]:
    """Tell what is due: what workers look at first, and what autoscalers read."""


async def put_off(tx: Transaction, subjects: Sequence[Subject], status: str, now: datetime) -> None:
    """Put off those of the claimed `subjects` that this transaction has not moved."""
    left = [s for s in subjects if (s.merchant_id, s.subject_id) not in tx.moved]
    if left:
        await postpone(
            tx,
            merchant_ids=[s.merchant_id for s in left],
            subject_ids=[s.subject_id for s in left],
            status=status,
            now=now,
        )
