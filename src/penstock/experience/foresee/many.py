"""A profile's formula for many courses of events at once; to the hundredth what `score` reckons."""

from collections.abc import Mapping

import msgspec
import numpy as np

from penstock.experience.foresee.history import Floats
from penstock.experience.profiles.profile import ORDERS, Linear, Metric, PerOrder, Profile

_SLACK = 1e-12
"""A ratio that is a step's own value reaches the step, whatever the last binary digit says."""


class Counts(msgspec.Struct, frozen=True):
    """A numerator and a denominator for each course, arrays of one shape."""

    numerator: Floats
    denominator: Floats


def scores_of_many(profile: Profile, counts: Mapping[str, Counts]) -> Floats:
    """Return the score of each course; nan where the profile gives none.

    `counts` has the metrics that are counted and the gate's orders, as for `score`; bonuses and
    misconducts are not foreseen.
    """
    orders = counts[ORDERS].denominator
    worths = {
        m.code: _worth(m, counts[m.code], orders) for m in profile.metrics if m.code in counts
    }
    points, across = np.zeros(orders.shape), np.zeros(orders.shape)
    failed = np.zeros(orders.shape, dtype=bool)
    for dimension in profile.dimensions:
        gained, within = np.zeros(orders.shape), np.zeros(orders.shape)
        for metric in dimension.metrics:
            if metric.code not in worths:
                continue
            there = ~np.isnan(worths[metric.code])
            weight = np.where(there, float(metric.weight), 0.0)
            within += weight
            gained += weight * np.nan_to_num(worths[metric.code])
            if profile.gate.pass_points is not None and metric.weight and dimension.weight:
                failed |= there & (
                    np.nan_to_num(worths[metric.code]) < float(profile.gate.pass_points)
                )
        weight = np.where(within > 0, float(dimension.weight), 0.0)
        across += weight
        points += weight * np.divide(gained, within, out=np.zeros_like(gained), where=within > 0)
    total = np.divide(points, across, out=np.full_like(points, np.nan), where=across > 0)
    return _gated(profile, orders, total, failed)


def _gated(
    profile: Profile, orders: Floats, total: Floats, failed: np.typing.NDArray[np.bool_]
) -> Floats:
    gate = profile.gate
    below = orders < gate.orders_min
    if gate.below == "no_score":
        return np.where(below, np.nan, total)
    if gate.below == "growth" and gate.growth_points is not None:
        assert gate.growth_cut_points is not None
        fixed = np.where(failed, float(gate.growth_cut_points), float(gate.growth_points))
        return np.where(below, fixed, total)
    return total


def _worth(metric: Metric, count: Counts, orders: Floats) -> Floats:
    """Return the points of each course's count; nan where nothing was counted."""
    value = np.divide(
        count.numerator, count.denominator,
        out=np.full_like(count.numerator, np.nan), where=count.denominator > 0,
    )  # fmt: skip
    points = _mapped(metric, value / metric.per)
    floor = metric.floor
    if floor is None:
        return points
    higher = metric.better == "higher"
    bad = count.denominator - count.numerator if higher else count.numerator
    lifted = (orders < floor.orders_below) & (bad <= floor.bad_max) & (count.denominator > 0)
    return np.where(lifted, np.maximum(points, float(floor.points)), points)


def _mapped(metric: Metric, value: Floats) -> Floats:
    mapping = metric.mapping
    if isinstance(mapping, PerOrder):
        return value
    if isinstance(mapping, Linear):
        pairs = sorted((float(x), float(y)) for x, y in mapping.points)
        return np.asarray(np.interp(value, [x for x, _ in pairs], [y for _, y in pairs]))
    points = np.full_like(value, float(mapping.otherwise))
    higher = metric.better == "higher"
    for step in mapping.steps:
        at = float(step.at)
        slack = _SLACK * max(abs(at), 1.0)
        reached = value >= at - slack if higher else value <= at + slack
        points = np.where(reached, np.maximum(points, float(step.points)), points)
    return np.where(np.isnan(value), np.nan, points)
