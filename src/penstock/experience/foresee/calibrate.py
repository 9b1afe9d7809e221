"""Hold forecasts of the past against what came, and widen intervals that were too narrow."""

import itertools
from collections.abc import Sequence

import msgspec
import numpy as np

from penstock.experience.foresee.forecast import INTERVAL, realised, widened
from penstock.experience.foresee.history import Floats, History
from penstock.experience.foresee.lanes import Lanes, lanes_at, traffic_of
from penstock.experience.foresee.learn import (
    Lesson,
    Model,
    glance,
    lesson_of,
    model_from,
    origins_of,
)
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
_STRETCHES = 8
_APART_H = 3 * 24.0


def taught(histories: Sequence[History], profile: Profile) -> Model | None:
    """Learn from histories and calibrate the intervals on them; None: there are no orders."""
    histories = [history for history in histories if len(history.orders)]
    lesson = lesson_of(histories)
    if lesson is None:
        return None
    return msgspec.structs.replace(model_from(lesson), widen=widening(lesson, histories, profile))


def widening(lesson: Lesson, histories: Sequence[History], profile: Profile) -> Floats:
    """Return by day how many times wider than drawn an interval must be to hold nine of ten.

    Cross-conformal prediction (Vovk, Annals of Mathematics and Artificial Intelligence 74 (2015),
    9–28), with the distance to the middle in half-widths as the score, on forecasts that are
    spread evenly over merchants and their past. The past is cut into stretches, and each is
    forecast by what was learnt from the others: merchants share carriers, so to leave out some
    merchants instead would leave in what befell all.
    """
    looks = [(history, origin) for history in histories for origin in origins_of(history)]
    looks = looks[:: max(len(looks) // LOOKS_MAX, 1)]
    traffic = traffic_of(histories)
    edges = np.linspace(lesson.origins.min(initial=0.0) - 1, 0.0, _STRETCHES + 1)
    missed = np.full((len(looks), DAYS), np.nan)
    for first, last in itertools.pairwise(edges.tolist()):
        model = model_from(lesson, (first - _APART_H, last + _APART_H))
        for i, (history, origin) in enumerate(looks):
            if first < origin <= last:
                missed[i] = _missed(history, origin, model, lanes_at(traffic, origin), profile, i)
    return _by_day(missed)


def _missed(
    history: History, origin: float, model: Model, lanes: Lanes, profile: Profile, seed: int
) -> Floats:
    """Return by day how many half-widths off the middle came to be; nan: it is yet to come."""
    missed = np.full(DAYS, np.nan)
    known = min(int(-origin / 24), DAYS)
    if known < 1:
        return missed
    seen = glance(history, model.experience, origin, lanes=lanes)
    scores = scores_of_many(profile, simulate(model, seen, seed=seed, courses=_COURSES).counts)
    low, mid, high = widened(scores, np.ones(DAYS), profile)
    off = realised(history, profile, origin, range(1, known + 1)) - mid[1 : known + 1]
    up, down = (high - mid)[1 : known + 1], (mid - low)[1 : known + 1]
    missed[:known] = np.abs(off) / np.maximum(np.where(off > 0, up, down), 0.02)
    return missed


def _by_day(missed: Floats) -> Floats:
    widen = np.ones(DAYS)
    for day in range(DAYS):
        near = missed[:, max(day - _GROUP, 0) : day + _GROUP + 1]
        near = np.sort(near[~np.isnan(near)])
        if len(near) >= _FEWEST:
            rank = min(int(np.ceil(INTERVAL * (len(near) + 1))), len(near))
            widen[day] = np.clip(near[rank - 1], *_BOUNDS)
    return widen
