"""Returned units go back into stock once."""

from datetime import UTC, datetime

from penstock.inventory.restock import restock

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def test_once_a_return_and_sku(tx, world, books):
    rows = [
        (world.merchant, world.a, world.lamp, 1, 501),
        (world.merchant, world.a, world.lamp, 1, 501),
        (world.merchant, world.a, world.lamp, 4, 502),
    ]
    first = await restock(tx, rows, NOW)
    assert [(a.return_id, a.outcome) for a in first] == [(501, "restocked"), (502, "restocked")]
    assert await books(world) == ({world.a: (6, 0)}, {world.pool: (6, 0)})
    again = await restock(tx, rows, NOW)
    assert {a.outcome for a in again} == {"repeated"}
    assert await books(world) == ({world.a: (6, 0)}, {world.pool: (6, 0)})


async def test_a_node_that_backs_no_pool_takes_nothing(tx, make, world, books):
    stranger = await make.node()
    (answer,) = await restock(tx, [(world.merchant, stranger, world.lamp, 1, 501)], NOW)
    assert answer.outcome == "no_pool"
    assert await books(world) == ({}, {})
