"""The gate lets in strictly by arrival, never faster than its rate, never more than there is."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from penstock.streams.ticket import BURST, Gate, let_in, wait_s

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def gate(per_minute=60, *, credit=0.0, since=0.0, left=100, promised=0):
    return Gate(
        per_minute=per_minute, credit=credit, credited_at=NOW - timedelta(seconds=since),
        left=left, promised=promised,
    )  # fmt: skip


gates = st.builds(
    gate, st.integers(1, 10_000), credit=st.floats(0, 100), since=st.floats(0, 1e5),
    left=st.integers(0, 50), promised=st.integers(0, 60),
)  # fmt: skip
lines = st.lists(st.integers(1, 6), max_size=60)


def test_the_rate_is_kept():
    assert let_in(gate(60, since=5), [1] * 20, NOW).places == tuple(range(5))
    assert let_in(gate(60, since=3_600), [1] * 20, NOW).places == tuple(range(10)), "a burst"
    assert let_in(gate(1, since=59), [1], NOW).places == ()
    assert let_in(gate(1, since=3_600), [1, 1], NOW).places == (0,)
    assert let_in(gate(None, since=3_600, credit=5), [1], NOW).places == ()


def test_nobody_is_overtaken_by_asking_for_less():
    open_gate = gate(6_000, since=60, left=5, promised=3)
    assert let_in(open_gate, [3, 1, 1], NOW).places == ()
    assert let_in(open_gate, [2, 1], NOW).places == (0,)
    assert let_in(open_gate, [6, 1, 2], NOW).places == (1,), "six will never be there"


@given(gates, lines)
def test_never_more_than_is_left(at, wishes):
    chosen = let_in(at, wishes, NOW)
    units = sum(wishes[place] for place in chosen.places)
    assert units == 0 or at.promised + units <= at.left


@given(gates, lines)
def test_in_order_but_for_those_who_ask_for_more_than_there_is(at, wishes):
    possible = [place for place, units in enumerate(wishes) if units <= at.left]
    chosen = let_in(at, wishes, NOW).places
    assert list(chosen) == possible[: len(chosen)]


@given(st.integers(1, 5_000), st.lists(st.floats(0.01, 30), min_size=1, max_size=40))
def test_over_time_the_rate_is_never_passed(per_minute, pauses):
    at, credit, last, admitted = NOW, 0.0, NOW, 0
    for pause in pauses:
        at += timedelta(seconds=pause)
        now_is = Gate(
            per_minute=per_minute, credit=credit, credited_at=last, left=10**6, promised=0
        )
        chosen = let_in(now_is, [1] * 5_000, at)
        admitted, credit, last = admitted + len(chosen.places), chosen.credit, at
    minutes = (at - NOW) / timedelta(minutes=1)
    burst = max(1.0, per_minute * (BURST / timedelta(minutes=1)))
    assert admitted <= per_minute * minutes + burst + 1e-6


def test_the_wait_is_told_by_the_rate():
    assert wait_s(59, 60) == 60
    assert wait_s(0, 60) == 1
    assert wait_s(5, None) is None
    assert wait_s(5, 0) is None
