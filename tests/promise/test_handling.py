"""What exceeds the order-handling capacity is due later, in the days that its SLA counts."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from penstock.promise.due import due_many, shipped_slas
from penstock.promise.due import extend as extend_one
from penstock.promise.handling import extend, extra_days, promised
from penstock.promise.market import market_calendar

US = market_calendar("US")
RULE = {"days_per_fill": 1, "days_max": 5}
positions = st.integers(1, 10_000)
capacities = st.integers(0, 2_000)
steps, maxima = st.integers(0, 5), st.integers(0, 20)


def test_each_fill_of_the_capacity_is_a_day():
    days = [extra_days(n, 100, **RULE) for n in (1, 100, 101, 200, 201, 600, 601, 10_000)]
    assert days == [0, 0, 1, 1, 2, 5, 5, 5]


def test_nobody_is_late_without_a_capacity_and_all_are_without_any_hands():
    assert extra_days(10**6, None, **RULE) == 0
    assert extra_days(1, 0, **RULE) == 5


@given(positions, capacities, steps, maxima)
def test_later_orders_are_never_due_earlier(position, capacity, step, maximum):
    rule = {"days_per_fill": step, "days_max": maximum}
    days = extra_days(position, capacity, **rule)
    assert 0 <= days <= maximum
    assert days <= extra_days(position + 1, capacity, **rule)
    assert days >= extra_days(position, capacity + 1, **rule)
    if position <= capacity:
        assert days == 0


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 5)), max_size=20),
       st.sampled_from(sorted(shipped_slas())))  # fmt: skip
def test_many_are_extended_as_one_by_one(orders, code):
    sla = shipped_slas()[code]
    paid = [datetime.fromtimestamp(1_790_000_000 + 60 * minute, UTC) for minute, _ in orders]
    days = [later for _, later in orders]
    usual = due_many(sla, US, US, paid)
    found = extend(sla, US, US, usual, days)
    for due, later, extended in zip(usual, days, found, strict=True):
        assert extended == (extend_one(sla, US, US, due, later) if later else due)
        assert (extended.dispatch_by_at > due.dispatch_by_at) == (later > 0)


def test_a_promise_without_extension_is_the_slas_own():
    paid = [datetime(2026, 11, 20, hour, tzinfo=UTC) for hour in (1, 23)]
    usual = due_many(shipped_slas()["tiktok_us_regular"], US, US, paid)
    assert promised("tiktok_us_regular", "US", paid) == usual
    first, later = promised("tiktok_us_regular", "US", paid, [0, 1])
    assert first == usual[0]
    assert later.dispatch_by_at > usual[1].dispatch_by_at
