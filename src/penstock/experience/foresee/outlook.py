"""What enters a metric's window on each coming day, and what is known of it already."""

import msgspec
import numpy as np

from penstock.experience.foresee.arrivals import arrivals
from penstock.experience.foresee.chances import (
    AGES,
    Tally,
    failing,
    lane_shift,
    logit,
    scheduled,
    shrunk_due,
    shrunk_flow,
    tally_due,
    tally_flow,
)
from penstock.experience.foresee.history import (
    NEVER,
    Floats,
    History,
    Ints,
    Judged,
    day_of,
)
from penstock.experience.foresee.signs import Around, Due, signs_of

DAYS = 30
_LEVEL_HALF_LIFE_DAYS = 25.0
_LOOKS_BACK_DAYS = 110
"""No chance or sign is read from what entered longer ago, but the counts of a longer window."""


class Experience(msgspec.Struct, frozen=True):
    """What all merchants' past says of one metric.

    A mean's amounts are taken in parts of `scale`, so that a metric's level always lies between 0
    and 1; `spread` is the variance of one order's part.
    """

    tally: Tally
    rate: float
    scale: float
    spread: float


class Outlook(msgspec.Struct, frozen=True):
    """One metric's coming days, arrays of `DAYS` elements; day 1 is the first after the origin.

    `entered` and `hit` are counts by day of the past, oldest first and the origin's day last. Of
    the orders foreseen, `settled` did it in time, `running` did not yet and fail with the mean
    chance `running_fails`; `arriving` are under way and will enter, `course` is when those yet to
    be placed enter, by their weekday and days from their placing. `fails` is the chance of what is
    neither.
    """

    judged: Judged
    entered: Floats
    hit: Floats
    settled: Floats
    running: Floats
    running_fails: Floats
    arriving: Floats
    course: Floats
    fails: float
    scale: float
    spread: float
    signs: Floats
    hazards: Floats
    at: Ints
    odds: Floats

    def base(self, placed: Floats) -> tuple[Floats, Floats]:
        """Return the undecided orders of each day and their chance of failing, before signs.

        `placed` are the orders that will be placed on each coming day, possibly many courses at
        once (… × DAYS).
        """
        new = placed @ toeplitz(self.course) + self.arriving
        undecided = new + self.running
        fails = (new * self.fails + self.running * self.running_fails) / np.maximum(undecided, 1e-9)
        return undecided, np.asarray(np.clip(fails, 1e-4, 0.999))


def toeplitz(course: Floats) -> Floats:
    """Return day placed × day of entering, by a course that is weekday × days later."""
    lag = np.arange(DAYS)[None, :] - np.arange(DAYS)[:, None]
    phase = np.arange(1, DAYS + 1)[:, None] % 7
    return np.asarray(np.where(lag >= 0, course[phase, np.clip(lag, 0, DAYS)], 0.0))


def look_out(
    history: History,
    judged: Judged,
    origin: float,
    others: Experience,
    expected: Floats,
    around: Around,
) -> Outlook:
    """Gather what `origin` knows of a metric's coming days, and nothing that came later.

    `expected` are the orders that will be placed on each of them.
    """
    past_days = judged.window_days + judged.delay_days if judged.window_days else NEVER
    span = max(min(past_days, _span(judged, origin)), 60) + 1
    judged = _of_use(history, judged, origin, max(span, _LOOKS_BACK_DAYS))
    day = day_of(judged.entered, origin)
    past = (day <= 0) & (day > -span)
    weight = _value(judged, past, origin) / others.scale
    entered = _daily(day[past], span, None)
    hit = _daily(day[past], span, weight)
    course, arriving = arrivals(history, judged, origin, DAYS)
    at = scheduled(history, judged, origin) if judged.kind == "due" else np.zeros(0, dtype=np.int64)
    running, running_fails = np.zeros(DAYS), np.zeros(DAYS)
    settled, odds = np.zeros(DAYS), np.zeros(0)
    fails, hazards = _level(entered, hit, others.rate), np.zeros(AGES + 1)
    if judged.kind == "due":
        table = shrunk_due(tally_due(history, judged, origin), others.tally)
        chances = failing(history, judged, origin, at, table, lane_shift(history, judged, origin))
        odds = logit(chances)
        soon = day[at]
        inside = soon <= DAYS
        running = np.bincount(soon[inside] - 1, minlength=DAYS).astype(np.float64)
        summed = np.bincount(soon[inside] - 1, weights=chances[inside], minlength=DAYS)
        running_fails = summed / np.maximum(running, 1)
        met = (judged.known <= origin) & (day >= 1) & (day <= DAYS) & (judged.done <= origin)
        settled = np.bincount(day[met] - 1, minlength=DAYS).astype(np.float64)
    elif judged.kind == "flow":
        hazards = shrunk_flow(tally_flow(judged, origin), others.tally)
    return Outlook(
        judged=judged, entered=entered, hit=hit, settled=settled, running=running,
        running_fails=running_fails, arriving=arriving, course=course, fails=fails,
        scale=others.scale, spread=others.spread, hazards=hazards, at=at, odds=odds,
        signs=signs_of(history, judged, origin, (entered, hit), fails,
                       Due(at, expected[:, None] * toeplitz(course)), around),
    )  # fmt: skip


def _of_use(history: History, judged: Judged, origin: float, days: int) -> Judged:
    """Leave out what was placed after the origin, and what entered longer ago than anybody asks."""
    placed = history.reached[0][judged.order]
    kept = (placed <= origin) & (judged.entered > origin - 24.0 * days)
    return msgspec.structs.replace(
        judged,
        order=judged.order[kept],
        known=judged.known[kept],
        entered=judged.entered[kept],
        done=judged.done[kept],
        amount=judged.amount[kept],
    )


def _span(judged: Judged, origin: float) -> int:
    finite = judged.entered[np.isfinite(judged.entered)]
    return int(np.ceil((origin - finite.min(initial=origin)) / 24)) + 1


def _value(judged: Judged, past: np.typing.NDArray[np.bool_], origin: float) -> Floats:
    """Return what each past order counts: failed (due), done by now (flow), or what it earned."""
    if judged.kind == "due":
        return np.asarray((judged.done > judged.entered)[past], dtype=np.float64)
    if judged.kind == "flow":
        return np.asarray((judged.done <= origin)[past], dtype=np.float64)
    return judged.amount[past]


def _daily(day: Ints, span: int, weight: Floats | None) -> Floats:
    return np.bincount(day + span - 1, weights=weight, minlength=span)[:span].astype(np.float64)


def _level(entered: Floats, hit: Floats, elsewhere: float) -> float:
    """Return the long-run rate, the last weeks counting more, filled up by all merchants' rate."""
    weight = 0.5 ** (np.arange(len(entered))[::-1] / _LEVEL_HALF_LIFE_DAYS)
    return float((weight @ hit + 20.0 * elsewhere) / (weight @ entered + 20.0))
