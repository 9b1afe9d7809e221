"""What the floor will be late with: what waits and what comes, worked off in turn."""

import msgspec
import numpy as np

from penstock.experience.foresee.history import Floats, History, day_of

_LOOKS_BACK_DAYS = 56
_GOOD_DAY = 0.93
"""The share of open days that did less than a good day does."""
_FULL_DAY = 0.5
_ROOM = 1.15
_BEHIND = 0.1
"""A day's end with so much of a good day's work left over shows that the floor was full."""
_SHUT = 0.1
QUEUES = 32
"""Courses of the floor that a forecast's signs are read from."""
_VARIES = 0.2
_WEAK_DAYS = 3
_RECOVERS = 0.8
_FEWEST = 20


class Queue(msgspec.Struct, frozen=True):
    """What is handed over by the end of each coming day, over courses: `served` is courses × days.

    Positions count from the first that waits now, in the order of placing. `waits` has the
    position of each order of the history, 0 where it does not wait; `placed` the last position of
    what is placed by the end of each coming day (courses × (1 + days), the first now).
    """

    waits: Floats
    placed: Floats
    served: Floats


def queue_at(history: History, origin: float, coming: Floats, seed: int = 0) -> Queue:
    """Work off, first come first served, what waits at `origin` and is `coming` (courses × days).

    A day can do what the floor has shown on its good days, less where it fell short of that of
    late with orders waiting; weekdays on which it hardly ever works are shut.
    """
    chances = np.random.default_rng(seed)
    placed_at, gone_at = history.reached[0], np.minimum(history.reached[-1], history.cancelled)
    waiting = np.flatnonzero((placed_at <= origin) & (gone_at > origin))
    turn = waiting[np.argsort(placed_at[waiting], kind="stable")]
    waits = np.zeros(len(placed_at))
    waits[turn] = np.arange(1, len(turn) + 1)
    courses, days = coming.shape
    done, behind, before_cut = _past(history, origin)
    able = _able(done, behind, days)
    strength = np.exp(_VARIES * chances.standard_normal((courses, days)) - _VARIES**2 / 2)
    placed = np.concatenate([np.zeros((courses, 1)), coming.cumsum(axis=1)], axis=1) + len(turn)
    there = placed[:, :-1] + before_cut * coming
    served = np.zeros((courses, days))
    total = np.zeros(courses)
    for day in range(days):
        total = np.minimum(total + able[day] * strength[:, day], np.maximum(there[:, day], total))
        served[:, day] = total
    return Queue(waits, placed, served)


def _past(history: History, origin: float) -> tuple[Floats, Floats, float]:
    """Return what each past day handed over, what it left behind, and the orders before its cut.

    Left behind is what was placed before the day's last hand-over and was still there after it.
    """
    left = history.reached[-1]
    recent = (left <= origin) & (left > origin - 24 * _LOOKS_BACK_DAYS)
    at_once = recent & (day_of(left, origin) == day_of(history.reached[0], origin))
    hours = (history.reached[0][at_once] - origin) % 24
    cut_h = float(np.quantile(hours, 0.95)) if len(hours) > _FEWEST else 12.0
    span = _LOOKS_BACK_DAYS
    gone = np.minimum(left, history.cancelled)
    placed = day_of(history.reached[0] + 24 - cut_h, origin)
    opened = np.bincount(np.clip(placed, -span, 1) + span, minlength=span + 2)[: span + 1].cumsum()
    closed_day = np.clip(np.maximum(day_of(gone, origin), placed), -span, 1)
    closed = np.bincount(closed_day + span, minlength=span + 2)[: span + 1].cumsum()
    done_day = np.clip(day_of(left, origin), -span, 1)
    done = np.bincount(done_day + span, minlength=span + 2)[1 : span + 1].astype(np.float64)
    behind = np.maximum(opened - closed, 0)[1:].astype(np.float64)
    fresh = history.reached[0] > origin - 24 * span
    within = (history.reached[0][fresh] - origin) % 24 <= cut_h
    return done, behind, float(within.mean()) if fresh.any() else 0.5


def _able(done: Floats, behind: Floats, days: int) -> Floats:
    """Return what each coming day can do."""
    ago = np.arange(len(done))[::-1]
    mean = max(float(done.mean()), 1e-9)
    shut = np.array([np.median(done[ago % 7 == phase]) < _SHUT * mean for phase in range(7)])
    open_days = ~shut[ago % 7]
    good = _good(done[open_days], behind[open_days]) if open_days.any() else 1.0
    short = np.flatnonzero(open_days & (behind > _BEHIND * good) & (ago < _WEAK_DAYS))
    weak = min(float(done[short].mean()) / good, 1.0) if len(short) else 1.0
    ahead = np.arange(1, days + 1)
    recovering = 1 + (weak - 1) * _RECOVERS ** (ahead - 1)
    return np.asarray(np.where(shut[-ahead % 7], 0.0, good * recovering))


def _good(done: Floats, behind: Floats) -> float:
    """Return what a good day can do, from open days.

    Days with orders left over show it; others only that it is no less, so that a floor that was
    never behind is taken to have some room.
    """
    busy = max(float(np.quantile(done, _GOOD_DAY)), 1.0)
    full = behind > _BEHIND * busy
    if not full.any():
        return _ROOM * max(float(done.max()), 1.0)
    return max(busy, float(np.quantile(done[full], _FULL_DAY)))
