"""Many courses of the coming days: each counts orders, so that steps and small numbers tell."""

import msgspec
import numpy as np

from penstock.experience.foresee.chances import chance, logit
from penstock.experience.foresee.history import Floats, Ints
from penstock.experience.foresee.learn import Glance, Model
from penstock.experience.foresee.many import Counts
from penstock.experience.foresee.outlook import DAYS, Outlook
from penstock.experience.foresee.weigh import centred
from penstock.experience.profiles.profile import ORDERS

COURSES = 300
_RARE = 0.1
"""Where so few are done on any day, Poisson's distribution is as good and far quicker to draw."""


class Courses(msgspec.Struct, frozen=True):
    """By metric code what each course counts in the window of today and of each coming day.

    Arrays are COURSES × (1 + DAYS). `failing` has the part of a clock's running orders that fails,
    by metric: what a saved order is worth is reckoned from it.
    """

    counts: dict[str, Counts]
    bad: dict[str, Floats]


def simulate(model: Model, seen: Glance, *, seed: int, courses: int = COURSES) -> Courses:
    """Draw what the coming days may bring; the same seed draws the same."""
    chances = np.random.default_rng(seed)
    placed = seen.pace.drawn(chances, courses)
    shocks = model.shocks.drawn(chances, courses).reshape(courses, len(model.codes), DAYS)
    variance = model.shocks.variance.reshape(len(model.codes), DAYS)
    counts, bad = {}, {}
    for outlook in map(_within_window, seen.outlooks):
        code = outlook.judged.code
        if outlook.judged.kind == "flow":
            n, k = _flow(outlook, placed, model.flows[code], chances)
        else:
            row = model.codes.index(code)
            shift = (outlook.signs * model.weights[row]).sum(axis=1)
            entered, hit = _dated(outlook, placed, shift, shocks[:, row], variance[row], chances)
            n, k = _window(outlook, entered), _window(outlook, hit)
        bad[code] = k
        numerator = n - k if outlook.judged.kind == "due" and outlook.judged.counts_done else k
        counts[code] = Counts(numerator * outlook.scale, n)
    return Courses(counts, bad)


def _within_window(outlook: Outlook) -> Outlook:
    """Leave out the past days that no coming day's window reaches back to."""
    days = outlook.judged.window_days + outlook.judged.delay_days
    if not outlook.judged.window_days or days >= len(outlook.entered):
        return outlook
    return msgspec.structs.replace(
        outlook, entered=outlook.entered[-days:], hit=outlook.hit[-days:]
    )


def _dated(
    outlook: Outlook,
    placed: Floats,
    shift: Floats,
    shocks: Floats,
    variance: Floats,
    chances: np.random.Generator,
) -> tuple[Floats, Floats]:
    """Draw what enters on each day, and how many fail or how much is earned (courses × days)."""
    expected, base = outlook.base(placed)
    undecided = np.floor(expected + chances.random(expected.shape))
    fails = chance(centred(logit(base) + shift, variance) + shocks)
    if outlook.judged.kind == "mean":
        spread = np.sqrt(undecided * outlook.spread) * chances.standard_normal(fails.shape)
        hit = np.clip(undecided * fails + spread, 0, undecided)
    else:
        hit = chances.binomial(undecided.astype(np.int64), fails).astype(np.float64)
    past = np.broadcast_to(outlook.entered, (len(placed), len(outlook.entered)))
    past_hit = np.broadcast_to(outlook.hit, past.shape)
    entered = np.concatenate([past, outlook.settled + undecided], axis=1)
    return entered, np.concatenate([past_hit, hit], axis=1)


def _flow(
    outlook: Outlook, placed: Floats, variance: float, chances: np.random.Generator
) -> tuple[Floats, Floats]:
    """Draw who is in the window of each coming day, and who of them is done by its end.

    Both are courses × (1 + DAYS).
    """
    courses, past = len(placed), len(outlook.entered)
    expected, _ = outlook.base(placed)
    new = np.floor(expected + chances.random(expected.shape))
    entered = np.concatenate([np.broadcast_to(outlook.entered, (courses, past)), new], axis=1)
    inside = _window(outlook, entered)
    if outlook.judged.code == ORDERS:  # the gate only counts who enters
        return inside, np.zeros_like(inside)
    hazards = outlook.hazards
    done = np.zeros((courses, past + DAYS))
    done[:, :past] = outlook.hit
    level = chances.standard_normal((courses, 1)) * np.sqrt(variance + 1 / (outlook.hit.sum() + 3))
    odds = logit(hazards)[None, :] + level - variance / 2
    left = np.maximum(entered - done, 0).astype(np.int64)
    first, last = _ends(outlook)
    hits = np.zeros_like(inside)
    hits[:, 0] = done[:, first[0] : last[0]].sum(axis=1)
    for day in range(1, DAYS + 1):
        ages = past - 1 + day - np.arange(past + DAYS)
        live = np.flatnonzero((ages >= 0) & (ages < len(hazards)))
        left_now, likely = left[:, live], chance(odds[:, ages[live]])
        if hazards.max() < _RARE:
            came = np.minimum(chances.poisson(left_now * likely), left_now)
        else:
            came = chances.binomial(left_now, likely)
        left[:, live] -= came
        done[:, live] += came
        hits[:, day] = done[:, first[day] : last[day]].sum(axis=1)
    return inside, hits


def _ends(outlook: Outlook) -> tuple[Ints, Ints]:
    """Return where the window of today and of each coming day begins and where it has ended."""
    judged = outlook.judged
    last = len(outlook.entered) + np.arange(DAYS + 1) - judged.delay_days
    first = last - judged.window_days if judged.window_days else np.zeros(DAYS + 1, dtype=np.int64)
    return np.maximum(first, 0), np.maximum(last, 0)


def _window(outlook: Outlook, daily: Floats) -> Floats:
    """Sum over the window that ends on each day (courses × (1 + DAYS))."""
    first, last = _ends(outlook)
    sums = np.concatenate([np.zeros_like(daily[:, :1]), daily.cumsum(axis=1)], axis=1)
    return np.asarray(sums[:, last] - sums[:, first])
