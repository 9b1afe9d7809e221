"""How likely an order is to fail a metric, from what became of orders that stood as it stands."""

import msgspec
import numpy as np

from penstock.experience.foresee.history import (
    NEVER,
    STAGES,
    Floats,
    History,
    Ints,
    Judged,
    day_of,
)

LEFT_H = np.array([6.0, 12.0, 24.0, 48.0, 72.0, 120.0])
"""Where one class of time left until a clock runs out ends and the next begins."""
_MIDDLE_H = np.array([3.0, 9.0, 18.0, 36.0, 60.0, 96.0, 168.0])
CLASSES = (len(_MIDDLE_H), len(STAGES))
AGES = 45
"""Days after which nothing more is expected to come of an order."""
_LOOKS_BACK_DAYS = 60
_PRIOR = 15.0
"""An experience of so many orders elsewhere is as good as as many of one's own."""
_LANE_DAYS = 10
_LANE_PRIOR = 15.0


class Tally(msgspec.Struct, frozen=True):
    """Orders that stood in each class, and those of them that failed; or by age in days."""

    seen: Floats
    failed: Floats

    def plus(self, other: "Tally") -> "Tally":
        """Add up two tallies."""
        return Tally(self.seen + other.seen, self.failed + other.failed)


def logit(p: Floats | float) -> Floats:
    """Return the log-odds of a probability, held away from certainty."""
    held = np.clip(p, 1e-5, 1 - 1e-5)
    return np.asarray(np.log(held / (1 - held)))


def chance(x: Floats) -> Floats:
    """Return the probability of log-odds."""
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -30, 30))))


def tally_due(history: History, judged: Judged, origin: float) -> Tally:
    """Count by time left × stage how often a clock ran out on orders that stood there.

    Only clocks that ran out by `origin` count, so an order whose end is not yet known neither
    counts as good nor as bad.
    """
    day = day_of(judged.entered, origin)
    past = (day <= 0) & (day > -_LOOKS_BACK_DAYS)
    entered, done, known = judged.entered[past], judged.done[past], judged.known[past]
    reached = history.reached[:, judged.order[past]]
    seen, failed = np.zeros(CLASSES), np.zeros(CLASSES)
    for left, hours in enumerate(_MIDDLE_H):
        then = entered - hours
        stood = (known <= then) & (done > then)
        stage = np.where(reached <= then, np.arange(len(STAGES))[:, None], 0).max(axis=0, initial=0)
        late = done > entered
        seen[left] = np.bincount(stage[stood], minlength=len(STAGES))
        failed[left] = np.bincount(stage[stood & late], minlength=len(STAGES))
    return Tally(seen, failed)


def tally_flow(judged: Judged, origin: float) -> Tally:
    """Count by age, in days since entering, how many were there undone and how many were done.

    An order that is younger than an age at `origin` does not count there (Kaplan and Meier).
    """
    day = day_of(judged.entered, origin)
    past = (day <= 0) & (day > -_LOOKS_BACK_DAYS - AGES)
    age = np.minimum(-day[past], AGES)
    took = np.maximum(day_of(judged.done[past], origin) - day[past], 0)
    came = judged.done[past] <= origin
    until = np.where(came, np.minimum(took, AGES), age)
    gone = np.bincount(until, minlength=AGES + 1)[: AGES + 1]
    seen = np.cumsum(gone[::-1])[::-1].astype(np.float64)
    failed = np.bincount(until[came & (took <= AGES)], minlength=AGES + 1)[: AGES + 1]
    return Tally(seen, failed.astype(np.float64))


def shrunk_due(own: Tally, others: Tally) -> Floats:
    """Return the chance of failing by time left × stage: one's own experience, filled up.

    What a class lacks comes from all merchants, and what they lack from the class of the same time
    left.
    """
    by_left = (others.failed.sum(axis=1) + 1.0) / (others.seen.sum(axis=1) + 10.0)
    everywhere = (others.failed + _PRIOR * by_left[:, None]) / (others.seen + _PRIOR)
    return np.asarray((own.failed + _PRIOR * everywhere) / (own.seen + _PRIOR))


def shrunk_flow(own: Tally, others: Tally) -> Floats:
    """Return by age the chance of being done on that day, if not before.

    The course over age is everybody's, its height one's own as far as there is experience.
    """
    course = (others.failed + 0.01) / (others.seen + 100.0)
    expected = float((own.seen * course).sum())
    return np.asarray(np.minimum(course * (own.failed.sum() + 3.0) / (expected + 3.0), 0.95))


def lane_shift(history: History, judged: Judged, origin: float) -> Floats:
    """Return for each lane how its log-odds of failing stood off from all in the last days."""
    lanes = int(history.lane.max(initial=0)) + 1
    day = day_of(judged.entered, origin)
    past = (day <= 0) & (day > -_LANE_DAYS)
    lane = history.lane[judged.order[past]]
    late = judged.done[past] > judged.entered[past]
    seen = np.bincount(lane, minlength=lanes)
    failed = np.bincount(lane[late], minlength=lanes)
    overall = (failed.sum() + 0.5) / (seen.sum() + 5.0)
    return np.asarray(
        logit((failed + _LANE_PRIOR * overall) / (seen + _LANE_PRIOR)) - logit(overall)
    )


def failing(
    history: History, judged: Judged, origin: float, at: Ints, table: Floats, shift: Floats
) -> Floats:
    """Return the chance that each order at `at` (positions in `judged`) fails, at `origin`."""
    left = np.searchsorted(LEFT_H, judged.entered[at] - origin, side="right")
    stage = np.where(
        history.reached[:, judged.order[at]] <= origin, np.arange(len(STAGES))[:, None], 0
    ).max(axis=0, initial=0)
    odds = logit(table[left, stage])
    # An order that is not on its way yet has no carrier's lane.
    on_way = stage == len(STAGES) - 1
    return chance(odds + np.where(on_way, shift[history.lane[judged.order[at]]], 0.0))


def scheduled(history: History, judged: Judged, origin: float) -> Ints:
    """Return the positions of orders whose clock is set, runs, and has not been met."""
    alive = history.cancelled[judged.order] > origin
    day = day_of(judged.entered, origin)
    return np.flatnonzero(
        (judged.known <= origin) & (day >= 1) & (day < NEVER) & (judged.done > origin) & alive
    )
