"""A day as it fills up: counted where an order is expected, never more than it must be late."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from penstock.merchants.handling import Handling

POOLS = {1: (11, 12), 2: (12,), 3: (13,), 4: (11, 12, 13)}
nodes = st.dictionaries(st.sampled_from([11, 12, 13]), st.integers(0, 9))
orders = st.lists(st.lists(st.sampled_from([1, 2, 3, 4]), max_size=2), max_size=40)


@given(whole=st.integers(0, 9), nodes=nodes, orders=orders, taken=st.integers(0, 9))
def test_who_speaks_for_the_whole_is_counted_as_a_whole(whole, nodes, orders, taken):
    handling = Handling(taken, whole, nodes, POOLS)
    places = [handling.take(order) for order in orders]
    assert places == [(taken + n, whole) for n in range(1, len(orders) + 1)]
    assert handling.declared
    assert handling.handled == {}


@given(nodes=nodes, orders=orders)
def test_each_order_is_counted_once_where_its_stock_is(nodes, orders):
    handling = Handling(0, None, nodes, POOLS)
    seen = Counter()
    for order in orders:
        before = dict(handling.handled)
        position, capacity = handling.take(order)
        behind = {node for pool in order for node in POOLS[pool]}
        counted = [n for n, count in handling.handled.items() if count != before.get(n, 0)]
        if behind and behind <= nodes.keys():
            (node,) = counted
            assert node in behind
            assert (position, capacity) == (handling.handled[node], nodes[node])
            seen[node] += 1
        else:
            assert counted == []
            assert capacity is None or not nodes
    assert handling.handled == dict(seen)
    assert handling.taken == len(orders)


@given(caps=st.tuples(st.integers(1, 9), st.integers(1, 9)), more=st.integers(0, 5))
def test_no_node_is_over_its_capacity_while_another_has_room(caps, more):
    """Stock behind both: the first orders that fit into the sum fit, and the next one is late."""
    handling = Handling(0, None, {11: caps[0], 12: caps[1]}, POOLS)
    places = [handling.take([1]) for _ in range(sum(caps) + more)]
    late = [position > capacity for position, capacity in places]
    assert late == [False] * sum(caps) + [True] * more


def test_a_node_that_can_handle_nothing_comes_last():
    handling = Handling(0, None, {11: 0, 12: 1}, POOLS)
    assert [handling.take([1]) for _ in range(3)] == [(1, 1), (2, 1), (3, 1)]
    assert Handling(0, None, {13: 0}, POOLS).take([3]) == (1, 0)


def test_a_full_node_does_not_make_another_markets_orders_late():
    handling = Handling(0, None, {12: 2, 13: 2}, POOLS)
    assert [handling.take([2]) for _ in range(4)][-1] == (4, 2)
    assert handling.take([3]) == (1, 2)
