"""What tells a metric's coming days from ordinary ones."""

import msgspec
import numpy as np

from penstock.experience.foresee.chances import logit
from penstock.experience.foresee.floor import Queue
from penstock.experience.foresee.history import Floats, History, Ints, Judged, day_of

SIGNS = 10
"""How many signs the coming days are read from, see `signs_of`."""
_LIMIT = 4.0
_INSTANT_H = 0.01


class Around(msgspec.Struct, frozen=True):
    """What is the same for all metrics: the floor's queue, and what slows each lane (lane × 2)."""

    queue: Queue
    slower: Floats


class Due(msgspec.Struct, frozen=True):
    """What will enter a metric: positions `at` of orders whose clock runs, and the `new`.

    The new are the orders that are yet to be placed, day placed × day of entering.
    """

    at: Ints
    new: Floats


def signs_of(
    history: History,
    judged: Judged,
    origin: float,
    past: tuple[Floats, Floats],
    level: float,
    due: Due,
    around: Around,
) -> Floats:
    """Return days × SIGNS, in log-odds.

    1; the last two days and the last ten against the long run; for each of the next days, and
    for the next three together, orders that are usually done by now and are not; what the floor's
    queue will be late with; the weekday; how much slower than usual everybody's parcels moved of
    late on the lanes of the orders that are due.
    """
    entered, hit = past
    days = due.new.shape[1]
    signs = np.zeros((days, SIGNS))
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
        late = _queued(history, judged, origin, due, around.queue)
        signs[:, 5] = logit(late + (1 - late) * level) - usual
        signs[:, 7:] = _on_lanes(history, judged, origin, due, around.slower)
    seen, failed = (np.bincount(ago % 7, counts, minlength=7) for counts in (entered, hit))
    by_weekday = logit((failed + 30 * level) / (seen + 30)) - usual
    signs[:, 6] = by_weekday[-np.arange(1, days + 1) % 7]
    return np.asarray(np.clip(signs, -_LIMIT, _LIMIT))


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


def _queued(history: History, judged: Judged, origin: float, due: Due, queue: Queue) -> Floats:
    """Return by day the share of orders due that the floor will hand over too late.

    An order must leave so many days before its clock runs out as its way usually takes.
    """
    days = due.new.shape[1]
    left = history.reached[-1][judged.order]
    past = (judged.entered <= origin) & (left <= origin)
    if past.any() and (judged.known >= left)[past].mean() > 0.5:
        return np.zeros(days)  # the clock is set by the hand-over
    there = past & (judged.done <= origin)
    took = judged.done[there] - left[there]
    way = int(np.round(np.median(took) / 24)) if len(took) else 0
    at = due.at[day_of(judged.entered[due.at], origin) <= days]
    day = day_of(judged.entered[at], origin)
    turn = queue.waits[judged.order[at]]
    served = np.concatenate([np.zeros((len(queue.served), 1)), queue.served], axis=1)
    by = np.maximum(day - way, 0)
    late = np.bincount(day - 1, (served[:, by] < turn).mean(axis=0), minlength=days)
    total = np.bincount(day - 1, minlength=days) + due.new.sum(axis=0)
    ends = np.maximum(np.arange(1, days + 1) - way, 0)
    for placed in range(days):
        first, last = queue.placed[:, placed, None], queue.placed[:, placed + 1, None]
        waits = np.clip((last - served[:, ends]) / np.maximum(last - first, 1e-9), 0, 1)
        late = late + due.new[placed] * waits.mean(axis=0)
    return np.asarray(np.divide(late, total, out=np.zeros(days), where=total > 0))


def _travels(history: History, judged: Judged, origin: float) -> bool:
    """Tell whether what stops the clock is mostly later than the hand-over."""
    left = history.reached[-1][judged.order]
    done = (judged.done <= origin) & (left <= origin)
    return bool(done.any()) and float((judged.done > left + _INSTANT_H)[done].mean()) > 0.5


def _on_lanes(history: History, judged: Judged, origin: float, due: Due, slower: Floats) -> Floats:
    """Return days × 2: how slow the lanes are, as the orders of each day are spread over them."""
    lanes, days = len(slower), due.new.shape[1]
    if not _travels(history, judged, origin):
        return np.zeros((days, slower.shape[1]))
    day = day_of(judged.entered, origin)
    recent = history.lane[judged.order[(day <= 0) & (day > -28)]]
    usual = (np.bincount(recent, minlength=lanes) + 1e-9) / (len(recent) + lanes * 1e-9)
    spread = np.outer(due.new.sum(axis=0) + 1.0, usual)
    soon = due.at[day[due.at] <= days]
    np.add.at(spread, (day[soon] - 1, history.lane[judged.order[soon]]), 1.0)
    return np.asarray((spread / spread.sum(axis=1, keepdims=True)) @ slower)
