"""Quantiles of counts, against their definition and a textbook's table."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.planning.quantile import quantile


@pytest.mark.parametrize(("mean", "count"), [(0.1, 0), (0.5, 1), (1, 2), (5, 8), (10, 14)])
def test_poisson_by_the_table(mean, count):
    assert quantile(mean, 1.0, 0.9) == count


def test_negative_binomial_by_its_definition():
    size, share = 3, 0.25  # mean 9, variance 36: dispersion 4
    reached, count = share**size, 0
    while reached < 0.9:
        count += 1
        reached += math.comb(count + size - 1, count) * share**size * (1 - share) ** count
    assert quantile(9, 4, 0.9) == count


@given(mean=st.floats(0.01, 2_000), dispersion=st.floats(0, 200))
def test_bounded_by_markov_and_no_narrower_by_more_spread(mean, dispersion):
    assert 0 <= quantile(mean, dispersion, 0.9) <= math.ceil(mean / 0.1)
    if mean > 50 and dispersion < 5:
        assert quantile(mean, dispersion, 0.9) >= quantile(mean, 1, 0.9)


def test_the_two_ways_of_reckoning_meet():
    assert quantile(501, 1, 0.9) - quantile(499, 1, 0.9) <= 4
