"""Which node serves which order: cost, lateness, stock, splits; and each decision says why."""

import asyncio
from datetime import UTC, datetime

from penstock.allocation.allocate import allocate
from penstock.db.transaction import OPERATOR
from penstock.inventory.audit import audit
from penstock.inventory.commit import commit_stock, lock_nodes
from penstock.lifecycle.advance import Subject

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def two_nodes(network, make, near=400, far=700, **rates):
    a, b = await network.node("ord"), await network.node("lax")
    pool = await make.pool(network.merchant, [a, b])
    await network.rate(a, near, **rates)
    await network.rate(b, far, **rates)
    await network.sku("LAMP")
    await network.sku("VASE", weight_g=900)
    return a, b, pool


async def test_the_cheapest_node_serves_and_says_why(tx, make, network):
    a, b, pool = await two_nodes(network, make, near=700, far=400)
    await network.stock(a, pool, LAMP=5)
    await network.stock(b, pool, LAMP=5)
    order = await network.order(LAMP=2)
    await network.allocate(order)
    assert await network.parts(order) == [("allocated", b, {0: 2})]
    assert await network.because(order) == (
        "lax: freight 4.00 USD, on time; ord: freight 7.00 USD, on time"
    )
    assert await audit(tx) == []


async def test_lateness_is_weighed_against_freight(make, network):
    a, b = await network.node("ord"), await network.node("lax")
    pool = await make.pool(network.merchant, [a, b])
    await network.rate(a, 300, days=9)
    await network.rate(b, 900, days=6)
    await network.sku("LAMP")
    await network.stock(a, pool, LAMP=5)
    await network.stock(b, pool, LAMP=5)
    dear, cheap = await network.order(LAMP=1), await network.order(LAMP=1)
    await network.allocate(dear, late_day_minor=250)
    await network.allocate(cheap, late_day_minor=150)
    assert await network.parts(dear) == [("allocated", b, {0: 1})]
    assert await network.parts(cheap) == [("allocated", a, {0: 1})]
    assert await network.because(cheap) == (
        "ord: freight 3.00 USD, 3 days late; lax: freight 9.00 USD, on time"
    )


async def test_a_node_with_a_long_queue_is_late(tx, make, network):
    a, b, pool = await two_nodes(network, make, days=5)
    await network.stock(a, pool, LAMP=5)
    await network.stock(b, pool, LAMP=5)
    # Two days' work at 500 orders an hour.
    await tx.fetch("INSERT INTO allocation.backlog VALUES ($1, 24000, now())", a)
    order = await network.order(LAMP=1)
    await network.allocate(order)
    assert await network.parts(order) == [("allocated", b, {0: 1})]
    assert "ord: freight 4.00 USD, 1 day late" in await network.because(order)


async def test_the_smallest_band_that_holds_the_weight_and_today_s_rates(make, network):
    a = await network.node("ord")
    pool = await make.pool(network.merchant, [a])
    await network.sku("LAMP")
    await network.rate(a, 200, to_g=500)
    await network.rate(a, 350, to_g=1000)
    await network.rate(a, 10, to_g=1000, service="past", until="2026-11-19")
    await network.rate(a, 10, to_g=1000, service="future", since="2026-11-21")
    await network.stock(a, pool, LAMP=20)
    one, two, seven = [await network.order(LAMP=quantity) for quantity in (1, 2, 7)]
    await network.allocate(one, two, seven)
    assert [(await network.because(x)).split(",")[0] for x in (one, two, seven)] == [
        "ord: freight 2.00 USD",
        "ord: freight 3.50 USD",
        "ord: freight 10.50 USD",  # 2.8 kg in three parcels
    ]


async def test_a_refused_order_leaves_the_stock_to_those_behind(make, network):
    a, b, pool = await two_nodes(network, make)
    await network.stock(a, pool, LAMP=4)
    await network.stock(b, pool, LAMP=5)
    early = await network.order(paid=3, LAMP=3)
    big = await network.order(paid=2, LAMP=4)
    late = await network.order(paid=1, LAMP=1)
    await network.allocate(late, big, early)
    assert await network.parts(early) == [("allocated", a, {0: 3})]
    assert await network.parts(big) == [("allocated", b, {0: 4})]
    assert await network.parts(late) == [("allocated", a, {0: 1})]


async def test_the_earlier_deadline_is_served_whole(make, network):
    a, b, pool = await two_nodes(network, make)
    await network.stock(a, pool, LAMP=1)
    await network.stock(b, pool, LAMP=1, VASE=1)
    first = await network.order(paid=3, LAMP=1)
    both = await network.order(paid=2, LAMP=1, VASE=1)
    await network.allocate(both, first)
    assert await network.parts(first) == [("allocated", a, {0: 1})]
    assert await network.parts(both) == [("allocated", b, {0: 1, 1: 1})]


