"""The detector: deaf to chance and to what was planned, quick with what is neither."""

import math
import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.planning.extremes import Extremes
from penstock.planning.surge import ALARM, Tuning, Watch, anscombe, evidence, new_watch, observe

MINUTES = 1440
TUNING = Tuning(warm_up=240, chance=1e-7, rate_least=0.05)
values = st.lists(st.integers(0, 400), min_size=1, max_size=200)


def poisson(rng: random.Random, rate: float) -> int:
    count, left = 0, rng.expovariate(rate)
    while left < 1:
        count, left = count + 1, left + rng.expovariate(rate)
    return count


def daily(minute: int) -> float:
    return 1 + 0.8 * math.sin(2 * math.pi * minute / MINUTES)


def scores(series, tuning=TUNING, plan=None):
    watch = new_watch(tuning)
    return [
        observe(watch, tuning, x, i % MINUTES / MINUTES, plan(i) if plan else None).score
        for i, x in enumerate(series)
    ]


def alarms(series, tuning=TUNING, plan=None):
    return [i for i, score in enumerate(scores(series, tuning, plan)) if score >= ALARM]


@pytest.mark.parametrize("rate", [0.02, 0.3, 3, 30])
def test_chance_alone_alarms_no_more_often_than_it_was_set_to(rate):
    rng = random.Random(int(rate * 100))
    series = [poisson(rng, rate) for _ in range(20_000)]
    # Two voters, two sides, 20,000 points: by Chernoff's bound less than 0.01 alarms are expected.
    assert not alarms(series)


def test_a_laxer_chance_does_alarm():
    rng = random.Random(5)
    series = [poisson(rng, 3) for _ in range(20_000)]
    assert alarms(series, msgspec.structs.replace(TUNING, chance=0.5))


def test_a_day_that_comes_back_is_no_surge():
    rng = random.Random(7)
    series = [poisson(rng, 5 * daily(i)) for i in range(8 * MINUTES)]
    tuning = msgspec.structs.replace(TUNING, warm_up=2 * MINUTES)
    assert not alarms(series, tuning)
    night = 5 * MINUTES + 3 * MINUTES // 4  # the usual rate is 1 a minute then, by day it is 9
    series[night : night + 10] = [12] * 10
    assert alarms(series, tuning)[0] == night


@pytest.mark.parametrize(("rate", "within"), [(0.3, 12), (1, 6), (2, 3), (10, 1), (200, 1)])
def test_a_step_to_ten_times_is_found_within_minutes(rate, within):
    found = []
    for seed in range(5):
        rng = random.Random(seed)
        calm = [poisson(rng, rate) for _ in range(2_000)]
        found += alarms(calm + [poisson(rng, 10 * rate) for _ in range(60)])[:1]
    assert len(found) == 5
    assert all(2_000 <= at < 2_000 + within for at in found), found


def test_a_fall_is_told_only_where_it_is_asked_for():
    rng = random.Random(3)
    series = [poisson(rng, 50) for _ in range(2_000)] + [0] * 30
    assert alarms(series)[0] == 2_000
    assert not alarms(series, msgspec.structs.replace(TUNING, falls=False))


def test_what_was_planned_is_no_surge_and_more_than_that_is():
    rng = random.Random(11)
    calm = [poisson(rng, 1) for _ in range(2_000)]
    live = [poisson(rng, 100) for _ in range(120)]
    plan = lambda i: 130.0 if i >= 2_000 else None  # noqa: E731
    assert alarms(calm + live)[0] == 2_000
    assert not alarms(calm + live + calm[:500], plan=plan)
    gone_mad = [poisson(rng, 600) for _ in range(10)]
    assert alarms(calm + live + gone_mad, plan=plan)[0] == 2_120


def test_a_planned_stream_teaches_nothing():
    watch, other = new_watch(TUNING), new_watch(TUNING)
    for i in range(2_000):
        for one in (watch, other):
            observe(one, TUNING, i % 3, i % MINUTES / MINUTES)
    level = watch.level
    for i in range(200):
        observe(watch, TUNING, 90, (2_000 + i) % MINUTES / MINUTES, 100.0)
    assert abs(watch.level - level) < 1
    assert observe(watch, TUNING, 1, 0.5).expected < 2


def test_one_surge_is_one_alarm_and_evidence_says_when_it_is_over():
    rng = random.Random(2)
    watch = new_watch(TUNING)
    for i in range(2_000):
        observe(watch, TUNING, poisson(rng, 2), i % MINUTES / MINUTES)
    assert evidence(watch) < 5
    said = [observe(watch, TUNING, poisson(rng, 40), 0.5).score for _ in range(TUNING.rest)]
    assert sum(score >= ALARM for score in said) == 1
    assert evidence(watch) > 50
    for _ in range(TUNING.window):
        observe(watch, TUNING, poisson(rng, 2), 0.5)
    assert evidence(watch) < 5


def test_no_change_at_all_is_no_surge_and_any_measure_will_do():
    assert not alarms([3.5] * 1_000)
    assert not alarms([-20.25] * 1_000)
    assert alarms([-20.25] * 1_000 + [-3.0])


@given(series=values, tail=st.lists(st.integers(0, 10_000), max_size=20))
def test_what_is_to_come_changes_nothing(series, tail):
    tuning = Tuning(warm_up=5, window=4, rest=2)
    said = scores(series + tail, tuning)
    assert said[: len(series)] == scores(series, tuning)
    assert all(0 <= score <= 1 for score in said)


@given(series=values, cut=st.integers(0, 200))
def test_a_watch_that_was_stored_goes_on_as_if_it_had_not_been(series, cut):
    tuning = Tuning(warm_up=5, window=4, rest=2)
    whole, parted = new_watch(tuning), new_watch(tuning)
    for i, x in enumerate(series):
        if i == cut:
            parted = msgspec.json.decode(msgspec.json.encode(parted), type=Watch)
        assert observe(whole, tuning, x, i % 7 / 7) == observe(parted, tuning, x, i % 7 / 7)


@given(
    series=st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=60),
    memory=st.floats(100, 1e6),
)
def test_excess_is_told_beyond_the_range_and_only_there(series, memory):
    range_met = Extremes()
    for x in series:
        low, high, met = range_met.low, range_met.high, range_met.seen
        excess = range_met.excess(x, memory)
        assert (excess > 0) == bool(met and x > high and excess)
        assert (excess < 0) == bool(met and x < low and excess)
        assert range_met.low <= x <= range_met.high


def test_memory_is_bounded():
    watch = new_watch(TUNING)
    for i in range(5_000):
        observe(watch, TUNING, i % 1000, i % MINUTES / MINUTES)
    assert len(msgspec.json.encode(watch)) < 4_000


def test_anscombe_makes_spread_the_same_at_every_rate():
    rng = random.Random(1)
    for rate in (4, 40, 400):
        drawn = [anscombe(poisson(rng, rate)) for _ in range(2_000)]
        mean = sum(drawn) / len(drawn)
        assert 0.85 < sum((x - mean) ** 2 for x in drawn) / len(drawn) < 1.15
