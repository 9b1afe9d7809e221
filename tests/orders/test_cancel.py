"""Cancelling gives everything back, once, up to the moment the floor has the order."""

import asyncio
from datetime import UTC, datetime

import pytest

from penstock.allocation.allocate import allocate
from penstock.allocation.unallocate import unallocate
from penstock.db.transaction import OPERATOR, merchant
from penstock.inventory.audit import audit
from penstock.inventory.commit import commit_stock, lock_nodes, uncommit_stock
from penstock.inventory.release import release_reservation
from penstock.inventory.write_off import write_off
from penstock.lifecycle.advance import Subject, move
from penstock.orders.cancel import cancel, cancel_parts

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PORTS = {"release": release_reservation, "uncommit": uncommit_stock}


async def cancel_all(tx, shop, *orders):
    answers = await cancel(tx, shop.merchant, orders, "changed mind", "buyer", NOW, **PORTS)
    assert await audit(tx) == []
    return [(a.order_id, a.outcome, a.status) for a in answers]


async def nodes(tx, shop):
    rows = await tx.fetch(
        "SELECT node_id, allocated FROM inventory.node_stock"
        " WHERE merchant_id = $1 AND allocated > 0",
        shop.merchant,
    )
    return {r[0]: r[1] for r in rows}


async def test_reserved_and_allocated_units_come_back_once(tx, shop):
    await shop.stock(9)
    waiting, placed = await shop.order(quantity=2), await shop.order(quantity=3)
    await shop.allocate(placed)
    assert (await nodes(tx, shop), await shop.reserved()) == ({shop.a: 3}, (9, 5))
    for _ in range(2):
        assert await cancel_all(tx, shop, placed, waiting, placed) == [
            (placed, "cancelled", "cancelled"),
            (waiting, "cancelled", "cancelled"),
        ]
        assert (await nodes(tx, shop), await shop.reserved()) == ({}, (9, 0))
    reasons = await tx.fetch(
        "SELECT order_id, reason, fault FROM orders.cancellation WHERE merchant_id = $1"
        " ORDER BY order_id",
        shop.merchant,
    )
    assert [tuple(r) for r in reasons] == [
        (waiting, "changed mind", "buyer"),
        (placed, "changed mind", "buyer"),
    ]


async def test_a_backorder_gives_back_what_it_has(tx, shop):
    await shop.stock(2)
    order = await shop.order(quantity=5, policy="backorder")
    assert await cancel_all(tx, shop, order) == [(order, "cancelled", "cancelled")]
    assert await shop.reserved() == (2, 0)


async def test_once_the_floor_has_it_it_is_too_late(tx, shop):
    await shop.stock(5)
    order = await shop.order()
    await shop.allocate(order)
    await move(tx, [Subject(shop.merchant, order)], "released", NOW)
    assert await cancel_all(tx, shop, order) == [(order, "too_late", "released")]
    assert await shop.reserved() == (5, 1)


async def test_anothers_order_is_unknown(tx, make, shop, shop_in):
    other = await shop_in(tx, make).open()
    await other.stock(5)
    order = await other.order()
    assert await cancel_all(tx, shop, order, 10**9) == [
        (order, "unknown", ""),
        (10**9, "unknown", ""),
    ]
    assert await other.status(order) == "open"


async def test_of_a_split_order_each_part_answers_for_itself(tx, shop):
    await shop.stock(3)
    await shop.stock(2, node=shop.b)
    order = await shop.order(quantity=5)
    await shop.allocate(order)
    (part,) = await tx.fetch(
        "SELECT fulfilment_order_id, node_id FROM allocation.fulfilment_order"
        " WHERE order_id = $1 AND fulfilment_order_id <> $1",
        order,
    )
    await move(tx, [Subject(shop.merchant, part[0])], "released", NOW)
    assert await cancel_all(tx, shop, order) == [
        (order, "cancelled", "cancelled"),
        (order, "too_late", "released"),
    ]
    assert await nodes(tx, shop) == {part[1]: 3}
    assert await shop.reserved() == (5, 3)
    assert await shop.status(order) == "released"


