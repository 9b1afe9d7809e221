"""A node that rejects or picks short keeps nothing, and the order is allocated anew."""

from datetime import UTC, datetime

from penstock.allocation.unallocate import unallocate
from penstock.inventory.audit import audit
from penstock.inventory.commit import uncommit_stock
from penstock.inventory.write_off import write_off
from penstock.lifecycle.advance import Subject, move

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def allocated(tx, node):
    (row,) = await tx.fetch(
        "SELECT sum(allocated) FROM inventory.node_stock WHERE node_id = $1", node
    )
    return row[0]


async def test_a_rejected_order_is_allocated_anew(tx, make, network):
    a = await network.node("ord")
    pool = await make.pool(network.merchant, [a])
    await network.rate(a, 400)
    await network.sku("LAMP")
    await network.stock(a, pool, LAMP=5)
    order = await network.order(LAMP=3)
    await network.allocate(order)
    subject = Subject(network.merchant, order)
    await move(tx, [subject], "rejected", NOW)
    for _ in range(2):
        await unallocate(tx, [subject], NOW, uncommit=uncommit_stock)
        assert await network.parts(order) == [("open", None, {0: 3})]
        assert await allocated(tx, a) == 0
    assert await audit(tx) == []
    await network.allocate(order)
    assert await network.parts(order) == [("allocated", a, {0: 3})]
    assert await allocated(tx, a) == 3
    assert await audit(tx) == []


async def test_a_short_pick_goes_to_another_node(tx, make, network):
    a, b = await network.node("ord"), await network.node("lax")
    pool = await make.pool(network.merchant, [a, b])
    await network.rate(a, 400)
    await network.rate(b, 900)
    await network.sku("LAMP")
    await network.stock(a, pool, LAMP=3)
    await network.stock(b, pool, LAMP=5)
    order = await network.order(LAMP=3)
    await network.allocate(order)
    subject = Subject(network.merchant, order)
    for event in ("released", "short_picked"):
        await move(tx, [subject], event, NOW)
    (lost,) = await write_off(tx, [(network.merchant, a, network.skus["LAMP"], 2, order)], NOW)
    assert lost.given_up == 0
    await unallocate(tx, [subject], NOW, uncommit=uncommit_stock)
    assert await allocated(tx, a) == 0
    await network.allocate(order)
    assert await network.parts(order) == [("allocated", b, {0: 3})]
    assert await audit(tx) == []
