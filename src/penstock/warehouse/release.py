"""Release: hand the floor as much as it can finish soon, the most urgent first, in batches."""

from datetime import datetime

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.lifecycle.advance import Subject, move

ORDERS_MAX = 20
"""Orders a batch: the totes that a picker's cart carries."""
ALIKE_MIN = 5
"""From how many orders on the same single unit gets a walk of its own."""


@query
async def releasable(
    tx: Transaction, *, in_progress_max_hours: float, now: datetime
) -> list[Subject]:
    """Choose what each floor has room for, by dispatch deadline, then id."""


@query
async def form_batches(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    fulfilment_order_ids: list[int],
    orders_max: int,
    alike_min: int,
    now: datetime,
) -> int | None:
    """Store the batches of released orders; count them."""


async def release(tx: Transaction, now: datetime, *, in_progress_max_hours: float = 2) -> int:
    """Release allocated fulfilment orders at every node; return how many.

    A floor never has more orders released and not yet picked than it does in
    `in_progress_max_hours`, so that what is urgent does not queue behind what came first. What
    someone cancels meanwhile stays out of the batches. One turn at a time: the schedule sees to
    it.
    """
    chosen = await releasable(tx, in_progress_max_hours=in_progress_max_hours, now=now)
    moved = await move(tx, chosen, "released", now)
    released = [m for m in moved if m.outcome == "advanced"]
    if released:
        await form_batches(
            tx,
            merchant_ids=[m.merchant_id for m in released],
            fulfilment_order_ids=[m.subject_id for m in released],
            orders_max=ORDERS_MAX,
            alike_min=ALIKE_MIN,
            now=now,
        )
    return len(released)
