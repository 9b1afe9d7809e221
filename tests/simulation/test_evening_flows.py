"""Flows, queues and waits against who was where, subject by subject."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.simulation.evening_flows import flows
from penstock.simulation.evening_rows import HourlyMoves, Kept

START = datetime(2026, 11, 20, 19, tzinfo=UTC)
AS_OF = START + timedelta(hours=30)
STEPS = (
    ("", "received", "open"),
    ("open", "allocated", "allocated"),
    ("allocated", "released", "released"),
    ("released", "picked", "picked"),
)
minutes = st.integers(0, 30 * 60 - 1)
lives = st.lists(st.lists(minutes, min_size=1, max_size=4).map(sorted), max_size=30)


def hourly(given_lives):
    """The rows that hourly_moves.sql gives for fulfilment orders moved at these minutes."""
    sums = {}
    for life in given_lives:
        for minute, (source, event, target) in zip(life, STEPS, strict=False):
            at = START + timedelta(hours=minute // 60)
            moves, age_s = sums.get((at, source, event, target), (0, 0.0))
            age = (AS_OF - START).total_seconds() - minute * 60
            sums[at, source, event, target] = (moves + 1, age_s + age)
    return [
        HourlyMoves(at, "fulfilment_order", source, event, target, *counted)
        for (at, source, event, target), counted in sorted(sums.items())
    ]


@given(lives)
def test_queues_hold_who_is_in_them_and_waits_what_they_waited(given_lives):
    given_lives = [[0], *given_lives]
    found = flows(hourly(given_lives), [], AS_OF)
    (queue,) = [q for q in found.queues if q.title == "to be released"]
    stays = [
        (life[1], life[2] if len(life) > 2 else 30 * 60) for life in given_lives if len(life) > 1
    ]
    for at, waiting in zip(found.at, queue.waiting, strict=True):
        end = (at - START) / timedelta(minutes=1)
        inside = [1 for i, o in stays if i < end and not (o < end and o < 30 * 60)]
        assert waiting == len(inside)
    assert queue.entered == len(stays)
    if stays:
        mean_h = sum(o - i for i, o in stays) / len(stays) / 60
        assert queue.wait_h == pytest.approx(mean_h, abs=1e-6)


@given(lives)
def test_milestones_never_fall_and_end_with_all(given_lives):
    found = flows(hourly(given_lives), [], AS_OF)
    reached = {flow.milestone: flow.reached for flow in found.reached}
    assert all(list(counts) == sorted(counts) for counts in reached.values())
    assert reached["accepted"][-1] == len(given_lives)
    assert reached["picked"][-1] == sum(len(life) == 4 for life in given_lives)
    assert found.count("fulfilment_order", "picked") == reached["picked"][-1]


def test_promises_are_counted_when_they_fall_due():
    rows = [
        Kept("dispatch", None, START + timedelta(hours=2), 5, 0, 1, []),
        Kept("dispatch", 1, None, 5, 4, 5, []),
        Kept("dispatch", None, START + timedelta(hours=99), 7, 0, 0, []),
    ]
    found = flows(hourly([[0]]), rows, AS_OF)
    (due,) = [flow for flow in found.promised if flow.milestone == "hand-over due"]
    assert due.reached[2:4] == (0, 5)
    assert due.reached[-1] == 5


def test_nothing_moved():
    found = flows([], [], AS_OF)
    assert all(not any(queue.waiting) for queue in found.queues)
    assert all(found.peak_at(queue) is None for queue in found.queues)
