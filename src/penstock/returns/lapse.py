"""Returns that were announced and never sent."""

from datetime import datetime

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.lifecycle.advance import Subject, move
from penstock.returns.approve import release_units

BATCH = 1000
"""The most returns that one turn lapses; give it to the timed step, so that a full one goes on."""


@query
async def lapsable(tx: Transaction, *, now: datetime, batch: int) -> list[Subject]:
    """Find announced returns whose deadline has passed."""


async def lapse(tx: Transaction, now: datetime) -> int:
    """Let returns lapse whose parcel was never seen by their deadline; return how many.

    Their units may be asked for again, and no fee is shared: a label that nobody used is not paid.
    """
    found = await lapsable(tx, now=now, batch=BATCH)
    moved = await move(tx, found, "lapsed", now)
    lapsed = [m for m in moved if m.outcome == "advanced"]
    await release_units(
        tx,
        merchant_ids=[m.merchant_id for m in lapsed],
        return_ids=[m.subject_id for m in lapsed],
    )
    return len(lapsed)
