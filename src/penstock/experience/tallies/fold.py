"""Fold changes of journeys into the tallies that scores are made of.

What an order adds to a measure follows from its journey alone. So a change of a journey is taken in
by adding what its new image adds and taking off what its old one did, on the days they are about;
it does not matter how late it comes, how often, or in which order. Differences are kept by the day
on which they became known: their sum up to a day is what was known then.
"""

from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Final

from penstock.db.composed import run_composed
from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.experience.tallies.enlist import (
    enlist,
    kept_measures,
    known,
    missing,
    pass_by,
    strange,
)
from penstock.experience.tallies.images import images
from penstock.experience.tallies.measures import Measure, days_given, with_contributions
from penstock.experience.tallies.recount import all_stretches, allow_time, recount
from penstock.experience.tallies.settle_recount import forget_recount, settle_recount

BATCH: Final = 20_000
"""Changes folded at once: enough that days and measures meet, few enough for a short commit."""


@query
async def fold_changes(tx: Transaction, *, batch: int, known_on: date) -> int | None:
    """Take changes out of the queue and into the tallies; return how many they were.

    It is run with its CTE `contribution` composed for the measures that are kept.
    """


@query
async def lock_tallies(tx: Transaction, *, exclusive: bool) -> None:
    """Wait for whoever counts journeys anew, and hold that off until the end of the transaction.

    Any number may fold at once; who counts anew (`exclusive`) is alone.
    """


@query
async def keep_plan(tx: Transaction) -> None:
    """Let this transaction sort in memory and keep its plans: to plan is dearer than to fold."""


@query
async def changes_wait(tx: Transaction) -> bool | None:
    """Tell whether there is anything to fold."""


async def fold(tx: Transaction, now: datetime, *, batch: int = BATCH) -> int:
    """Take the queue's changes into the tallies, `batch` at most; return how many they were.

    A measure that is not kept yet is counted from the journeys first, which takes a minute for each
    few million of them.
    """
    if missing(await kept_measures(tx)):
        await fill(tx, now)
    else:
        await lock_tallies(tx, exclusive=False)
    if not await changes_wait(tx):
        return 0
    kept = await kept_measures(tx)
    if unknown := strange(kept):
        await pass_by(tx, measures=unknown)
    await keep_plan(tx)
    measures = known(kept)
    given = {"batch": batch, "known_on": now.date(), **days_given(measures.values())}
    rows = await run_composed(tx, _statement(tuple(sorted(measures.items()))), given)
    folded: int = rows[0][0]
    return folded


async def fill(tx: Transaction, now: datetime) -> None:
    """Count the measures that are missing, from the journeys; others that fold wait for it."""
    await lock_tallies(tx, exclusive=True)
    await allow_time(tx)
    wanting = missing(await kept_measures(tx))
    if not wanting:
        return
    by_fingerprint = {m.fingerprint: m for m in wanting}
    added = await enlist(
        tx,
        fingerprints=[m.fingerprint for m in wanting],
        asks=[m.asks for m in wanting],
        now=now,
    )
    measures = {m.measure_id: by_fingerprint[m.fingerprint] for m in added}
    await forget_recount(tx)
    for stretch in await all_stretches(tx):
        await recount(tx, measures, stretch)
    await settle_recount(tx, measures, known_on=now.date(), mend=True)


@cache
def _statement(measures: Sequence[tuple[int, Measure]]) -> str:
    both = images("taken", {"before": -1, "after": 1})
    return with_contributions(Path(__file__).with_name("fold_changes.sql"), both, dict(measures))
