"""A week of demand from the days before it: level, weekday and spread, undisturbed by events."""

import math
from collections.abc import Collection, Mapping, Sequence
from statistics import fmean, median

import msgspec

from penstock.planning.quantile import quantile

DAYS_AHEAD = 7
_HIGH = 0.9
_HALF_LIFE_DAYS = 7
_WEEKDAYS_FROM_DAYS = 14
_PRIOR_DAYS = 2
"""A weekday's factor is drawn towards 1 as if so many more of them had been average."""
_SPREADS = 3


class Projected(msgspec.Struct, frozen=True, kw_only=True):
    """Units expected on a day, and what 9 days of 10 stay within."""

    mean: float
    high: float


def project(
    history: Sequence[float], first_weekday: int, event_days: Collection[int]
) -> list[Projected]:
    """Project the seven days that follow `history` (units a day, at least 0, oldest first).

    `first_weekday` is that of `history[0]`, Monday 0; `event_days` are positions in `history`
    on which a stream was live. They are left out, unless there is no other day to go by: then
    streams are this SKU's normal day. What stands out of the rest is cut to median + 3·MAD
    (Hampel's identifier). The level is the mean by weights that halve every seven days.
    """
    base = {day: units for day, units in enumerate(history) if day not in event_days}
    base = base or dict(enumerate(history))
    if not base:
        return [Projected(mean=0.0, high=0.0)] * DAYS_AHEAD
    base = _winsorised(base)
    factors = _weekday_factors(base, first_weekday)
    level = _level(base, {day: factors[(first_weekday + day) % 7] for day in base})
    dispersion = _dispersion(
        [(x, level * factors[(first_weekday + day) % 7]) for day, x in base.items()]
    )
    means = [level * factors[(first_weekday + len(history) + day) % 7] for day in range(DAYS_AHEAD)]
    return [
        Projected(mean=mean, high=max(mean, quantile(mean, dispersion, _HIGH))) for mean in means
    ]


def _winsorised(base: Mapping[int, float]) -> dict[int, float]:
    """Cut what stands out both of all days and of the other days of its weekday.

    A strong weekday is no spike: it comes back.
    """
    middle = median(base.values())
    distances = [abs(x - middle) for x in base.values()]
    # Where more than half of the days are alike, the median distance is 0 and any sale at all
    # would be cut away; the mean distance then says how much is usual (Iglewicz and Hoaglin).
    # A unit more or less is always usual: what sells once a fortnight would else be forecast at a
    # tenth of its rate.
    usual = median(distances) or fmean(distances)
    allowed = _SPREADS * max(usual, 1.0)
    cut = {}
    for day, x in base.items():
        alike = [y for other, y in base.items() if other != day and (other - day) % 7 == 0]
        cut[day] = min(x, max(middle, median(alike) if alike else middle) + allowed)
    return cut


def _weekday_factors(base: Mapping[int, float], first_weekday: int) -> list[float]:
    """Return what each weekday, Monday first, sells of an average day; all 1 by too few days."""
    mean = fmean(base.values())
    if len(base) < _WEEKDAYS_FROM_DAYS or mean == 0:
        return [1.0] * 7
    factors = []
    for weekday in range(7):
        units = [x for day, x in base.items() if (first_weekday + day) % 7 == weekday]
        factors.append((sum(units) / mean + _PRIOR_DAYS) / (len(units) + _PRIOR_DAYS))
    return factors


def _level(base: Mapping[int, float], factors: Mapping[int, float]) -> float:
    """Return the weighted units over the weighted factors: the units of an average day.

    Dividing day by day would count the few sales of a slow seller too low, because each of them
    has raised the factor of its own weekday.
    """
    last = max(base)
    weights = {day: math.pow(0.5, (last - day) / _HALF_LIFE_DAYS) for day in base}
    expected = sum(weight * factors[day] for day, weight in weights.items())
    return sum(weights[day] * x for day, x in base.items()) / expected


def _dispersion(fitted: Sequence[tuple[float, float]]) -> float:
    """Return the variance as a multiple of the mean, from (units, expected); 1 is Poisson.

    Pearson's statistic over its degrees of freedom (McCullagh and Nelder, Generalized Linear
    Models, 4.5.2).
    """
    squares = [(x - mean) ** 2 / mean for x, mean in fitted if mean > 0]
    return sum(squares) / (len(squares) - 1) if len(squares) > 1 else 1.0
