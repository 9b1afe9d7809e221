"""How many processes are wanted: the rule's properties, its sources' figures, and its signal."""

import math
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.lifecycle.claim import Waiting
from penstock.worker.demand import Measured, Policy, Signal, replicas, signal_of, staffed

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
QUIET = Signal(
    at=NOW, workers=1, busy_share=0.0, backlog=0, oldest_s=0.0, arriving_per_s=0.0,
    received_per_minute=0.0, moves_per_s=50.0, moves_per_order=4.0,
)  # fmt: skip
POLICY = Policy()

amounts = st.floats(0, 1e5, allow_subnormal=False)
signals = st.builds(
    Signal,
    at=st.just(NOW),
    workers=st.integers(0, 200),
    busy_share=st.floats(0, 1),
    backlog=st.integers(0, 10**7),
    oldest_s=amounts,
    arriving_per_s=amounts,
    received_per_minute=amounts,
    expected_per_minute=amounts,
    live_per_minute=amounts,
    moves_per_s=st.none() | st.floats(0.1, 1e4),
    moves_per_order=st.none() | st.floats(1, 20),
)
policies = st.builds(
    lambda low, more, api_low, api_more: Policy(
        workers_min=low, workers_max=low + more, api_min=api_low, api_max=api_low + api_more
    ),
    st.integers(0, 5), st.integers(0, 50), st.integers(0, 5), st.integers(0, 50),
)  # fmt: skip


def changed(signal, **fields):
    return msgspec.structs.replace(signal, **fields)


def answers(signal_list, policy=POLICY):
    """What is wanted time after time, each answer remembered."""
    recent = []
    for signal in signal_list:
        recent.append(replicas(signal, policy, recent))
    return recent


@given(signals, policies)
def test_the_answer_is_within_bounds(signal, policy):
    wanted = replicas(signal, policy)
    assert policy.workers_min <= wanted.workers <= policy.workers_max
    assert policy.api_min <= wanted.api <= policy.api_max
    assert wanted.workers_because
    assert wanted.api_because


@pytest.mark.parametrize(
    "field",
    ["backlog", "oldest_s", "arriving_per_s", "received_per_minute", "expected_per_minute"],
)
@given(signal=signals, more=st.integers(1, 10**5))
def test_more_to_do_never_wants_fewer(field, signal, more):
    busier = changed(signal, **{field: getattr(signal, field) + more})
    before, after = replicas(signal, POLICY), replicas(busier, POLICY)
    assert after.workers >= before.workers
    assert after.api >= before.api


@given(signals, st.floats(1.01, 10))
def test_faster_workers_are_never_wanted_in_larger_number(signal, times):
    slow = changed(signal, moves_per_s=signal.moves_per_s or 10.0)
    fast = changed(slow, moves_per_s=slow.moves_per_s * times)
    assert replicas(fast, POLICY).workers <= replicas(slow, POLICY).workers


@given(st.lists(st.tuples(st.floats(0.1, 400), signals), min_size=1, max_size=8), policies)
def test_up_at_once_and_down_only_after_the_hold(steps, policy):
    at, sequence = NOW, []
    for seconds, signal in steps:
        at += timedelta(seconds=seconds)
        sequence.append(changed(signal, at=at))
    given_answers = answers(sequence, policy)
    for i, (signal, wanted) in enumerate(zip(sequence, given_answers, strict=True)):
        alone = replicas(signal, policy)
        assert wanted.workers >= alone.workers, "what is needed is given at once"
        lately = [w for w in given_answers[: i + 1] if w.at > signal.at - policy.hold]
        assert wanted.workers == max(w.workers_now for w in lately)
        assert wanted.api == max(w.api_now for w in lately)


def test_a_burst_is_kept_for_the_hold_and_not_for_longer():
    burst = changed(QUIET, backlog=60_000)
    during, kept, after = answers(
        [
            burst,
            changed(QUIET, at=NOW + POLICY.hold - timedelta(seconds=1)),
            changed(QUIET, at=NOW + POLICY.hold),
        ]
    )
    assert (during.workers, kept.workers, after.workers) == (25, 25, 1)
    assert "within the last 300 s" in kept.workers_because
    assert "60,000 due" in during.workers_because


def test_nothing_to_do_wants_the_least():
    assert (replicas(QUIET, POLICY).workers, replicas(QUIET, POLICY).api) == (1, 1)


@pytest.mark.parametrize(
    ("backlog", "arriving_per_s", "workers"),
    [
        (0, 100, 4),  # R = 2, 2 + √2
        (6_000, 0, 4),  # 6,000 / (50/s · 60 s) = 2 as well
        (6_000, 100, 6),  # R = 4, 4 + 2
    ],
)
def test_what_waits_and_what_arrives_are_one_load(backlog, arriving_per_s, workers):
    signal = changed(QUIET, backlog=backlog, arriving_per_s=arriving_per_s)
    assert replicas(signal, POLICY).workers == workers


