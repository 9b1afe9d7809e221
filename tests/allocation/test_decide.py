"""All at once equals one by one: the statement against an oracle that walks the orders."""

from collections import Counter
from math import ceil
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock.inventory.audit import audit

CODES = ("LAMP", "VASE", "RUG")
WEIGHT_G = {"LAMP": 400, "VASE": 900, "RUG": 2500}
LATE_DAY_MINOR = 300
DELIVERY_DAYS = 6

units = st.integers(0, 4)
rate = st.tuples(st.sampled_from([100, 200, 300, 400]), st.integers(1, 9))
nodes = st.lists(
    st.tuples(st.tuples(units, units, units), st.lists(rate, max_size=2, unique=True)),
    min_size=1,
    max_size=3,
)
orders = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.dictionaries(st.sampled_from(CODES), st.integers(1, 3), min_size=1),
    ),
    min_size=1,
    max_size=7,
)


def way(order: Any, rates: list[tuple[int, int]]) -> tuple[int, int, int]:
    """(cost, freight, days late) of the best service of one node."""
    paid, lines = order
    parcels = max(1, ceil(sum(WEIGHT_G[code] * q for code, q in lines.items()) / 5000))
    days = [(fee * parcels, max(0, transit - (DELIVERY_DAYS - paid))) for fee, transit in rates]
    return min((fee + late * LATE_DAY_MINOR, fee, late) for fee, late in days)


def one_by_one(
    taken: dict[int, Any], stock: dict[int, Counter[str]], rates: dict[int, list[tuple[int, int]]]
) -> dict[int, tuple[int, int, int]]:
    """Node, freight and lateness of every order that a single node can serve, by deadline."""
    served = {}
    for order_id, (_, lines) in sorted(taken.items(), key=lambda item: (-item[1][0], item[0])):
        ways = [
            (*way(taken[order_id], rates[node]), node)
            for node in stock
            if rates[node] and all(stock[node][code] >= q for code, q in lines.items())
        ]
        if ways:
            _, freight, late, node = min(ways)
            stock[node].subtract(lines)
            served[order_id] = (node, freight, late)
    return served


@given(nodes=nodes, orders=orders)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_at_once_is_one_by_one(tx, make, network, nodes, orders):
    await tx.fetch("SAVEPOINT example")
    ids = [await make.node() for _ in nodes]
    pool = await make.pool(network.merchant, ids)
    for code in CODES:
        await network.sku(code, WEIGHT_G[code])
    stock, rates = {}, {}
    for node, (counts, lanes) in zip(ids, nodes, strict=True):
        stock[node] = Counter(dict(zip(CODES, counts, strict=True)))
        rates[node] = lanes
        await network.stock(node, pool, **stock[node])
        for i, (fee, transit) in enumerate(lanes):
            await network.rate(node, fee, days=transit, to_g=5000, service=f"s{i}")
    taken = {await network.order(paid=paid, **lines): (paid, lines) for paid, lines in orders}
    taken.pop(0, None)
    expected = one_by_one(taken, stock, rates)
    await network.allocate(*taken, late_day_minor=LATE_DAY_MINOR)
    await check_whole(tx, taken, expected)
    await check_split(tx, network, taken, expected, rates)
    assert await audit(tx) == []
    await tx.fetch("ROLLBACK TO SAVEPOINT example")


async def check_whole(tx: Any, taken: Any, expected: Any) -> None:
    rows = await tx.fetch(
        "SELECT order_id, node_id, cost_minor, late_days FROM allocation.fulfilment_order AS f"
        " WHERE order_id = ANY ($1) AND 1 = (SELECT count(*) FROM allocation.fulfilment_order AS o"
        "  WHERE o.order_id = f.order_id) AND node_id IS NOT NULL",
        list(taken),
    )
    assert {r[0]: tuple(r)[1:] for r in rows} == expected


async def check_split(tx: Any, network: Any, taken: Any, expected: Any, rates: Any) -> None:
    rows = await tx.fetch(
        "SELECT node_id, sku_id, on_hand - allocated FROM inventory.node_stock"
        " WHERE merchant_id = $1",
        network.merchant,
    )
    free = {(r[0], r[1]): r[2] for r in rows}
    for order_id, (_, lines) in taken.items():
        parts = await network.parts(order_id)
        served: Counter[int] = Counter()
        for status, node, part in parts:
            served.update(part)
            assert (status == "allocated") == (node is not None)
            if node is None:
                # Nothing is left waiting that any node with a carrier could send.
                for line in part:
                    sku = network.skus[list(lines)[line]]
                    assert not any(free.get((n, sku), 0) for n in rates if rates[n])
        assert served == Counter(dict(enumerate(lines.values())))
        assert len(parts) == 1 or order_id not in expected
