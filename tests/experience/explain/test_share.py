from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from penstock.experience.explain.share import shared_out

POINTS = st.integers(1, 10_000).map(lambda units: Decimal(units).scaleb(-2))


@given(POINTS, st.lists(st.integers(1, 10**6), min_size=1, max_size=300))
def test_shares_are_proportional_to_a_millionth_and_sum_exactly(points, parts):
    shares = shared_out(points, parts)
    assert sum(shares) == points
    for share, part in zip(shares, parts, strict=True):
        assert abs(share - points * part / sum(parts)) < Decimal("0.000001")


def test_the_first_of_equals_gets_the_millionth_left_over():
    assert shared_out(Decimal(1), [1, 1, 1]) == [
        Decimal("0.333334"), Decimal("0.333333"), Decimal("0.333333"),
    ]  # fmt: skip
