"""Hold forecasts of the past against what came, and widen intervals that were too narrow."""

from collections.abc import Sequence

import msgspec
import numpy as np

from penstock.experience.foresee.forecast import INTERVAL, realised, widened
from penstock.experience.foresee.history import Floats, History
from penstock.experience.foresee.learn import Model, glance, learn, origins_of
from penstock.experience.foresee.many import scores_of_many
from penstock.experience.foresee.outlook import DAYS
from penstock.experience.foresee.simulate import simulate
from penstock.experience.profiles.profile import Profile

LOOKS_MAX = 120
"""Forecasts of the past that are held against what came."""
_FEWEST = 15
_GROUP = 2
"""A day's widening is found from the days around it too, so many on either side."""
_BOUNDS = (0.6, 4.0)
_COURSES = 200


def taught(histories: Sequence[History], profile: Profile) -> Model | None:
    """Learn from histories and calibrate the intervals on them; None: there are no orders."""
    histories = [history for history in histories if len(history.orders)]
    model = learn(histories)
    if model is None:
        return None
    return msgspec.structs.replace(model, widen=widening(model, histories, profile))


def widening(model: Model, histories: Sequence[History], profile: Profile) -> Floats:
    """Return by day how many times wider than drawn an interval must be to hold nine of ten.

    Split conformal prediction (Lei, G'Sell, Rinaldo, Tibshirani and Wasserman, JASA 113 (2018),
    1094–1111), with the distance to the middle in half-widths as the score, on forecasts that
    are spread evenly over merchants and their past.
    """
    looks = [(history, origin) for history in histories for origin in origins_of(history)]
    looks = looks[:: max(len(looks) // LOOKS_MAX, 1)]
    missed = np.full((len(looks), DAYS), np.nan)
    for i, (history, origin) in enumerate(looks):
        known = min(int(-origin / 24), DAYS)
        if known < 1:
            continue
        courses = simulate(model, glance(history, model.experience, origin), seed=i,
                           courses=_COURSES)  # fmt: skip
        scores = scores_of_many(profile, courses.counts)
        low, mid, high = widened(scores, np.ones(DAYS), profile)
        came = realised(history, profile, origin, range(1, known + 1))
        off = came - mid[1 : known + 1]
        up, down = (high - mid)[1 : known + 1], (mid - low)[1 : known + 1]
        side = np.where(off > 0, up, down)
        missed[i, :known] = np.abs(off) / np.maximum(side, 0.02)
    return _by_day(missed)


def _by_day(missed: Floats) -> Floats:
    widen = np.ones(DAYS)
    for day in range(DAYS):
        near = missed[:, max(day - _GROUP, 0) : day + _GROUP + 1]
        near = np.sort(near[~np.isnan(near)])
        if len(near) >= _FEWEST:
            rank = min(int(np.ceil(INTERVAL * (len(near) + 1))), len(near))
            widen[day] = np.clip(near[rank - 1], *_BOUNDS)
    return widen
