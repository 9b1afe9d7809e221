"""The backlog of a node is what is allocated to it and not packed yet."""

from datetime import UTC, datetime, timedelta

from penstock.allocation.count_backlog import count_backlog
from penstock.lifecycle.advance import Subject, move

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def test_allocated_released_and_picked_count(tx, make, network):
    a, b = await network.node("ord"), await network.node("lax")
    pool = await make.pool(network.merchant, [a, b])
    await network.rate(a, 400)
    await network.rate(b, 900)
    await network.sku("LAMP")
    await network.stock(a, pool, LAMP=4)
    await network.stock(b, pool, LAMP=4)
    orders = [await network.order(LAMP=1) for _ in range(5)]
    await network.allocate(*orders)

    async def backlog(at):
        assert await count_backlog(tx, at) >= 2
        rows = await tx.fetch(
            "SELECT node_id, orders, counted_at FROM allocation.backlog"
            " WHERE node_id = ANY ($1)", [a, b],
        )  # fmt: skip
        assert {r[2] for r in rows} == {at}
        return {r[0]: r[1] for r in rows}

    assert await backlog(NOW) == {a: 4, b: 1}
    for order, events in zip(orders, ([], ["released"], ["released", "picked"]), strict=False):
        for event in events:
            await move(tx, [Subject(network.merchant, order)], event, NOW)
    assert await backlog(NOW + timedelta(minutes=1)) == {a: 4, b: 1}
    await move(tx, [Subject(network.merchant, orders[2])], "packed", NOW)
    await move(tx, [Subject(network.merchant, orders[4])], "cancelled", NOW)
    assert await backlog(NOW + timedelta(minutes=2)) == {a: 3, b: 0}
