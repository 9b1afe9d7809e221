"""The share of the mean that a score leaves."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from penstock.merchants.growth.policy import Band, VolumeLimit
from penstock.merchants.growth.volume import cut

POLICY = VolumeLimit(
    code="limit", effective_from=date(2026, 1, 1), source="ours", profile="penstock_les",
    bands=tuple(
        Band(score_below=below, percent=percent)
        for below, percent in ((60, 90), (45, 70), (30, 50))
    ),
)  # fmt: skip
scores = st.floats(0, 100)
orders = st.integers(0, 1_000_000)


def test_the_bands():
    assert cut(POLICY, 60, 2800) is None
    assert cut(POLICY, None, 2800) is None
    caps = [cut(POLICY, score, 2800) for score in (59.9, 45, 44.9, 30, 29.9, 0)]
    assert [(c.daily_cap, c.percent) for c in caps if c] == [
        (90, 90), (90, 90), (70, 70), (70, 70), (50, 50), (50, 50),
    ]  # fmt: skip
    assert all(c and c.mean_orders == 100 for c in caps)


def test_few_orders_are_left_alone_and_nobody_is_stopped():
    assert cut(POLICY, 10, 29) is None
    least = cut(POLICY, 10, 30)
    assert least is not None
    assert least.daily_cap == 1


@given(scores, scores, orders)
def test_a_better_score_never_allows_less(one, other, sold):
    low, high = (cut(POLICY, score, sold) for score in sorted((one, other)))
    if high is not None:
        assert low is not None
        assert low.daily_cap <= high.daily_cap


@given(scores, orders)
def test_the_cap_is_the_whole_part_of_the_share(score, sold):
    found = cut(POLICY, score, sold)
    if found is not None:
        assert found.daily_cap == max(1, sold * found.percent // 2800)
        assert 28 * found.daily_cap <= max(28, sold)
