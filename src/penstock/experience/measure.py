"""Count, for every merchant, what a profile's metrics ask for, as it was known at a moment."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.experience.asked import asked, deadlines, within
from penstock.experience.points import Count
from penstock.experience.profile import PerOrder, Profile


class Measured(msgspec.Struct, frozen=True):
    """One metric of one merchant.

    `failed` are the fulfilment orders that cost it points, where the question asked to explain,
    and `shortfall` how much each: 1 for a rate, the missing points for a per-order mean. `aside`
    are those that it set aside, and `reasons` for which word of `vocabulary.EXCLUSIONS` each, or
    `untimed` where a clock is missing.
    """

    merchant_id: int
    code: str
    numerator: int
    denominator: int
    excluded: int
    failed: list[int]
    shortfall: list[int]
    aside: list[int] = []
    reasons: list[str] = []

    @property
    def count(self) -> Count:
        """What `score` takes."""
        return Count(numerator=self.numerator, denominator=self.denominator, excluded=self.excluded)


@query
async def measure(
    tx: Transaction,
    *,
    merchant: int | None,
    as_of: datetime,
    time_zone: str,
    codes: Sequence[str],
    populations: Sequence[str],
    predicates: Sequence[str],
    quantities: Sequence[str],
    higher: Sequence[bool],
    otherwise: Sequence[int],
    window_days: Sequence[int],
    delay_days: Sequence[int],
    excluding: Sequence[str],
    faults: Sequence[str],
    means: Sequence[bool],
    full_at: Sequence[int],
    markets: Sequence[str],
    besides: Sequence[str],
    clock_starts: Sequence[str],
    clock_stops: Sequence[str],
    clock_hours: Sequence[int | None],
    clock_ends_at: Sequence[int | None],
    clock_zones: Sequence[str],
    channel: str,
    within: Sequence[str],
    days_from: date,
    days: int,
    ends: Sequence[int],
    step_codes: Sequence[str],
    step_uptos: Sequence[Decimal],
    step_points: Sequence[int],
    explain: bool,
) -> list[Measured]:
    """Count metrics given by parallel arrays in the words of `vocabulary`, the fields of `Asked`.

    A `window_days` of 0 has no beginning. Of the orders of `channel` to the markets `within` (or
    all, where empty) a row comes for every metric of every merchant (or of `merchant`) with one by
    `as_of`. `ends` are those of `Deadlines`.
    """


async def count(
    tx: Transaction,
    profile: Profile,
    *,
    as_of: datetime,
    merchant: int | None = None,
    explain: bool = False,
) -> dict[int, dict[str, Measured]]:
    """Return by merchant and metric code what `profile` counts of our own journeys at `as_of`.

    The gate's orders are under `ORDERS`; supplied metrics are not there: the caller adds them.
    A merchant without any order by `as_of` is not there either.
    """
    found = await measure(tx, **asking(profile, as_of=as_of, merchant=merchant, explain=explain))
    counted: dict[int, dict[str, Measured]] = {}
    for measured in found:
        counted.setdefault(measured.merchant_id, {})[measured.code] = measured
    return counted


def asking(
    profile: Profile, *, as_of: datetime, merchant: int | None = None, explain: bool = False
) -> dict[str, Any]:
    """Return what `measure` takes, by name, to count what `profile` asks for."""
    steps = [
        (metric.code, step.at, int(step.points))
        for metric in profile.metrics
        if isinstance(metric.mapping, PerOrder)
        for step in metric.mapping.steps
    ]
    rows = asked(profile)
    due = deadlines(rows, as_of.date())
    return {
        "merchant": merchant,
        "as_of": as_of,
        "time_zone": profile.time_zone,
        "codes": [row.code for row in rows],
        "populations": [row.population for row in rows],
        "predicates": [row.predicate for row in rows],
        "quantities": [row.quantity for row in rows],
        "higher": [row.higher for row in rows],
        "otherwise": [row.otherwise for row in rows],
        "window_days": [row.window_days for row in rows],
        "delay_days": [row.delay_days for row in rows],
        "excluding": [row.excluding for row in rows],
        "faults": [row.faults for row in rows],
        "means": [row.mean for row in rows],
        "full_at": [row.full_at for row in rows],
        "markets": [row.markets for row in rows],
        "besides": [row.besides for row in rows],
        "clock_starts": [row.clock_start for row in rows],
        "clock_stops": [row.clock_stop for row in rows],
        "clock_hours": [row.clock_hours for row in rows],
        "clock_ends_at": due.at,
        "clock_zones": [row.clock_zone for row in rows],
        "channel": profile.channel,
        "within": within(profile),
        "days_from": due.first,
        "days": due.days,
        "ends": due.ends,
        "step_codes": [code for code, _, _ in steps],
        "step_uptos": [upto for _, upto, _ in steps],
        "step_points": [points for _, _, points in steps],
        "explain": explain,
    }
