"""The gate lets in what was agreed, says when to come back, and lets go of what it held."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.api.gate import Gate, Limits
from penstock.kernel.errors import Overloaded, RateLimited


class Clock:
    def __init__(self):
        self.at_s = 100.0

    def __call__(self):
        return self.at_s


def gate(clock, *, requests_max=2, orders_per_s=10.0, orders_burst=20, refusals_per_s=10.0):
    limits = Limits(
        requests_max=requests_max,
        orders_per_s=orders_per_s,
        orders_burst=orders_burst,
        refusals_per_s=refusals_per_s,
    )
    return Gate(limits, clock)


@given(st.lists(st.tuples(st.floats(0, 3), st.integers(1, 20)), max_size=60))
def test_no_merchant_gets_more_than_its_rate_and_one_burst(asks):
    clock = Clock()
    bounded = gate(clock)
    let_in = 0
    for pause_s, orders in asks:
        clock.at_s += pause_s
        try:
            bounded.spend(1, orders)
        except RateLimited:
            continue
        let_in += orders
        assert let_in <= 20 + 10 * (clock.at_s - 100) + 1e-6


def test_who_waits_as_told_is_let_in():
    clock = Clock()
    bounded = gate(clock)
    bounded.spend(1, 20)
    with pytest.raises(RateLimited) as refused:
        bounded.spend(1, 5)
    assert refused.value.retry_after_s == pytest.approx(0.5)
    clock.at_s += refused.value.retry_after_s
    bounded.spend(1, 5)


def test_another_merchant_has_its_own_bucket():
    bounded = gate(Clock())
    bounded.spend(1, 20)
    with pytest.raises(RateLimited):
        bounded.spend(1, 1)
    bounded.spend(2, 20)


def test_a_batch_larger_than_the_burst_takes_a_full_bucket_and_leaves_a_debt():
    clock = Clock()
    bounded = gate(clock)
    bounded.spend(1, 50)
    clock.at_s += 2
    with pytest.raises(RateLimited):
        bounded.spend(1, 1)


def test_places_are_given_back_whatever_happens():
    bounded = gate(Clock())
    with bounded.request(), bounded.request(), pytest.raises(Overloaded), bounded.request():
        pass
    assert bounded.in_hand == 0

    def breaks():
        with bounded.request():
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        breaks()
    assert bounded.in_hand == 0


@given(st.lists(st.floats(0, 0.3), max_size=80))
def test_who_asks_again_when_he_is_answered_hears_no_more_refusals_than_agreed(pauses_s):
    clock = Clock()
    bounded = gate(clock)
    for heard, pause_s in enumerate(pauses_s):
        clock.at_s += pause_s
        waits_s = bounded.refusal_waits_s(1)
        assert 0 <= waits_s <= 1
        clock.at_s += waits_s
        assert heard + 1 <= 10 + 10 * (clock.at_s - 100) + 1e-6
    assert not bounded.refusal_waits_s(2)


async def test_so_many_refusals_are_held_and_no_more(monkeypatch):
    monkeypatch.setattr("penstock.api.gate._HELD_MAX", 4)
    bounded = gate(Clock(), requests_max=1)
    for _ in range(10):
        await bounded.refuse(1)
    held = [asyncio.create_task(bounded.refuse(1)) for _ in range(4)]
    await asyncio.sleep(0)
    assert bounded.held == 4
    await bounded.refuse(1)
    for task in held:
        task.cancel()
    await asyncio.gather(*held, return_exceptions=True)
    assert bounded.held == 0
