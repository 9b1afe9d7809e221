"""Which measures are kept: those of every shipped profile, each counted once from the journeys.

A release may know other measures than the one before it, and for a while both run. Each folds what
it knows and marks what it does not know as passed by; whoever knows a measure that was passed by
counts it anew from the journeys.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.experience.profiles.load import load, shipped
from penstock.experience.tallies.measures import Measure, measures_of


class Kept(msgspec.Struct, frozen=True):
    """A measure that is kept; one that is not `filled` was passed by."""

    measure_id: int
    fingerprint: str
    filled: bool


@query
async def kept_measures(tx: Transaction) -> list[Kept]:
    """List the measures that are kept."""


@query
async def enlist(
    tx: Transaction, *, fingerprints: Sequence[str], asks: Sequence[str], now: datetime
) -> list[Kept]:
    """Keep measures from `now` on, told by what they ask as JSON; what there was of them goes."""


@query
async def pass_by(tx: Transaction, *, measures: Sequence[int]) -> None:
    """Mark measures as passed by: a change was folded without them."""


@cache
def wanted() -> Mapping[str, Measure]:
    """Return the measures of all shipped profiles, by fingerprint."""
    return {m.fingerprint: m for name in shipped() for _, m in measures_of(load(name))}


def known(kept: Iterable[Kept]) -> dict[int, Measure]:
    """Return by number the measures that are kept and that this release knows."""
    ours = wanted()
    return {m.measure_id: ours[m.fingerprint] for m in kept if m.filled and m.fingerprint in ours}


def missing(kept: Iterable[Kept]) -> list[Measure]:
    """Return the measures that this release wants and that are not kept, or were passed by."""
    filled = {m.fingerprint for m in kept if m.filled}
    return [m for fingerprint, m in wanted().items() if fingerprint not in filled]


def strange(kept: Iterable[Kept]) -> list[int]:
    """Return the measures that are kept for another release."""
    return [m.measure_id for m in kept if m.filled and m.fingerprint not in wanted()]