async def test_a_short_pick_without_stock_releases_only_its_own(tx, shop):
    await shop.stock(3)
    await shop.stock(2, node=shop.b)
    order = await shop.order(quantity=5)
    await shop.allocate(order)
    (row,) = await tx.fetch(
        "SELECT fulfilment_order_id FROM allocation.fulfilment_order"
        " WHERE order_id = $1 AND node_id = $2",
        order,
        shop.a,
    )
    short = Subject(shop.merchant, row[0])
    for event in ("released", "short_picked"):
        await move(tx, [short], event, NOW)
    (lost,) = await write_off(
        tx, [(shop.merchant, shop.a, shop.skus["LAMP"], 2, short.subject_id)], NOW
    )
    assert lost.given_up == 2
    await unallocate(tx, [short], NOW, uncommit=uncommit_stock)
    (answer,) = await cancel_parts(tx, [short], "out of stock", "seller", NOW, **PORTS)
    assert (answer.order_id, answer.outcome) == (order, "cancelled")
    assert await audit(tx) == []
    assert await shop.reserved() == (3, 2)
    assert await nodes(tx, shop) == {shop.b: 2}


@pytest.mark.parametrize("split", [False, True])
async def test_a_cancel_that_waits_for_allocation_cancels_all_of_it(
    database, shop_in, make_in, split
):
    async def world(tx):
        shop = await shop_in(tx, make_in(tx)).open()
        await shop.stock(3)
        await shop.stock(3, node=shop.b)
        return shop, await shop.order(quantity=5 if split else 2)

    shop, order = await database.run(OPERATOR, world)
    allocated, cancelling = asyncio.Event(), asyncio.Event()

    async def work(tx):
        subject = Subject(shop.merchant, order)
        await tx.fetch("SELECT 1 FROM lifecycle.subject WHERE subject_id = $1 FOR UPDATE", order)
        await allocate(tx, [subject], NOW, lock=lock_nodes, commit=commit_stock)
        allocated.set()
        await cancelling.wait()
        await asyncio.sleep(0.1)

    async def regret(tx):
        await allocated.wait()
        cancelling.set()
        return await cancel(tx, shop.merchant, [order], "remorse", "buyer", NOW, **PORTS)

    _, answers = await asyncio.gather(
        database.run(OPERATOR, work), database.run(merchant(shop.merchant), regret)
    )
    assert [a.outcome for a in answers] == ["cancelled"] * (2 if split else 1)

    async def after(tx):
        assert await audit(tx) == []
        shop.tx = shop.make.tx = tx
        return await shop.reserved(), await nodes(tx, shop), await shop.status(order)

    assert await database.run(OPERATOR, after) == ((6, 0), {}, "cancelled")


async def test_of_many_cancels_and_one_claim_exactly_one_order_of_things_holds(
    database, shop_in, make_in
):
    async def world(tx):
        shop = await shop_in(tx, make_in(tx)).open()
        await shop.stock(20)
        return shop, [await shop.order() for _ in range(12)]

    shop, orders = await database.run(OPERATOR, world)

    async def claim_and_allocate(tx):
        rows = await tx.fetch(
            "SELECT merchant_id, subject_id FROM lifecycle.subject WHERE status = 'open'"
            " ORDER BY subject_id FOR UPDATE SKIP LOCKED"
        )
        subjects = [Subject(*row) for row in rows]
        await allocate(tx, subjects, NOW, lock=lock_nodes, commit=commit_stock)

    async def regret(tx, some):
        await cancel(tx, shop.merchant, some, "remorse", "buyer", NOW, **PORTS)

    await asyncio.gather(
        *(database.run(OPERATOR, lambda tx, s=orders[i : i + 3]: regret(tx, s)) for i in (0, 3)),
        *(database.run(OPERATOR, claim_and_allocate) for _ in range(3)),
        database.run(OPERATOR, lambda tx: regret(tx, orders[4:0:-1])),
    )

    async def after(tx):
        assert await audit(tx) == []
        shop.tx = shop.make.tx = tx
        return await shop.reserved(), [await shop.status(order) for order in orders]

    reserved, statuses = await database.run(OPERATOR, after)
    assert statuses[:6] == ["cancelled"] * 6
    assert reserved == (20, 6)
