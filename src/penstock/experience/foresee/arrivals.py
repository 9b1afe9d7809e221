"""When orders enter a metric, by what became of those before them."""

import numpy as np

from penstock.experience.foresee.history import NEVER, Floats, History, Ints, Judged, day_of

_ENTERED_WITHIN_DAYS = 45
_WAITS_DAYS = 21
_WEEKDAY_PRIOR = 10.0


def arrivals(history: History, judged: Judged, origin: float, days: int) -> tuple[Floats, Floats]:
    """Return when orders enter after they are placed, and what of those under way will enter.

    The first is weekday × days later, the second by coming day, of so many days.
    """
    placed = history.reached[0][judged.order]
    day, enters = day_of(placed, origin), day_of(judged.entered, origin)
    sets = np.where(judged.known <= origin, day_of(judged.known, origin), NEVER)
    enters = np.where(judged.known <= origin, enters, NEVER)  # not foreseen yet
    first = int(day.min(initial=0))
    old = -12 if first < -25 else min(-1, first // 2)
    ripe = (day <= old) & (day > old - _ENTERED_WITHIN_DAYS)
    lag, waited, phase = (enters - day)[ripe], (sets - day)[ripe], day[ripe] % 7
    course = _by_weekday(lag, phase, 0, days)
    alive = (history.cancelled[judged.order] > origin) & (history.ended[judged.order] > origin)
    waiting = (placed <= origin) & (judged.known > origin) & alive & (day > -_WAITS_DAYS)
    ages = np.bincount(-day[waiting], minlength=_WAITS_DAYS)
    arriving = np.zeros(days)
    for age in np.flatnonzero(ages).tolist():
        still = waited > age
        arriving += (
            ages[age] * _by_weekday(lag[still], phase[still], age + 1, days)[-age % 7, :days]
        )
    return course, arriving


def _by_weekday(lag: Ints, phase: Ints, after: int, days: int) -> Floats:
    """Return weekday × days, the shares of orders that enter so many days later than `after`.

    Weekdays matter for working days do; what one lacks comes from all.
    """
    cell = np.minimum(lag - after, days + 1)
    counts = np.bincount(phase * (days + 2) + np.maximum(cell, 0), cell >= 0, 7 * (days + 2))
    counts = counts.reshape(7, days + 2)[:, : days + 1]
    seen = np.bincount(phase, minlength=7)
    overall = counts.sum(axis=0) / max(len(lag), 1)
    return np.asarray((counts + _WEEKDAY_PRIOR * overall) / (seen[:, None] + _WEEKDAY_PRIOR))
