"""What is handed over leaves both planes and the order's reservation."""

from datetime import UTC, datetime

import asyncpg
import pytest

from penstock.inventory.audit import audit
from penstock.inventory.ship import ship_stock

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def line(world, placed, quantity, node=None):
    return (world.merchant, node or world.a, world.lamp, quantity, placed, placed, 0)


async def test_shipped_units_leave_node_pool_and_reservation(tx, make, world, order):
    await make.stock(world.merchant, world.a, world.pool, world.lamp, 9)
    first = await order(world, quantity=4, allocated=True)
    second = await order(world, quantity=2, allocated=True)
    await ship_stock(tx, [line(world, first, 4), line(world, second, 2)], NOW)
    for table in ("node_stock", "pool_stock"):
        (row,) = await tx.fetch(
            f"SELECT on_hand FROM inventory.{table} WHERE merchant_id = $1", world.merchant
        )
        assert row[0] == 3
    held = await tx.fetch(
        "SELECT quantity FROM inventory.reservation WHERE merchant_id = $1", world.merchant
    )
    assert [r[0] for r in held] == [0, 0]
    # The orders have not been moved to handed_over, and the audit says so; the stock itself agrees.
    assert {d.account for d in await audit(tx)} == {"order", "commitments"}


async def test_more_than_the_order_holds_violates_a_check(tx, make, world, order):
    await make.stock(world.merchant, world.a, world.pool, world.lamp, 9)
    placed = await order(world, quantity=2, allocated=True)
    await order(world, quantity=2, allocated=True)
    with pytest.raises(asyncpg.CheckViolationError):
        await ship_stock(tx, [line(world, placed, 3)], NOW)


async def test_a_line_without_reservation_is_a_bug(tx, make, world, order):
    await make.stock(world.merchant, world.a, world.pool, world.lamp, 9)
    placed = await order(world, quantity=2, allocated=True)
    with pytest.raises(AssertionError):
        await ship_stock(tx, [line(world, placed + 1, 2)], NOW)
