"""Score merchants from their journeys, and name the orders that cost the most points."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import msgspec

from penstock.db.transaction import Transaction
from penstock.experience.clocks import Clocks, clocks
from penstock.experience.measure import Measured, count
from penstock.experience.points import Count, rounded
from penstock.experience.profile import Profile
from penstock.experience.score import Score, score


class CostlyOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order, the points that it cost on the score's scale, and under which metrics."""

    journey: Clocks
    points: Decimal
    metrics: tuple[str, ...]


async def evaluate(
    tx: Transaction,
    profile: Profile,
    *,
    as_of: datetime,
    known_to: datetime,
    merchant: int | None = None,
    supplied: Mapping[int, Mapping[str, Count]] | None = None,
) -> dict[int, Score]:
    """Score every merchant that had an order by `as_of` (or only `merchant`).

    `known_to` is up to when events are known, in practice now: a score is final once the
    profile's lag has passed between the two. `supplied` gives, by merchant, the counts of metrics
    that our journeys do not tell, and the events of bonuses and misconducts.

    Raises:
        Invalid: a supplied code that the profile does not know.

    """
    counted = await count(tx, profile, as_of=as_of, merchant=merchant)
    settled = known_to >= as_of + timedelta(days=profile.lag_days)
    return {
        merchant_id: score(
            profile,
            {
                **{code: measured.count for code, measured in metrics.items()},
                **(supplied or {}).get(merchant_id, {}),
            },
            settled=settled,
        )
        for merchant_id, metrics in counted.items()
    }


async def orders_costing_most(
    tx: Transaction,
    profile: Profile,
    scored: Score,
    *,
    merchant: int,
    as_of: datetime,
    limit: int = 10,
) -> list[CostlyOrder]:
    """Return the orders behind the points that `scored` lost, the costliest first.

    A metric's lost points are shared among the orders that failed it, in proportion to how much
    each fell short.
    """
    counted = await count(tx, profile, as_of=as_of, merchant=merchant, explain=True)
    costs = share_among_orders(scored, counted.get(merchant, {}))
    worst = sorted(costs, key=lambda order: (-costs[order][0], order))[:limit]
    journeys = {
        journey.fulfilment_order_id: journey
        for journey in await clocks(tx, merchant=merchant, fulfilment_orders=worst, as_of=as_of)
    }
    return [
        CostlyOrder(
            journey=journeys[order],
            points=rounded(costs[order][0], 4),
            metrics=tuple(costs[order][1]),
        )
        for order in worst
    ]


def share_among_orders(
    scored: Score, measured: Mapping[str, Measured]
) -> dict[int, tuple[Fraction, list[str]]]:
    """Return by fulfilment order the exact points that it cost, and under which metrics."""
    costs: dict[int, tuple[Fraction, list[str]]] = {}
    for metric in scored.metrics:
        row = measured.get(metric.code)
        if row is None or not row.failed or metric.points_lost <= 0:
            continue
        whole = sum(row.shortfall)
        for order, part in zip(row.failed, row.shortfall, strict=True):
            points, metrics = costs.setdefault(order, (Fraction(0), []))
            metrics.append(metric.code)
            costs[order] = (points + Fraction(metric.points_lost) * part / whole, metrics)
    return costs
