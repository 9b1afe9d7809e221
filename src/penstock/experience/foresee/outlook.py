"""What enters a metric's window on each coming day, and what is known of it already."""

import msgspec
import numpy as np

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

DAYS = 30
SIGNS = 7
"""How many signs the coming days are read from, see `_signs`."""
_ENTERED_WITHIN_DAYS = 45
_LEVEL_HALF_LIFE_DAYS = 25.0
_STALE_DAYS = 14


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
    be placed enter, by days from their placing. `fails` is the chance of what is neither.
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
    """Return day placed × day of entering: what is placed on d enters on h by course[h − d]."""
    lag = np.arange(DAYS)[None, :] - np.arange(DAYS)[:, None]
    return np.asarray(np.where(lag >= 0, course[np.clip(lag, 0, len(course) - 1)], 0.0))


def look_out(
    history: History, judged: Judged, origin: float, others: Experience, expected: Floats
) -> Outlook:
    """Gather what `origin` knows of a metric's coming days, and nothing that came later.

    `expected` are the orders that will be placed on each of them.
    """
    past_days = judged.window_days + judged.delay_days if judged.window_days else NEVER
    span = max(min(past_days, _span(judged, origin)), 60) + 1
    day = day_of(judged.entered, origin)
    past = (day <= 0) & (day > -span)
    weight = _value(judged, past, origin) / others.scale
    entered = _daily(day[past], span, None)
    hit = _daily(day[past], span, weight)
    course, arriving = _arrivals(history, judged, origin)
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
        signs=_signs(history, judged, origin, (entered, hit), fails, expected),
    )  # fmt: skip


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


def _arrivals(history: History, judged: Judged, origin: float) -> tuple[Floats, Floats]:
    """Return when orders enter after they are placed, and what of those under way will enter."""
    placed = history.reached[0][judged.order]
    day, enters = day_of(placed, origin), day_of(judged.entered, origin)
    sets = np.where(judged.known <= origin, day_of(judged.known, origin), NEVER)
    enters = np.where(judged.known <= origin, enters, NEVER)  # not foreseen yet
    first = int(day.min(initial=0))
    old = -12 if first < -25 else min(-1, first // 2)
    ripe = (day <= old) & (day > old - _ENTERED_WITHIN_DAYS)
    total = max(int(ripe.sum()), 1)
    lag = (enters - day)[ripe]
    waited = (sets - day)[ripe]
    shares = np.zeros((21, DAYS + 22))
    counts = np.zeros(21)
    for age in range(21):
        still = waited > age
        counts[age] = still.sum()
        ahead = lag[still & (lag <= DAYS + 21)]
        shares[age] = np.bincount(ahead, minlength=DAYS + 22)[: DAYS + 22] / max(counts[age], 1)
    course = np.bincount(lag[lag < DAYS + 1], minlength=DAYS + 1)[: DAYS + 1] / total
    alive = (history.cancelled[judged.order] > origin) & (history.ended[judged.order] > origin)
    waiting = (placed <= origin) & (judged.known > origin) & alive & (day > -21)
    ages = np.bincount(-day[waiting], minlength=21)[:21]
    arriving = np.zeros(DAYS)
    for age in range(21):
        arriving += ages[age] * shares[age][age + 1 : age + 1 + DAYS]
    return course, arriving


def _signs(
    history: History,
    judged: Judged,
    origin: float,
    past: tuple[Floats, Floats],
    level: float,
    expected: Floats,
) -> Floats:
    """Return DAYS × SIGNS: what tells the coming days from ordinary ones, in log-odds.

    1; the last two days and the last ten against the long run; for each of the next days, and
    for the next three together, orders that are usually done by now and are not; what will wait
    before the floor; the weekday.
    """
    entered, hit = past
    signs = np.zeros((DAYS, SIGNS))
    signs[:, 0] = 1
    if judged.kind == "flow":
        return signs
    usual = float(logit(level))
    ago = np.arange(len(entered))[::-1]
    for column, half_life in ((1, 1.5), (2, 7.0)):
        weight = 0.5 ** (ago / half_life)
        recent = (weight @ hit + 5 * level) / (weight @ entered + 5)
        signs[:, column] = float(logit(recent)) - usual
    if judged.kind == "due":
        piles = _piles(history, judged, origin)
        signs[: len(piles), 3] = piles
        signs[:, 4] = piles[:3].mean()
    signs[:, 5] = _backlog(history, origin, expected)
    for ahead in range(1, DAYS + 1):
        same = slice((len(entered) - 1 + ahead) % 7, None, 7)
        rate = (hit[same].sum() + 30 * level) / (entered[same].sum() + 30)
        signs[ahead - 1, 6] = float(logit(rate)) - usual
    return np.asarray(np.clip(signs, -4, 4))


def _piles(history: History, judged: Judged, origin: float) -> Floats:
    """Return for the next five days how many more orders than usual wait that long before.

    What is usual is reckoned lane by lane, for a carrier's slow days begin on its own lanes.
    """
    lanes = int(history.lane.max(initial=0)) + 1
    lane = history.lane[judged.order]
    day, done = day_of(judged.entered, origin), day_of(judged.done, origin)
    sets = day_of(judged.known, origin)
    past = (day <= 0) & (day > -42)
    piles = []
    for lead in range(1, 6):
        there = past & (sets <= day - lead)
        waited = there & (done > day - lead)
        overall = min(max(float(waited.sum() + 1) / float(there.sum() + 5), 0.02), 0.98)
        seen = np.bincount(lane[there], minlength=lanes)
        usual = (np.bincount(lane[waited], minlength=lanes) + 10 * overall) / (seen + 10)
        now = (day == lead) & (sets <= 0)
        number = now.sum() + 10
        expected = (np.bincount(lane[now], minlength=lanes) @ usual + 10 * overall) / number
        share = ((done[now] > 0).sum() + 10 * overall) / number
        piles.append(float(logit(share) - logit(expected)))
    return np.array(piles)


def _backlog(history: History, origin: float, expected: Floats) -> Floats:
    """Return the days' work that will wait before hand-over on each coming day, in logarithms.

    It is what waits now and is `expected` to come, less what the floor has shown that it can do on
    one of its good days; against what usually waits.
    """
    gone = np.minimum(history.reached[-1], history.cancelled)
    placed, left = day_of(history.reached[0], origin), day_of(gone, origin)
    opened = np.bincount(np.clip(placed, -43, 1) + 43, minlength=45)[:44].cumsum()
    closed = np.bincount(np.clip(left, -43, 1) + 43, minlength=45)[:44].cumsum()
    waiting = np.maximum(opened - closed, 0)[1:].astype(np.float64)
    done = np.diff(closed).astype(np.float64)
    pace = max(float(done.mean()), 1.0)
    able = np.array([np.quantile(done[-1 - (-ahead % 7) :: -7], 0.75) for ahead in range(7)])
    usual = float(np.median(np.log((waiting[:-1] + 1) / (pace + 1))))
    ahead = np.zeros(DAYS)
    waits = float(waiting[-1])
    for day in range(DAYS):
        ahead[day] = waits
        waits = max(waits + expected[day] - max(able[(day + 1) % 7], 0.0), 0.0)
    return np.asarray(np.log((ahead + 1) / (pace + 1)) - usual)
