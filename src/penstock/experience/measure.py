"""Count, for every merchant, what a profile's metrics ask for, as it was known at a moment."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.experience.points import Count
from penstock.experience.profile import ORDERS, Metric, PerOrder, Profile


class Measured(msgspec.Struct, frozen=True):
    """One metric of one merchant.

    `failed` are the fulfilment orders that cost it points, where the question asked to explain,
    and `shortfall` how much each: 1 for a rate, the missing points for a per-order mean.
    """

    merchant_id: int
    code: str
    numerator: int
    denominator: int
    excluded: int
    failed: list[int]
    shortfall: list[int]

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
    excluding: Sequence[str],
    step_codes: Sequence[str],
    step_uptos: Sequence[Decimal],
    step_points: Sequence[int],
    explain: bool,
) -> list[Measured]:
    """Count metrics given by parallel arrays in the words of `vocabulary`.

    A `window_days` of 0 has no beginning; `excluding` is words with a space between. A row comes
    for every metric of every merchant (or of `merchant`) with an order by `as_of`.
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
    metrics = [metric for metric in profile.metrics if not metric.supplied]
    steps = [
        (metric.code, step.at, int(step.points))
        for metric in metrics
        if isinstance(metric.mapping, PerOrder)
        for step in metric.mapping.steps
    ]
    gate_days = profile.gate.window_days
    rows = await measure(
        tx,
        merchant=merchant,
        as_of=as_of,
        time_zone=profile.time_zone,
        codes=[ORDERS, *(metric.code for metric in metrics)],
        populations=[profile.gate.population, *(metric.population for metric in metrics)],
        predicates=["", *(metric.numerator for metric in metrics)],
        quantities=["", *(metric.quantity for metric in metrics)],
        higher=[False, *(metric.better == "higher" for metric in metrics)],
        otherwise=[0, *(_otherwise(metric) for metric in metrics)],
        window_days=[
            profile.window_days if gate_days is None else gate_days,
            *(_window_days(metric, profile) for metric in metrics),
        ],
        excluding=[
            " ".join(profile.exclusions),
            *(_excluding(metric, profile) for metric in metrics),
        ],
        step_codes=[code for code, _, _ in steps],
        step_uptos=[upto for _, upto, _ in steps],
        step_points=[points for _, _, points in steps],
        explain=explain,
    )
    counted: dict[int, dict[str, Measured]] = {}
    for row in rows:
        counted.setdefault(row.merchant_id, {})[row.code] = row
    return counted


def _otherwise(metric: Metric) -> int:
    return int(metric.mapping.otherwise) if isinstance(metric.mapping, PerOrder) else 0


def _window_days(metric: Metric, profile: Profile) -> int:
    return profile.window_days if metric.window_days is None else metric.window_days


def _excluding(metric: Metric, profile: Profile) -> str:
    return " ".join(profile.exclusions if metric.exclusions is None else metric.exclusions)
