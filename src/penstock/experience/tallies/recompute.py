"""Count everything anew from the journeys, hold it against what is kept, and mend what differs."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

import msgspec

from penstock.db.transaction import OPERATOR, Database, Transaction
from penstock.experience.tallies.enlist import kept_measures, known
from penstock.experience.tallies.fold import fill, lock_tallies
from penstock.experience.tallies.measures import Measure
from penstock.experience.tallies.recount import Stretch, all_stretches, allow_time, recount
from penstock.experience.tallies.settle_recount import (
    SHOWN,
    Differing,
    forget_recount,
    settle_recount,
)


class Recomputed(msgspec.Struct, frozen=True):
    """What a recomputation looked at, and the first tallies that it found otherwise."""

    measures: int
    differing: list[Differing]
    shown: int = SHOWN


async def recompute(
    database: Database, now: datetime, *, mend: bool, workers: int = 2
) -> Recomputed:
    """Count all measures anew, on `workers` connections, and compare them with the tallies.

    With `mend` the tallies are brought to it, as known from `now` on, and measures that are not
    kept yet are counted for the first time. Meanwhile nothing is folded; orders go on.
    """

    async def work(tx: Transaction) -> Recomputed:
        await lock_tallies(tx, exclusive=True)
        await allow_time(tx)
        if mend:
            await fill(tx, now)
        measures = known(await kept_measures(tx))
        if not measures:
            return Recomputed(0, [])
        await database.run(OPERATOR, forget_recount)
        stretches = await all_stretches(tx)
        await _count(database, measures, stretches, workers)
        differing = await settle_recount(tx, measures, known_on=now.date(), mend=mend)
        return Recomputed(len(measures), differing)

    return await database.run(OPERATOR, work)


async def _count(
    database: Database,
    measures: Mapping[int, Measure],
    stretches: Sequence[Stretch],
    workers: int,
) -> None:
    left = list(reversed(stretches))

    async def worker() -> None:
        while left:
            await database.run(OPERATOR, partial(recount, measures=measures, stretch=left.pop()))

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(worker())
    except BaseExceptionGroup as several:
        raise several.exceptions[0] from None
