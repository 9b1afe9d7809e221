"""The course of a score over the coming days, with how sure we are of it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import msgspec
import numpy as np

from penstock.experience.foresee.history import Floats, History, day_of
from penstock.experience.foresee.lanes import Lanes
from penstock.experience.foresee.learn import Glance, Model, glance
from penstock.experience.foresee.many import Counts, scores_of_many
from penstock.experience.foresee.outlook import DAYS
from penstock.experience.foresee.simulate import Courses, simulate
from penstock.experience.profiles.profile import Profile

INTERVAL = 0.9


class DayAhead(msgspec.Struct, frozen=True, kw_only=True):
    """The score at the end of a day: what is as likely exceeded as not, and nine cases of ten.

    The three are None where there may well be no score: `scored` is the chance that there is one.
    `below` is by band code the chance to be under it.
    """

    day: date
    expected: float | None
    low: float | None
    high: float | None
    scored: float
    below: dict[str, float]


class Foresight(msgspec.Struct, frozen=True):
    """What was seen of a merchant and drawn from it; the save list and alerts read from it too."""

    seen: Glance
    courses: Courses
    scores: Floats
    days: tuple[DayAhead, ...]


def foresee(
    history: History,
    profile: Profile,
    model: Model,
    *,
    now: datetime,
    seed: int = 0,
    origin: float = 0.0,
    planned: Floats | None = None,
    lanes: Lanes | None = None,
) -> Foresight:
    """Foresee the score 1 to 30 days after `now`, which is `origin` hours on the history's clock.

    `planned` are the orders that streams are to bring on each coming day, beyond the usual pace.
    `lanes` is how they stood at `origin`, in place of when the model was learnt.
    """
    seen = glance(history, model.experience, origin, planned, lanes or model.lanes)
    courses = simulate(model, seen, seed=seed)
    scores = scores_of_many(profile, courses.counts)
    low, mid, high = widened(scores, model.widen, profile)
    days = tuple(
        _day(profile, scores[:, h], (low[h], mid[h], high[h]), now.date() + timedelta(days=h))
        for h in range(1, DAYS + 1)
    )
    return Foresight(seen, courses, scores, days)


def widened(scores: Floats, widen: Floats, profile: Profile) -> tuple[Floats, Floats, Floats]:
    """Return the low, middle and high of each day, the distances to the middle times `widen`."""
    there = ~np.isnan(scores)
    held = np.where(there.any(axis=0), scores, 0.0)
    tail = (1 - INTERVAL) / 2
    low, mid, high = np.nanquantile(held, [tail, 0.5, 1 - tail], axis=0)
    factor = np.concatenate([[1.0], widen])
    least, most = float(profile.scale.low), float(profile.scale.high)
    return (
        np.asarray(np.clip(mid - (mid - low) * factor, least, most)),
        np.asarray(mid),
        np.asarray(np.clip(mid + (high - mid) * factor, least, most)),
    )


def _day(profile: Profile, scores: Floats, told: tuple[float, float, float], day: date) -> DayAhead:
    there = scores[~np.isnan(scores)]
    scored = len(there) / len(scores)
    some = scored >= 0.5
    return DayAhead(
        day=day,
        low=round(float(told[0]), 2) if some else None,
        expected=round(float(told[1]), 2) if some else None,
        high=round(float(told[2]), 2) if some else None,
        scored=round(scored, 3),
        below={
            band.code: round(float((there < float(band.at)).mean()), 3) if len(there) else 0.0
            for band in profile.bands
        },
    )


def realised(history: History, profile: Profile, origin: float, days: Sequence[int]) -> Floats:
    """Return the score at the end of each day after `origin` as it came, known today."""
    counts = {}
    for judged in history.judged:
        day = day_of(judged.entered, origin)
        done = day_of(judged.done, origin)
        numerator, denominator = np.zeros(len(days)), np.zeros(len(days))
        for i, ahead in enumerate(days):
            last = ahead - judged.delay_days
            inside = day <= last
            if judged.window_days:
                inside &= day > last - judged.window_days
            denominator[i] = inside.sum()
            if judged.kind == "mean":
                numerator[i] = judged.amount[inside].sum()
            elif judged.kind == "flow":
                numerator[i] = (inside & (done <= ahead)).sum()
            else:
                in_time = (inside & (judged.done <= judged.entered)).sum()
                numerator[i] = in_time if judged.counts_done else denominator[i] - in_time
        counts[judged.code] = Counts(numerator, denominator)
    return scores_of_many(profile, counts)
