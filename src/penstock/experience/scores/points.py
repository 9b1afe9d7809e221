"""What a counted value is worth: a profile's mappings and floors, in exact arithmetic."""

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import msgspec

from penstock.experience.profiles.profile import Limit, Linear, Metric, PerOrder


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """What was counted for one metric. Of a mean, `numerator` is the sum of what is averaged.

    `excluded` orders were in the population and the window, and are in neither number.
    """

    numerator: int
    denominator: int
    excluded: int = 0


class Worth(msgspec.Struct, frozen=True):
    """A metric's exact value and points; `floored` says that the small-sample floor lifted them."""

    value: Fraction
    points: Fraction
    floored: bool = False


def worth(metric: Metric, count: Count, orders: int) -> Worth | None:
    """Return what `count` earns among `orders` of the gate's population; None: nothing counted."""
    if count.denominator == 0:
        return None
    value = Fraction(count.numerator, count.denominator * metric.per)
    points = mapped(metric, value)
    floor = metric.floor
    if floor is None or orders >= floor.orders_below or points >= floor.points:
        return Worth(value, points)
    higher = metric.better == "higher"
    bad = count.denominator - count.numerator if higher else count.numerator
    if bad > floor.bad_max:
        return Worth(value, points)
    return Worth(value, Fraction(floor.points), floored=True)


def mapped(metric: Metric, value: Fraction) -> Fraction:
    """Map a metric's value to points.

    Steps are inclusive: a value equal to a step reaches it. The value of a per-order metric is
    the mean of points already.
    """
    mapping = metric.mapping
    if isinstance(mapping, PerOrder):
        return value
    if isinstance(mapping, Linear):
        return _between(sorted((Fraction(x), Fraction(y)) for x, y in mapping.points), value)
    reached = [
        Fraction(step.points)
        for step in mapping.steps
        if (value >= Fraction(step.at) if metric.better == "higher" else value <= Fraction(step.at))
    ]
    return max(reached, default=Fraction(mapping.otherwise))


def is_beyond(metric: Metric, limit: Limit, value: Fraction, denominator: int) -> bool:
    """Tell whether a metric of that value, counted over so many orders, is beyond its limit."""
    if denominator < limit.orders_min:
        return False
    at = Fraction(limit.at)
    if value == at:
        return limit.inclusive
    return value < at if metric.better == "higher" else value > at


def _between(pairs: list[tuple[Fraction, Fraction]], value: Fraction) -> Fraction:
    if value <= pairs[0][0]:
        return pairs[0][1]
    for (x0, y0), (x1, y1) in pairwise(pairs):
        if value <= x1:
            return y0 + (y1 - y0) * (value - x0) / (x1 - x0)
    return pairs[-1][1]


def rounded(value: Fraction, decimals: int) -> Decimal:
    """Round half up, as the channels do."""
    scaled = value * 10**decimals
    units = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(units).scaleb(-decimals)


def apportioned(exact: list[Fraction], total: Decimal) -> list[Decimal]:
    """Round each part to hundredths so that they sum to `total` (largest-remainder method).

    `total` is the exact sum, rounded to hundredths either way. A part that is zero stays zero,
    for the hundredths left over are never more than the parts with a remainder.
    """
    units = [part * 100 // 1 for part in exact]
    spare = int(total * 100) - sum(units)
    by_remainder = sorted(range(len(exact)), key=lambda i: (units[i] - exact[i] * 100, i))
    for i in by_remainder[:spare]:
        units[i] += 1
    return [Decimal(unit).scaleb(-2) for unit in units]