async def test_split_by_line_then_by_units(tx, make, network):
    a, b, pool = await two_nodes(network, make)
    await network.stock(a, pool, LAMP=3)
    await network.stock(b, pool, LAMP=2, VASE=1)
    order = await network.order(LAMP=5, VASE=1)
    await network.allocate(order)
    parts = await network.parts(order)
    assert sorted(parts, key=lambda part: part[1]) == [
        ("allocated", a, {0: 3}),
        ("allocated", b, {0: 2, 1: 1}),
    ]
    assert await audit(tx) == []
    events = await tx.fetch(
        "SELECT event FROM lifecycle.history WHERE merchant_id = $1 AND event = 'split_off'",
        network.merchant,
    )
    assert len(events) == 1


async def test_lines_of_two_families_go_from_their_own_nodes(tx, make, network):
    home, abroad = await network.node("ord"), await network.node("fra", "DE")
    domestic = await make.pool(network.merchant, [home])
    foreign = await make.pool(network.merchant, [abroad], rank=2)
    await network.rate(home, 400)
    await network.rate(abroad, 100)
    await network.sku("LAMP")
    await network.sku("VASE")
    await network.stock(home, domestic, LAMP=1)
    await network.stock(abroad, foreign, VASE=1)
    order = await network.order(LAMP=1, VASE=1)
    await network.allocate(order)
    assert sorted(await network.parts(order)) == [
        ("allocated", home, {0: 1}),
        ("allocated", abroad, {1: 1}),
    ]
    assert await audit(tx) == []


async def test_what_no_carrier_reaches_waits_and_says_so(tx, make, network):
    a = await network.node("ord")
    pool = await make.pool(network.merchant, [a])
    await network.sku("LAMP")
    await network.stock(a, pool, LAMP=2)
    order = await network.order(LAMP=1)
    await network.allocate(order)
    assert await network.parts(order) == [("open", None, {0: 1})]
    assert await network.because(order) == "waits: no carrier has a rate from its nodes to US"
    await network.rate(a, 400)
    await tx.fetch("UPDATE inventory.node_stock SET allocated = on_hand")
    await network.allocate(order)
    assert await network.because(order) == "waits: no node that delivers to US has free stock"
    await tx.fetch("UPDATE inventory.node_stock SET allocated = 0")
    await network.allocate(order)
    assert await network.parts(order) == [("allocated", a, {0: 1})]
    assert await audit(tx) == []


async def test_a_flood_takes_few_looks(make, network, monkeypatch):
    a, b, pool = await two_nodes(network, make)
    await network.stock(a, pool, LAMP=30, VASE=3)
    await network.stock(b, pool, LAMP=30, VASE=3)
    orders = [await network.order(LAMP=1) for _ in range(58)]
    orders += [await network.order(VASE=2), await network.order(LAMP=1, VASE=1)]
    looks = 0
    module = __import__("penstock.allocation.allocate", fromlist=["decide_some"])
    decide_some = module.decide_some

    async def counted(*args, **kwargs):
        nonlocal looks
        looks += 1
        return await decide_some(*args, **kwargs)

    monkeypatch.setattr(module, "decide_some", counted)
    await network.allocate(*orders)
    served = [await network.parts(order) for order in orders]
    assert all(status == "allocated" for parts in served for status, _, _ in parts)
    assert looks <= 6


async def test_two_workers_never_allocate_the_same_units(database, make_in, network_in):
    async def world(tx):
        make = make_in(tx)
        network = network_in(tx, make, await make.merchant())
        a, _, pool = await two_nodes(network, make)
        await network.stock(a, pool, LAMP=10, VASE=5)
        orders = [await network.order(LAMP=1) for _ in range(6)]
        return network, orders + [await network.order(LAMP=1, VASE=1) for _ in range(4)]

    network, orders = await database.run(OPERATOR, world)

    async def work(tx, some):
        subjects = [Subject(network.merchant, order) for order in some]
        await allocate(tx, subjects, NOW, lock=lock_nodes, commit=commit_stock)

    await asyncio.gather(
        *(database.run(OPERATOR, lambda tx, s=orders[i::3]: work(tx, s)) for i in range(3))
    )

    async def after(tx):
        network.tx = tx
        assert await audit(tx) == []
        return [await network.parts(order) for order in orders]

    served = await database.run(OPERATOR, after)
    assert {parts[0][0] for parts in served} == {"allocated"}
