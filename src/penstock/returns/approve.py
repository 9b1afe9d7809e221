"""The first decision: whether the policy of the market takes it back."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.lifecycle.advance import Subject, advance


class Judged(msgspec.Struct, frozen=True):
    """A return and what its policy says."""

    merchant_id: int
    return_id: int
    event: str


@query
async def judge(tx: Transaction, *, merchant_ids: list[int], return_ids: list[int]) -> list[Judged]:
    """Find the policy that was in force at the request, and write down what it says and why."""


@query
async def release_units(tx: Transaction, *, merchant_ids: list[int], return_ids: list[int]) -> None:
    """Let the units of returns that will not come be asked for again."""


async def approve(tx: Transaction, subjects: Sequence[Subject], now: datetime) -> None:
    """Approve or reject requested returns by the policy of their country and reason.

    The day of the request counts, not the day on which a worker gets to it. The window ends with
    the UTC day that lies `window_days` after that of delivery. A return that no policy covers
    stays where it is, for the operator to load one: a shopper is not refused for want of data.
    """
    judged = await judge(
        tx,
        merchant_ids=[s.merchant_id for s in subjects],
        return_ids=[s.subject_id for s in subjects],
    )
    await advance(
        tx,
        merchant_ids=[j.merchant_id for j in judged],
        subject_ids=[j.return_id for j in judged],
        events=[j.event for j in judged],
        due_at=[None] * len(judged),
        at=[now] * len(judged),
    )
    rejected = [j for j in judged if j.event == "rejected"]
    await release_units(
        tx,
        merchant_ids=[j.merchant_id for j in rejected],
        return_ids=[j.return_id for j in rejected],
    )
