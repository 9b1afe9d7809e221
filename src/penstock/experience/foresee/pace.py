"""How many orders a merchant will take on each coming day."""

import msgspec
import numpy as np

from penstock.experience.foresee.history import Floats, History, day_of
from penstock.experience.foresee.outlook import DAYS

_LOOKS_BACK_DAYS = 42
_HALF_LIFE_DAYS = 10.0
_WEEKDAY_PRIOR_DAYS = 1.5
_BURST = 3.0
"""A day that sold so many times its usual was a stream or a surge: planned ones are told apart."""


class Pace(msgspec.Struct, frozen=True):
    """Orders expected on each coming day, and what past days came to of their own expectation."""

    expected: Floats
    ratios: Floats

    def drawn(self, chances: np.random.Generator, courses: int) -> Floats:
        """Draw courses × DAYS: weeks of the past as they varied, one after another."""
        if len(self.ratios) < 7:
            return np.asarray(chances.poisson(self.expected, (courses, DAYS)), dtype=np.float64)
        weeks = -(-DAYS // 7)
        begins = chances.integers(0, len(self.ratios) - 6, (courses, weeks))
        days = (begins[:, :, None] + np.arange(7)).reshape(courses, -1)[:, :DAYS]
        return np.asarray(chances.poisson(self.expected * self.ratios[days]), dtype=np.float64)


def pace(history: History, origin: float, planned: Floats | None = None) -> Pace:
    """Expect what the last weeks sold by weekday, plus `planned` orders of each coming day.

    Weeks count half as much every ten days. What stands out is cut to three times its usual, for
    a stream comes back when it is planned, not when it was.
    """
    placed = day_of(history.reached[0], origin)
    first = int(max(placed.min(initial=0), 1 - _LOOKS_BACK_DAYS)) if len(placed) else 0
    extra = np.zeros(DAYS) if planned is None else planned
    known = 1 - first
    days = np.bincount(placed[(placed <= 0) & (placed >= first)] - first, minlength=known)[:known]
    sold = days.astype(np.float64)
    if known < 2 or not sold.sum():
        return Pace(np.full(DAYS, sold.mean() if known else 0.0) + extra, np.zeros(0))
    cut = np.minimum(sold, max(_BURST * float(np.median(sold[sold > 0])), 3.0))
    ago = np.arange(known)[::-1]
    weight = 0.5 ** (ago / _HALF_LIFE_DAYS)
    factors = np.ones(7)
    mean = max(float(cut.mean()), 1e-9)
    for phase in range(7):
        same = cut[ago % 7 == phase]
        factors[phase] = (same.sum() / mean + _WEEKDAY_PRIOR_DAYS) / (
            len(same) + _WEEKDAY_PRIOR_DAYS
        )
    level = (weight @ cut) / (weight @ factors[ago % 7])
    ratios = cut / np.maximum(level * factors[ago % 7], 1e-9)
    ahead = np.arange(1, DAYS + 1)
    return Pace(level * factors[-ahead % 7] + extra, ratios / max(float(ratios.mean()), 1e-9))
