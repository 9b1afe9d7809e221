"""A week ahead: never negative, steady where the past is, deaf to streams and to single spikes."""

import random
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.planning.project import project

units = st.lists(st.integers(0, 500).map(float), max_size=28)
weekdays = st.integers(0, 6)


@given(history=units, weekday=weekdays, events=st.sets(st.integers(0, 27)))
def test_a_week_that_is_never_negative_nor_higher_than_high(history, weekday, events):
    projected = project(history, weekday, events)
    assert len(projected) == 7
    assert all(0 <= day.mean <= day.high for day in projected)
    assert projected == project(history, weekday, events)


@given(level=st.integers(0, 2_000), days=st.integers(1, 28), weekday=weekdays)
def test_a_constant_stays_what_it_is(level, days, weekday):
    means = [day.mean for day in project([float(level)] * days, weekday, set())]
    assert means == pytest.approx([level] * 7)


@given(history=units.filter(bool), weekday=weekdays, sold=st.integers(0, 100_000), data=st.data())
def test_what_a_stream_sells_does_not_move_the_base(history, weekday, sold, data):
    day = data.draw(st.integers(0, len(history) - 1))
    if len(history) == 1:
        history = [*history, 1.0]
    stormy = [*history[:day], float(sold), *history[day + 1 :]]
    assert project(stormy, weekday, {day}) == project(history, weekday, {day})


def test_streams_are_the_base_of_what_sells_in_nothing_else():
    assert project([40.0] * 5, 0, set(range(5)))[0].mean == pytest.approx(40)


def test_a_spike_without_a_stream_counts_as_far_as_days_usually_differ():
    history = [9.0, 10.0, 11.0, 10.0] * 7
    stormy = [*history[:20], 900.0, *history[21:]]
    for calm, after in zip(project(history, 0, set()), project(stormy, 0, set()), strict=True):
        assert abs(after.mean - calm.mean) < 1.5


def test_a_strong_weekday_comes_back():
    week = [10.0, 10.0, 10.0, 10.0, 10.0, 30.0, 10.0]
    means = [day.mean for day in project(week * 4, 0, set())]
    assert means[5] > 1.8 * means[0]
    shifted = [day.mean for day in project(week * 4, 3, set())]
    assert shifted == pytest.approx(means)
    too_few = [day.mean for day in project(week[:6] * 2, 0, set())]
    assert len(set(too_few)) == 1


def test_rare_sales_are_not_cut_away():
    history = [3.0 if day % 5 == 0 else 0.0 for day in range(28)]
    assert 0.3 < sum(day.mean for day in project(history, 0, set())) / 7 < 1.2


@pytest.mark.parametrize("rate", [0.05, 0.3, 3, 30])
def test_on_average_it_is_right_and_nine_days_in_ten_stay_within(rate):
    rng = random.Random(1)

    def day():
        count, left = 0, rng.expovariate(rate)
        while left < 1:
            count, left = count + 1, left + rng.expovariate(rate)
        return float(count)

    weeks = [project([day() for _ in range(28)], 0, set()) for _ in range(300)]
    assert fmean(d.mean for week in weeks for d in week) == pytest.approx(rate, rel=0.1)
    assert 0.85 < fmean(day() <= d.high for week in weeks for d in week) < 0.98


def test_recent_days_weigh_more():
    assert project([10.0] * 7 + [20.0] * 6, 0, set())[0].mean > 15


def test_spread_beyond_chance_asks_for_more_in_hand():
    calm = project([20.0] * 13, 0, set())[0]
    wild = project([2.0, 38.0] * 6 + [20.0], 0, set())[0]
    assert wild.high - wild.mean > 2 * (calm.high - calm.mean)
