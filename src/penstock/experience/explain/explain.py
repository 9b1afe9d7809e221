"""Explain a score: each point lost by metric, by sub-process, and by the orders that cost it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from penstock.db.transaction import Transaction
from penstock.experience.explain.miss import Miss, missed
from penstock.experience.explain.share import shared_out
from penstock.experience.explain.told_at import told_at
from penstock.experience.journeys.clocks import Clocks, clocks
from penstock.experience.measure.evaluate import scored_from
from penstock.experience.measure.measure import Measured, count
from penstock.experience.profiles.profile import Profile
from penstock.experience.scores.points import Count
from penstock.experience.scores.score import Score
from penstock.experience.words.vocabulary import SUB_PROCESSES
from penstock.kernel.errors import FieldError, Invalid

PAGE_MAX = 1_000


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which orders of an explanation to list; empty leaves a filter out.

    `after` is how many of the costliest were on the pages before.
    """

    metric: str = ""
    sub_process: str = ""
    after: int = 0
    limit: int = 50


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """What an order cost under one metric, and how it missed it."""

    metric: str
    sub_process: str
    points: Decimal
    miss: Miss


class OrderLoss(msgspec.Struct, frozen=True, kw_only=True):
    """An order, its clocks and promises, and what it cost in points of the score's scale."""

    points: Decimal
    losses: tuple[Loss, ...]
    clocks: Clocks


class Unshared(msgspec.Struct, frozen=True, kw_only=True):
    """Points that no order of ours bears: a bonus, a misconduct, a supplied metric, the formula.

    A bonus is a negative loss.
    """

    code: str
    title: str
    points: Decimal
    because: str


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """A score and where its points went.

    `shared` (what all orders bear together) and `unshared` sum to `lost`, exactly, which is the
    scale's high end − the score. `orders` are a page of those that failed a metric and match, the
    costliest first (a metric without weight costs nothing); `matching` says how many there are and
    `next_after` begins the next page, None at the end. `aside` counts the orders that each metric
    set aside, by reason.
    """

    as_of: datetime
    score: Score
    high: Decimal
    lost: Decimal
    shared: Decimal
    unshared: tuple[Unshared, ...]
    aside: dict[str, dict[str, int]]
    matching: int
    orders: tuple[OrderLoss, ...]
    next_after: int | None


async def explain(
    tx: Transaction,
    profile: Profile,
    *,
    merchant: int,
    as_of: datetime,
    known_to: datetime,
    wanted: Wanted | None = None,
    only: Sequence[int] | None = None,
    supplied: Mapping[str, Count] | None = None,
) -> Explained | None:
    """Explain a merchant's score as of a moment; None: it had no order by then.

    A metric's lost points are shared among the orders that failed it, in proportion to how far
    each fell short, in millionths that sum to what was lost. `only` lists those fulfilment
    orders and no others, whether or not they failed anything. `known_to` is as in
    `evaluate`; without `supplied` it is what was supplied for the day.

    Raises:
        Invalid: an unknown metric or sub-process, or a page outside its bounds.

    """
    wanted = wanted or Wanted()
    _check(profile, wanted)
    measured = (await count(tx, profile, as_of=as_of, merchant=merchant, explain=True)).get(
        merchant
    )
    if measured is None:
        return None
    if supplied is None:
        supplied = await told_at(tx, profile, merchant=merchant, as_of=as_of)
    scored = scored_from(profile, measured, as_of=as_of, known_to=known_to, supplied=supplied)
    costs, unshared = losses_of(profile, scored, measured)
    listed = costliest(costs, {code for code, _ in _metrics(profile, wanted)})
    if only is not None:
        named = dict.fromkeys(only, Decimal(0))
        chosen = named | {order: points for order, points in listed if order in named}
        listed = sorted(chosen.items(), key=lambda one: (-one[1], one[0]))
    page = listed[wanted.after : wanted.after + wanted.limit]
    found = await clocks(
        tx, merchant=merchant, fulfilment_orders=[order for order, _ in page], as_of=as_of
    )
    known = {order.fulfilment_order_id: order for order in found}
    misses = await missed(tx, profile, found, merchant=merchant, as_of=as_of)
    end = wanted.after + len(page)
    lost = Decimal(0) if scored.points is None else profile.scale.high - scored.points
    return Explained(
        as_of=as_of,
        score=scored,
        high=profile.scale.high,
        lost=lost,
        shared=sum((points for by in costs.values() for points in by.values()), Decimal(0)),
        unshared=unshared,
        aside={c: dict(sorted(Counter(m.reasons).items())) for c, m in measured.items() if m.aside},
        matching=len(listed),
        orders=tuple(
            _told(profile, known[order], costs.get(order, {}), points, misses)
            for order, points in page
            if order in known
        ),
        next_after=end if end < len(listed) else None,
    )


