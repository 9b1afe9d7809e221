"""The nowcast is a distribution, learns from what came, and is what its source says."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.streams.curve import EVEN
from penstock.streams.nowcast import EVIDENCE_MAX, PRIOR_SHAPE, at_most, nowcast, quantile

shapes = st.floats(0.5, 5_000)
odds = st.floats(0.001, 0.999)


def mass(count, shape, p):
    return math.exp(
        math.lgamma(count + shape) - math.lgamma(shape) - math.lgamma(count + 1)
        + shape * math.log(p) + count * math.log1p(-p)
    )  # fmt: skip


@pytest.mark.parametrize(("shape", "p"), [(1.5, 0.01), (50, 0.3), (3_000.4, 0.5), (1.5, 0.99)])
def test_the_distribution_is_the_sum_of_its_masses(shape, p):
    total = 0.0
    for count in range(2_000):
        total += mass(count, shape, p)
        if count in {0, 1, 7, 100, 700, 1_999}:
            assert at_most(count, shape, p) == pytest.approx(total, abs=1e-9)


@given(shapes, odds, st.floats(0.01, 0.99))
def test_a_quantile_is_the_first_count_that_holds_it(shape, p, level):
    count = quantile(level, shape, p)
    assert at_most(count, shape, p) >= level
    assert count == 0 or at_most(count - 1, shape, p) < level


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.floats(-0.5, 1.5), st.integers(0, 10**6))
def test_it_makes_sense_whatever_comes(planned, taken, fraction, stock):
    told = nowcast(EVEN, planned, taken, fraction, stock)
    assert taken <= told.low <= told.high
    assert told.expected >= taken
    assert 0 <= told.sell_out <= 1
    more = nowcast(EVEN, planned, taken, fraction, stock + 100)
    assert more.sell_out <= told.sell_out + 1e-9, "more stock is not sold out sooner"


def test_before_the_start_it_is_the_plan_and_wide():
    told = nowcast(EVEN, 1_000, 0, 0, 1_000)
    assert told.expected == pytest.approx(1_000)
    assert told.low < 200
    assert told.high > 2_000
    assert 0.3 < told.sell_out < 0.5


def test_it_learns_from_what_came():
    slow, fast = (nowcast(EVEN, 1_000, taken, 0.25, 1_000) for taken in (50, 1_000))
    assert slow.expected == pytest.approx(50 + 750 * (PRIOR_SHAPE + 50 * 100 / 250)
                                          / (PRIOR_SHAPE + EVIDENCE_MAX))  # fmt: skip
    assert slow.sell_out < 0.01
    assert fast.sell_out > 0.99
    assert fast.high - fast.low > 0.2 * fast.expected, "a curve is not known to the last order"


def test_at_the_end_it_is_what_was_taken():
    told = nowcast(EVEN, 1_000, 321, 1.0, 320)
    assert (told.expected, told.low, told.high, told.sell_out) == (321, 321, 321, 1.0)


def test_without_a_plan_what_came_speaks():
    told = nowcast(EVEN, 0, 500, 0.5)
    assert told.expected == pytest.approx(1_000, rel=0.02)


def test_the_prior_is_as_wide_as_its_source():
    step = 1e-4
    trigamma = (
        math.lgamma(PRIOR_SHAPE + step) - 2 * math.lgamma(PRIOR_SHAPE)
        + math.lgamma(PRIOR_SHAPE - step)
    ) / step**2  # fmt: skip
    off_by = 0.771  # mean absolute log error; of a normal, sd * sqrt(2 / pi)
    assert math.sqrt(trigamma) == pytest.approx(off_by * math.sqrt(math.pi / 2), rel=0.01)
