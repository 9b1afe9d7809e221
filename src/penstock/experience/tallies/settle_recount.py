"""Compare what was counted anew with the tallies that are kept, and bring them to it."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import date
from functools import partial
from typing import Final

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction

SHOWN: Final = 20
"""So many differences are told."""

_MERCHANTS: Final = 50


class Differing(msgspec.Struct, frozen=True):
    """A tally that a recount found otherwise: by how many orders and points it falls short."""

    merchant_id: int
    measure_id: int
    entered_on: date
    true_on: date
    reason: str
    orders: int
    points: int


@query
async def merchants_recounted(tx: Transaction) -> list[int]:
    """List the merchants that were counted anew, or that have tallies."""


@query
async def take_recount(
    tx: Transaction,
    *,
    merchants: Sequence[int],
    measures: Sequence[int],
    known_on: date,
    mend: bool,
    limit: int,
) -> list[Differing]:
    """Return where the tallies of `measures` are not as recounted, `limit` at most.

    With `mend` they are brought to it, all of them, as known from the day `known_on` on.
    """


@query
async def forget_recount(tx: Transaction) -> None:
    """Remove what was counted anew, or what an interrupted recomputation has left."""


Settling = Callable[[Transaction], Awaitable[list[Differing]]]
"""Compares what was counted of some merchants, and mends it if asked; the first differences."""


async def settlings(
    tx: Transaction, measures: Collection[int], *, known_on: date, mend: bool
) -> list[Settling]:
    """Return what is to be done to settle a recount: merchants by merchants, in any order."""
    merchants = await merchants_recounted(tx)
    return [
        partial(
            take_recount,
            merchants=merchants[n : n + _MERCHANTS],
            measures=list(measures),
            known_on=known_on,
            mend=mend,
            limit=SHOWN,
        )
        for n in range(0, len(merchants), _MERCHANTS)
    ]


async def settle_recount(
    tx: Transaction, measures: Collection[int], *, known_on: date, mend: bool
) -> list[Differing]:
    """Compare, mend if asked, and forget the recount; return the first differences."""
    differing = list[Differing]()
    for settling in await settlings(tx, measures, known_on=known_on, mend=mend):
        differing += await settling(tx)
    await forget_recount(tx)
    return differing[:SHOWN]