def losses_of(
    profile: Profile, scored: Score, measured: Mapping[str, Measured]
) -> tuple[dict[int, dict[str, Decimal]], tuple[Unshared, ...]]:
    """Return by order and metric the points that it cost, and the points that no order bears."""
    costs: dict[int, dict[str, Decimal]] = {}
    unshared = [
        Unshared(code=a.code, title=a.title, points=a.points_lost, because="adjustment")
        for a in scored.adjustments
        if a.points_lost
    ]
    supplied = {metric.code for metric in profile.metrics if metric.supplied}
    for metric in scored.metrics:
        row = measured.get(metric.code)
        if row is None or not row.failed:
            if not metric.points_lost:
                continue
            because = "supplied" if metric.code in supplied else "formula"
            unshared.append(
                Unshared(
                    code=metric.code,
                    title=metric.title,
                    points=metric.points_lost,
                    because=because,
                )
            )
            continue
        failed = sorted(zip(row.failed, row.shortfall, strict=True))
        shares = shared_out(metric.points_lost, [part for _, part in failed])
        for (order, _), points in zip(failed, shares, strict=True):
            costs.setdefault(order, {})[metric.code] = points
    return costs, tuple(unshared)


def costliest(
    costs: Mapping[int, Mapping[str, Decimal]], metrics: set[str]
) -> list[tuple[int, Decimal]]:
    """Return the orders that cost points under `metrics` and how many, the costliest first."""
    sums = [
        (order, sum((points for code, points in by.items() if code in metrics), Decimal(0)))
        for order, by in costs.items()
        if not metrics.isdisjoint(by)
    ]
    return sorted(sums, key=lambda one: (-one[1], one[0]))


def _told(
    profile: Profile,
    order: Clocks,
    by_metric: Mapping[str, Decimal],
    points: Decimal,
    misses: Mapping[tuple[int, str], Miss],
) -> OrderLoss:
    losses = tuple(
        Loss(
            metric=metric.code,
            sub_process=metric.sub_process,
            points=by_metric[metric.code],
            miss=misses[order.fulfilment_order_id, metric.code],
        )
        for metric in profile.metrics
        if metric.code in by_metric
    )
    return OrderLoss(points=points, losses=losses, clocks=order)


def _metrics(profile: Profile, wanted: Wanted) -> Sequence[tuple[str, str]]:
    return [
        (metric.code, metric.sub_process)
        for metric in profile.metrics
        if wanted.metric in {"", metric.code} and wanted.sub_process in {"", metric.sub_process}
    ]


def _check(profile: Profile, wanted: Wanted) -> None:
    codes = [metric.code for metric in profile.metrics]
    if wanted.metric and wanted.metric not in codes:
        raise _wrong("metric", f"profile {profile.code} has: {' '.join(codes)}")
    if wanted.sub_process and wanted.sub_process not in SUB_PROCESSES:
        raise _wrong("sub_process", f"use one of: {' '.join(SUB_PROCESSES)}")
    if not 1 <= wanted.limit <= PAGE_MAX:
        raise _wrong("limit", f"a page has 1 to {PAGE_MAX:,} orders")
    if not 0 <= wanted.after < 2**31:
        raise _wrong("after", "use the next_after of the page before")


def _wrong(name: str, detail: str) -> Invalid:
    return Invalid(detail, errors=(FieldError(f"/{name}", "out_of_range", detail),))
