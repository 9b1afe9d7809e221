"""A draw is a function of the seed and its name, and the evening a function of its draws."""

import itertools
from collections import Counter
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from penstock.simulation.chance import Chance
from penstock.simulation.scenario import livestream_evening
from penstock.simulation.shoppers import demand
from penstock.simulation.ticks import acting, hourly, telling, ticks


@given(st.integers(0, 10**6), st.text(), st.integers())
def test_a_draw_is_repeatable_and_within_bounds(seed, name, number):
    first, second = Chance(seed), Chance(seed)
    second.uniform("something", "else")
    assert first.uniform(name, number) == second.uniform(name, number)
    assert 0 <= first.uniform(name, number) < 1


def test_shares_are_kept():
    chance = Chance(1)
    assert 900 < sum(chance.happens(0.1, "x", i) for i in range(10_000)) < 1100
    picked = Counter(chance.choice("abc", [1, 2, 1], i) for i in range(10_000))
    assert 4700 < picked["b"] < 5300
    mean = sum(chance.exponential(5.0, "w", i) for i in range(10_000)) / 10_000
    assert 4.7 < mean < 5.3


def test_the_same_seed_is_the_same_evening():
    scenario = livestream_evening(0.02)
    assert demand(scenario, Chance(3)) == demand(scenario, Chance(3))
    assert demand(scenario, Chance(3)) != demand(scenario, Chance(4))


def test_the_flood_is_a_step_from_calm_to_hundreds_a_second():
    scenario = livestream_evening()
    sent = demand(scenario, Chance(1))
    per_s = Counter(s.at.replace(microsecond=0) for s in sent)
    calm = [n for at, n in per_s.items() if at < scenario.explodes_at]
    flood = [n for at, n in per_s.items() if scenario.explodes_at <= at]
    assert sum(calm) / len(calm) < 3
    assert max(flood) > 150
    assert len({s.key for s in sent}) > 20_000


def test_ticks_hold_every_full_hour_after_the_stream():
    scenario = livestream_evening(days=14)
    moments = ticks(scenario)
    assert moments == sorted(set(moments))
    assert moments[-1] >= scenario.curtain_at
    before = [scenario.starts_at, *moments]
    assert sum(map(hourly, before, moments)) >= 14 * 24


def test_after_the_flood_those_outside_act_seldom_and_the_auditor_by_the_hour():
    scenario = livestream_evening(days=14)
    moments = ticks(scenario)
    steps = list(zip([scenario.starts_at, *moments], moments, strict=False))
    quiet = [s for s in steps if s[0] >= scenario.starts_at + timedelta(days=2)]
    assert all(acting(scenario, *step) for step in steps if step[1] <= scenario.ends_at)
    assert sum(acting(scenario, *step) for step in quiet) == 12 * 24 / 3 + 1  # and at the end
    assert [s for s in quiet if telling(scenario, *s)] == [s for s in quiet if acting(scenario, *s)]
    assert sum(hourly(*step) for step in quiet) == 12 * 24


def test_what_falls_due_between_two_tellings_is_told_at_the_next():
    scenario = livestream_evening(days=3)
    moments = ticks(scenario)
    told = [
        now
        for before, now in zip([scenario.starts_at, *moments], moments, strict=False)
        if telling(scenario, before, now)
    ]
    late = [b - a for a, b in itertools.pairwise([scenario.starts_at, *told])]
    assert max(late) == timedelta(hours=3)
    assert told[-1] == moments[-1] >= scenario.curtain_at
