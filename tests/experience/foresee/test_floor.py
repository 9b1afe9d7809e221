"""The floor's queue: first come first served, as fast as it has shown that it can."""

import msgspec
import numpy as np
import pytest

from penstock.experience.foresee.floor import queue_at
from penstock.experience.foresee.history import STAGES, History

ABLE = 10


def floor(days, a_day, *, shut=(), extra=()):
    """A floor that does ten a day and nothing on weekdays `shut`; `extra` is by days ago."""
    placed, left, waiting = [], [], []
    for ago in range(days - 1, -1, -1):
        start = -24.0 * (ago + 1)
        placed += [start + 6.0] * (a_day + dict(extra).get(ago, 0))
        waiting += range(len(left) + len(waiting), len(placed))
        room = 0 if ago % 7 in shut else ABLE
        left += [start + 17.0] * min(room, len(waiting))
        waiting = waiting[room:]
    orders = len(placed)
    left += [np.inf] * (orders - len(left))
    never = np.full(orders, np.inf)
    reached = np.full((len(STAGES), orders), np.inf)
    reached[0], reached[-1] = placed, left
    return History(
        orders=np.arange(orders), reached=reached, paid=reached[0], accepted=reached[0],
        ended=never, cancelled=never, lane=np.zeros(orders, dtype=np.int64), lanes=(" US",),
        judged=(),
    )  # fmt: skip


def test_what_waits_goes_first_and_in_turn():
    history = floor(60, 8, extra=[(1, 40)])
    queue = queue_at(history, 0.0, np.full((64, 10), 8.0))
    waits = queue.waits[queue.waits > 0]
    assert waits.tolist() == list(range(1, len(waits) + 1))
    assert len(waits) == 36
    assert queue.served[:, 0].mean() == pytest.approx(ABLE, rel=0.1)
    assert (np.diff(queue.served, axis=1) >= 0).all()
    assert (queue.served <= queue.placed[:, 1:]).all()


def test_a_floor_with_room_hands_over_all_that_came():
    queue = queue_at(floor(60, 6), 0.0, np.full((16, 5), 6.0))
    assert (queue.placed[:, -1] - queue.served[:, -1] < 1).mean() > 0.8


def test_nothing_is_handed_over_on_a_weekday_that_is_shut():
    history = floor(63, 6, shut=(3,))
    queue = queue_at(history, 0.0, np.full((16, 8), 6.0))
    done = np.diff(np.concatenate([np.zeros((16, 1)), queue.served], axis=1), axis=1)
    assert (done[:, 3] == 0).all(), "four days ahead is three days ago's weekday"
    assert (done[:, 4] > 0).all()


def test_what_comes_later_changes_nothing_of_what_was_seen():
    history = floor(60, 9, extra=[(12, 30), (2, 50)])
    known = history.reached[0] <= -24.0 * 10
    reached = np.where(history.reached <= -24.0 * 10, history.reached, np.inf)[:, known]
    coming = np.full((8, 6), 9.0)
    then = queue_at(history, -24.0 * 10, coming)
    alone = msgspec.structs.replace(
        history, orders=history.orders[known], reached=reached, ended=history.ended[known],
        cancelled=history.cancelled[known], lane=history.lane[known],
    )  # fmt: skip
    told = queue_at(alone, -24.0 * 10, coming)
    assert np.array_equal(then.served, told.served)
    assert np.array_equal(then.waits[known], told.waits)


def test_a_merchant_without_a_hand_over_breaks_nothing():
    history = floor(1, 0)
    queue = queue_at(history, 0.0, np.ones((4, 3)))
    assert np.isfinite(queue.served).all()
