"""Count measures from the journeys, a stretch of them at a time, as far as they are folded.

What waits in the queue will be folded later. So from what each journey adds now, what its waiting
changes add is taken off: both are read at one moment, whenever that is, so that stretches may be
counted one after another, or side by side, while orders go on.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final

import msgspec

from penstock.db.composed import run_composed
from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.experience.tallies.images import images
from penstock.experience.tallies.measures import Measure, days_given, with_contributions
from penstock.experience.words.composing import followed

STRETCH: Final = 100_000
"""Journeys counted by one statement: some seconds of work."""


class Key(msgspec.Struct, frozen=True, order=True):
    """A journey's key."""

    merchant_id: int
    fulfilment_order_id: int


_FIRST: Final = Key(-(2**31), -(2**63))
_LAST: Final = Key(2**31 - 1, 2**63 - 1)
Stretch = tuple[Key, Key]
"""Journeys after the first key, up to and with the second."""


@query
async def stretches(tx: Transaction, *, size: int) -> list[Key]:
    """Return the keys that cut all journeys into stretches of `size`."""


@query
async def allow_memory(tx: Transaction) -> None:
    """Let the statements of this transaction keep a batch in memory instead of on disk."""


@query
async def allow_time(tx: Transaction) -> None:
    """Let this transaction take longer than a request may."""


@query
async def recount_stretch(
    tx: Transaction,
    *,
    after_merchant: int,
    after_order: int,
    to_merchant: int,
    to_order: int,
) -> None:
    """Count the journeys after a key, up to and with another, into experience.recount.

    It is run with its CTE `contribution` composed for the measures that are wanted.
    """


async def all_stretches(tx: Transaction, size: int = STRETCH) -> list[Stretch]:
    """Return stretches that hold every journey there is or will be."""
    return list(pairwise([_FIRST, *await stretches(tx, size=size), _LAST]))


async def recount(tx: Transaction, measures: Mapping[int, Measure], stretch: Stretch) -> None:
    """Count `measures` over a stretch of journeys into experience.recount."""
    await allow_memory(tx)
    after, to = stretch
    given: dict[str, object] = {
        "after_merchant": after.merchant_id,
        "after_order": after.fulfilment_order_id,
        "to_merchant": to.merchant_id,
        "to_order": to.fulfilment_order_id,
        **days_given(measures.values()),
    }
    await run_composed(tx, _statement(tuple(sorted(measures.items()))), given)


@cache
def _statement(measures: Sequence[tuple[int, Measure]]) -> str:
    columns = ", ".join(f"j.{column}" for column in followed())
    folded = (
        "SELECT 1 AS sign, -1::bigint AS changed, j.merchant_id, j.fulfilment_order_id,"  # noqa: S608  our own names
        f" {columns} FROM journey AS j"
        f"\nUNION ALL\n{images('waiting', {'before': 1, 'after': -1})}"
    )
    return with_contributions(
        Path(__file__).with_name("recount_stretch.sql"), folded, dict(measures)
    )
