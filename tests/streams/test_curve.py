"""The cumulative-share curve and the rate that rises before the start."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from penstock.streams.curve import EVEN, PARTS, RAMP, peak_within, pooled, rate_at, share_by

START = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
END = START + timedelta(hours=2)
shapes = st.lists(st.lists(st.integers(0, 10_000), min_size=PARTS, max_size=PARTS), max_size=5)


@given(shapes)
def test_a_pooled_curve_is_a_distribution_without_holes(found):
    curve = pooled(found)
    assert abs(sum(curve) - 1) < 1e-9
    assert min(curve) > 0


@given(shapes, st.floats(-1, 2), st.floats(-1, 2))
def test_shares_rise_from_none_to_all(found, one, other):
    curve = pooled(found)
    low, high = sorted((one, other))
    assert 0 <= share_by(curve, low) <= share_by(curve, high) + 1e-12 <= 1 + 1e-9
    assert share_by(curve, 0) == 0
    assert share_by(curve, 1) == 1


def test_every_stream_counts_the_same_whatever_it_sold():
    early = [10] + [0] * (PARTS - 1)
    assert pooled([early]) == pooled([[n * 1_000 for n in early]])
    assert pooled([early])[0] > EVEN[0] > pooled([early])[1]
    assert pooled([[0] * PARTS, [1, 2]]) == EVEN


@given(shapes, st.integers(1, 100_000))
def test_the_rate_over_the_time_is_the_total(found, orders):
    curve = pooled(found)
    minutes = (START + timedelta(minutes=m) for m in range(120))
    assert (
        abs(sum(rate_at(curve, orders, START, END, at) for at in minutes) - orders) < 1e-6 * orders
    )


def test_it_rises_before_the_start_and_is_over_after_the_end():
    def rate(minutes):
        return rate_at(EVEN, 1_200, START, END, START + timedelta(minutes=minutes))

    assert [rate(m) for m in (-11, -10, -5, -1, 0, 60, 119, 120, 500)] == [
        0, 0, 5, 9, 10, 10, 10, 0, 0,
    ]  # fmt: skip
    assert timedelta(minutes=10) == RAMP


@given(shapes, st.integers(-30, 150), st.integers(0, 60))
def test_no_moment_of_a_span_is_above_its_peak(found, since, lead):
    curve = pooled(found)
    span = START + timedelta(minutes=since), START + timedelta(minutes=since + lead)
    peak = peak_within(curve, 500, START, END, span)
    seen = [
        rate_at(curve, 500, START, END, span[0] + timedelta(seconds=s))
        for s in range(0, lead * 60 + 1, 30)
    ]
    assert max(seen) <= peak + 1e-9
    if since >= 0:
        assert any(abs(rate - peak) < 1e-9 for rate in seen), "the peak is reached"
