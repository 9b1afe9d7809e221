"""Who gets the stock: exact first come, first served, against a walk that anybody can follow."""

from hypothesis import given
from hypothesis import strategies as st

from penstock.orders.decide import Ask, decide

LINE = st.tuples(st.integers(1, 2), st.integers(1, 3), st.integers(1, 5))


def ask(policy: str, *lines: tuple[int, int, int]) -> Ask:
    """An order of `lines`, each (pool_id, sku_id, units)."""
    return Ask(policy, tuple(line[:2] for line in lines), tuple(line[2] for line in lines))


ASK = st.builds(
    lambda policy, lines: ask(policy, *lines),
    st.sampled_from(["all_or_nothing", "available", "backorder"]),
    st.lists(LINE, min_size=1, max_size=4),
)
STOCK = st.dictionaries(
    st.tuples(st.integers(1, 2), st.integers(1, 3)), st.integers(0, 12), max_size=6
)


@given(st.lists(ASK, max_size=12), STOCK, st.integers(0, 12))
def test_the_decision_is_that_of_serving_one_by_one(asks, stock, cap):
    left, taken = dict(stock), 0
    for asked, decision in zip(asks, decide(asks, dict(stock), cap), strict=True):
        if taken == cap:
            assert decision.outcome == "daily_cap_reached"
            continue
        trial, got = dict(left), []
        for place, units in zip(asked.places, asked.units, strict=True):
            have = min(units, trial.get(place, 0))
            trial[place] = trial.get(place, 0) - have
            got.append(have)
        whole = tuple(got) == asked.units
        accepted = (
            whole or asked.policy == "backorder" or (asked.policy == "available" and any(got))
        )
        assert (decision.outcome == "accepted") is accepted
        if accepted:
            left, taken = trial, taken + 1
            assert list(decision.reserved) == got
            wait = asked.policy == "backorder"
            wants = [units - g if wait else 0 for g, units in zip(got, asked.units, strict=True)]
            assert list(decision.backordered) == wants
        else:
            assert decision.outcome == "insufficient_stock"


def test_a_refused_order_takes_nothing_from_those_behind_it():
    asks = [ask("all_or_nothing", (1, 1, 2), (1, 2, 9)), ask("all_or_nothing", (1, 1, 2))]
    first, second = decide(asks, {(1, 1): 2, (1, 2): 3}, 10)
    assert (first.outcome, first.short_line) == ("insufficient_stock", 1)
    assert second.outcome == "accepted"
