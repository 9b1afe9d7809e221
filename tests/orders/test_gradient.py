"""How many may wait follows how long batches take, within its bounds."""

from hypothesis import given
from hypothesis import strategies as st

from penstock.orders.gradient import Gradient


@given(st.lists(st.tuples(st.floats(0.0001, 100), st.integers(0, 50_000)), max_size=300))
def test_it_stays_within_its_bounds(samples):
    limit = Gradient(100, 5_000)
    for took_s, waiting in samples:
        limit.sample(took_s, waiting)
        assert 100 <= limit.limit <= 5_000


def test_it_falls_when_batches_get_slow_and_comes_back():
    limit = Gradient(100, 5_000)
    for _ in range(300):
        limit.sample(0.01, 10)
    assert limit.limit == 5_000
    for _ in range(40):
        limit.sample(0.2, 5_000)
    slow = limit.limit
    assert slow < 2_500
    for _ in range(1_000):
        limit.sample(0.01, 5_000)
    assert limit.limit == 5_000


def test_what_varies_a_little_limits_nothing():
    limit = Gradient(100, 5_000)
    for n in range(500):
        limit.sample(0.01 + 0.005 * (n % 2), 5_000)
    assert limit.limit == 5_000
