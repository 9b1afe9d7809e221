"""Count everything anew from the journeys, hold it against what is kept, and mend what differs."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar

import msgspec

from penstock.db.transaction import OPERATOR, Database, Transaction
from penstock.experience.tallies.enlist import kept_measures, known
from penstock.experience.tallies.fold import fill, lock_tallies
from penstock.experience.tallies.recount import (
    all_stretches,
    allow_memory,
    allow_time,
    recount,
)
from penstock.experience.tallies.settle_recount import (
    SHOWN,
    Differing,
    Settling,
    forget_recount,
    settlings,
)

T = TypeVar("T")


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
    kept yet are counted for the first time. Meanwhile nothing is folded; orders go on. Who ends in
    the middle has mended some merchants and not others, which the next time does.
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
        counting = [partial(recount, measures=measures, stretch=one) for one in stretches]
        await _side_by_side(database, counting, workers)
        parts = await settlings(tx, measures, known_on=now.date(), mend=mend)
        differing = await _side_by_side(database, [_at_leisure(one) for one in parts], workers)
        await database.run(OPERATOR, forget_recount)
        return Recomputed(len(measures), [one for some in differing for one in some][:SHOWN])

    return await database.run(OPERATOR, work)


def _at_leisure(settling: Settling) -> Settling:
    """Return the same, allowed memory, and longer than a request may take."""

    async def work(tx: Transaction) -> list[Differing]:
        await allow_time(tx)
        await allow_memory(tx)
        return await settling(tx)

    return work


async def _side_by_side(
    database: Database, works: Sequence[Callable[[Transaction], Awaitable[T]]], workers: int
) -> list[T]:
    """Do each work in a transaction of its own, `workers` at a time; return what each answered."""
    left = list(reversed(list(enumerate(works))))
    answers: dict[int, T] = {}

    async def worker() -> None:
        while left:
            n, work = left.pop()
            answers[n] = await database.run(OPERATOR, work)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(worker())
    except BaseExceptionGroup as several:
        raise several.exceptions[0] from None
    return [answers[n] for n in range(len(works))]
