"""What a node keeps for an order: as much as the ledger says, freed once."""

from datetime import UTC, datetime

import asyncpg
import pytest

from penstock.inventory.commit import commit_stock, uncommit_stock
from penstock.inventory.write_off import write_off

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def test_committed_units_are_on_hand_and_not_free(tx, make, world, books):
    await make.stock(world.merchant, world.a, world.pool, world.lamp, 5)
    await commit_stock(tx, [(world.merchant, world.a, world.lamp, q, 900 + q) for q in (1, 3)], NOW)
    assert await books(world, "commitments") == ({world.a: (5, 4)}, {world.pool: (5, 0)})


async def test_more_than_is_free_violates_the_check(tx, make, world):
    await make.stock(world.merchant, world.a, world.pool, world.lamp, 5)
    with pytest.raises(asyncpg.CheckViolationError):
        await commit_stock(tx, [(world.merchant, world.a, world.lamp, 6, 900)], NOW)


async def test_a_node_that_never_had_the_sku_is_a_bug(tx, world):
    with pytest.raises(AssertionError):
        await commit_stock(tx, [(world.merchant, world.a, world.lamp, 1, 900)], NOW)


async def test_freed_once_however_often_it_is_asked(tx, make, world, books):
    await make.stock(world.merchant, world.a, world.pool, world.lamp, 5)
    await make.stock(world.merchant, world.b, world.pool, world.lamp, 5)
    await commit_stock(tx, [(world.merchant, world.a, world.lamp, 2, 901)], NOW)
    await commit_stock(tx, [(world.merchant, world.b, world.lamp, 3, 902)], NOW)
    wish = [(world.merchant, 901), (world.merchant, 901), (world.merchant, 999)]
    for _ in range(2):
        await uncommit_stock(tx, wish, NOW)
        nodes, _ = await books(world, "commitments")
        assert nodes == {world.a: (5, 0), world.b: (5, 3)}


async def test_what_was_written_off_is_not_freed(tx, make, world, order, books):
    await make.stock(world.merchant, world.a, world.pool, world.lamp, 9)
    placed = await order(world, quantity=4, allocated=True)
    await write_off(tx, [(world.merchant, world.a, world.lamp, 3, placed)], NOW)
    assert await books(world, "commitments") == ({world.a: (6, 1)}, {world.pool: (6, 4)})
    await uncommit_stock(tx, [(world.merchant, placed)], NOW)
    assert await books(world, "commitments") == ({world.a: (6, 0)}, {world.pool: (6, 4)})
