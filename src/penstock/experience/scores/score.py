"""From counts to a score, exactly: every point that is lost has a name."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Literal

import msgspec

from penstock.experience.profiles.profile import ORDERS, Profile, SubProcess
from penstock.experience.scores.points import Count, apportioned, is_beyond, rounded
from penstock.experience.scores.total import Change, Rated, growth, rate, total
from penstock.experience.words.vocabulary import SUB_PROCESSES
from penstock.kernel.errors import FieldError, Invalid

Status = Literal["final", "provisional", "growth", "no_score"]


class MetricScore(msgspec.Struct, frozen=True, kw_only=True):
    """One metric's part: `value` and `points` are None where nothing was counted.

    `weight` is in percent of the whole score, after the weights of what was not counted went to
    the rest. `points_lost` is on the score's scale. `beyond_limit` is None without a limit.
    """

    code: str
    title: str
    dimension: str
    sub_process: SubProcess
    numerator: int
    denominator: int
    excluded: int
    value: float | None
    points: Decimal | None
    weight: Decimal
    points_lost: Decimal
    floored: bool
    beyond_limit: bool | None


class PartScore(msgspec.Struct, frozen=True, kw_only=True):
    """A dimension's or sub-process's points before adjustments (None: nothing counted)."""

    code: str
    title: str
    points: Decimal | None
    points_lost: Decimal


class Adjustment(msgspec.Struct, frozen=True, kw_only=True):
    """A bonus (a negative loss), a misconduct, or the fixed points of the growth stage."""

    code: str
    title: str
    points_lost: Decimal


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """A merchant's score under one profile.

    The `points_lost` of `adjustments` and of either `metrics`, `dimensions` or `sub_processes`
    sum to the scale's high end − `points`, to the hundredth. Under `no_score` `points` is None
    and nothing is lost. `shown` is what the channel displays. `missing` names the weighted
    metrics without a count: with any, the score is not final.
    """

    profile: str
    version: str
    status: Status
    orders: int
    points: Decimal | None
    shown: Decimal | None
    dimensions: tuple[PartScore, ...]
    sub_processes: tuple[PartScore, ...]
    metrics: tuple[MetricScore, ...]
    adjustments: tuple[Adjustment, ...]
    bands: tuple[str, ...]
    missing: tuple[str, ...]


def score(profile: Profile, counts: Mapping[str, Count], *, settled: bool = True) -> Score:
    """Score one merchant from its counts by metric code.

    `counts` also holds the gate's orders under `ORDERS` (the denominator counts), and the events
    of bonuses and misconducts by their code (the numerator counts). A metric without a count has
    no weight. `settled` says that the profile's lag has passed; until then nothing is final.

    Raises:
        Invalid: a code that the profile does not know, no count of orders, a negative number.

    """
    _check(profile, counts)
    orders = counts[ORDERS].denominator
    rated = rate(profile, counts, orders)
    missing = tuple(r.metric.code for r in rated if r.worth is None and r.metric.weight > 0)
    points, changes = total(profile, rated, counts)
    status: Status = "final" if settled and not missing else "provisional"
    if orders < profile.gate.orders_min:
        status = profile.gate.below
    if status == "growth":
        points, changes = growth(profile, rated, counts)
    if points is None or status == "no_score":
        status, points, changes = "no_score", None, []
    metrics, adjustments = _told(profile, status, points, rated, changes)
    return Score(
        profile=profile.code,
        version=profile.version,
        status=status,
        orders=orders,
        points=None if points is None else rounded(points, 2),
        shown=None if points is None else _shown(profile, points),
        dimensions=tuple(
            _part(d.code, d.title, [r.dimension == d.code for r in rated], rated, metrics)
            for d in profile.dimensions
        ),
        sub_processes=tuple(
            _part(code, title, [r.metric.sub_process == code for r in rated], rated, metrics)
            for code, title in SUB_PROCESSES.items()
        ),
        metrics=metrics,
        adjustments=adjustments,
        bands=tuple(
            band.code
            for band in profile.bands
            if points is not None and points >= Fraction(band.at)
        ),
        missing=missing,
    )


def _check(profile: Profile, counts: Mapping[str, Count]) -> None:
    known = {ORDERS}
    known |= {metric.code for metric in profile.metrics}
    known |= {bonus.code for bonus in profile.bonuses}
    known |= {misconduct.code for misconduct in profile.misconducts}
    wrong = [
        FieldError(f"/{code}", "unknown_metric", f"profile {profile.code} has no '{code}'")
        for code in sorted(counts.keys() - known)
    ]
    wrong += [
        FieldError(f"/{code}", "negative", "a count is not negative")
        for code, count in counts.items()
        if min(count.numerator, count.denominator, count.excluded) < 0
    ]
    if ORDERS not in counts:
        wrong.append(FieldError(f"/{ORDERS}", "missing", "the gate needs the number of orders"))
    if wrong:
        raise Invalid(f"these counts do not fit profile {profile.code}", errors=tuple(wrong))


def _told(
    profile: Profile,
    status: Status,
    points: Fraction | None,
    rated: Sequence[Rated],
    changes: Sequence[Change],
) -> tuple[tuple[MetricScore, ...], tuple[Adjustment, ...]]:
    """Round every loss to hundredths so that together they explain the rounded score."""
    high = profile.scale.high
    by_metric = points is not None and status != "growth"
    exact = [r.lost(Fraction(high)) if by_metric else Fraction(0) for r in rated]
    exact += [change.lost for change in changes]
    lost = apportioned(exact, Decimal(0) if points is None else high - rounded(points, 2))
    metrics = tuple(_metric(r, part) for r, part in zip(rated, lost, strict=False))
    adjustments = tuple(
        Adjustment(code=change.code, title=change.title, points_lost=part)
        for change, part in zip(changes, lost[len(rated) :], strict=True)
    )
    return metrics, adjustments


def _metric(rated: Rated, points_lost: Decimal) -> MetricScore:
    metric, worth = rated.metric, rated.worth
    beyond = None
    if metric.limits and worth is not None:
        count = rated.count.denominator
        beyond = any(is_beyond(metric, limit, worth.value, count) for limit in metric.limits)
    return MetricScore(
        code=metric.code,
        title=metric.title,
        dimension=rated.dimension,
        sub_process=metric.sub_process,
        numerator=rated.count.numerator,
        denominator=rated.count.denominator,
        excluded=rated.count.excluded,
        value=None if worth is None else float(worth.value),
        points=None if worth is None else rounded(worth.points, 2),
        weight=rounded(rated.share * 100, 2),
        points_lost=points_lost,
        floored=worth is not None and worth.floored,
        beyond_limit=beyond,
    )


def _part(
    code: str,
    title: str,
    mine: Sequence[bool],
    rated: Sequence[Rated],
    metrics: Sequence[MetricScore],
) -> PartScore:
    members = [r for r, is_mine in zip(rated, mine, strict=True) if is_mine and r.share]
    weight = sum((r.share for r in members), Fraction(0))
    gained = sum((r.share * r.worth.points for r in members if r.worth), Fraction(0))
    lost = (m.points_lost for m, is_mine in zip(metrics, mine, strict=True) if is_mine)
    return PartScore(
        code=code,
        title=title,
        points=rounded(gained / weight, 2) if weight else None,
        points_lost=sum(lost, Decimal(0)),
    )


def _shown(profile: Profile, points: Fraction) -> Decimal:
    whole = rounded(points, profile.scale.decimals)
    return next((shown.value for shown in profile.display if whole >= shown.at), whole)