def test_that_many_workers_drain_a_backlog_in_time():
    signal = changed(QUIET, backlog=90_000, arriving_per_s=400.0)
    workers = replicas(signal, POLICY).workers
    backlog, seconds = 90_000.0, 0
    while backlog > 0:
        backlog += 400 - workers * 50
        seconds += 1
    assert seconds <= POLICY.drain_s


def test_a_late_backlog_asks_for_half_as_many_again_but_not_for_more_than_find_work():
    late = changed(QUIET, workers=4, backlog=1_000, oldest_s=POLICY.oldest_s + 1)
    assert replicas(late, POLICY).workers == 6
    assert "the oldest for 16 s" in replicas(late, POLICY).workers_because
    few = changed(late, backlog=3)
    assert replicas(few, POLICY).workers == 1
    assert replicas(changed(late, oldest_s=POLICY.oldest_s), POLICY).workers == 1


def test_a_stream_is_staffed_before_it_starts():
    near = changed(QUIET, expected_per_minute=1_000.0)
    wanted = replicas(near, POLICY)
    load = 1_000 * POLICY.q90 / 60 * 4 / 50
    assert wanted.workers == math.ceil(load + math.sqrt(load)) == 4
    assert "1,500 orders a minute" in wanted.workers_because
    crowd = changed(QUIET, expected_per_minute=100_000.0)
    assert replicas(crowd, POLICY).api == math.ceil(10 + math.sqrt(10))


def test_what_a_live_stream_brings_is_not_counted_twice():
    live = changed(QUIET, expected_per_minute=60_000.0, live_per_minute=60_000.0)
    received = changed(live, received_per_minute=60_000.0)
    assert replicas(live, POLICY).api == replicas(received, POLICY).api
    beside = changed(received, received_per_minute=120_000.0)
    assert replicas(beside, POLICY).api > replicas(received, POLICY).api


def erlang_c(servers, load):
    """The chance of having to wait in M/M/c, by the recursion of Erlang's loss formula."""
    lost = 1.0
    for n in range(1, servers + 1):
        lost = load * lost / (n + load * lost)
    return lost / (1 - load / servers * (1 - lost))


def test_the_oracle_is_right():
    rho, load = 0.9, 9.0
    wait = erlang_c(10, load) / (10 * (1 - rho))
    assert round(wait, 4) == 0.6687, "Wq of M/M/10 at ρ = 0.9"


@pytest.mark.parametrize("load", [0.2, 0.5, 1, 2, 5, 10, 30, 100, 300, 1000])
def test_the_margin_keeps_the_chance_of_waiting_alike_at_every_size(load):
    assert 0.01 <= erlang_c(staffed(load, 1.0), load) <= 0.34
    assert erlang_c(staffed(load, 2.0), load) < erlang_c(staffed(load, 1.0), load) + 1e-12


class Stream(msgspec.Struct):
    starts_at: datetime
    orders_per_minute: float


def test_the_signal_counts_only_queues_that_workers_take_from():
    measured = Measured(
        workers=2, received_per_s=0.5, arrived_per_s=2.0, busy_s=45.0, span_s=60.0,
        day_received=1_000, day_moved=4_500, best_moved=9_000, best_busy_s=90.0,
    )  # fmt: skip
    waiting = [
        Waiting("parcel", "awaiting_label", 70, NOW - timedelta(seconds=40)),
        Waiting("fulfilment_order", "open", 5, NOW - timedelta(seconds=3)),
        Waiting("fulfilment_order", "allocated", 900, NOW - timedelta(hours=4)),
    ]
    worked = [("parcel", "awaiting_label"), ("fulfilment_order", "open")]
    streams = [
        Stream(NOW - timedelta(minutes=1), 20.0),
        Stream(NOW + timedelta(minutes=1), 300.0),
    ]
    assert signal_of(measured, waiting, worked, streams, NOW) == Signal(
        at=NOW, workers=2, busy_share=0.375, backlog=75, oldest_s=40.0, arriving_per_s=2.0,
        received_per_minute=30.0, expected_per_minute=320.0, live_per_minute=20.0,
        moves_per_s=100.0, moves_per_order=4.5, waiting=tuple(waiting),
    )  # fmt: skip
    new = msgspec.structs.replace(measured, best_busy_s=0.5, day_received=99)
    assert signal_of(new, [], worked, [], NOW).moves_per_s is None
    assert signal_of(new, [], worked, [], NOW).moves_per_order is None
