"""Reserved units come back once, and never more than are held."""

from datetime import UTC, datetime

from penstock.inventory.audit import audit
from penstock.inventory.release import release_reservation

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def counters(tx, world):
    (row,) = await tx.fetch(
        "SELECT on_hand, reserved FROM inventory.pool_stock WHERE merchant_id = $1", world.merchant
    )
    return tuple(row)


async def test_released_units_are_for_sale_again(tx, make, world, order):
    await make.stock(world.merchant, world.a, world.pool, world.lamp, 9)
    first, second = await order(world, quantity=4), await order(world, quantity=3)
    answers = await release_reservation(
        tx, [(world.merchant, first, 0, 1), (world.merchant, second, 0, 3)], NOW
    )
    assert [(a.order_id, a.quantity) for a in answers] == [(first, 1), (second, 3)]
    assert await counters(tx, world) == (9, 3)


async def test_never_more_than_is_held(tx, make, world, order):
    await make.stock(world.merchant, world.a, world.pool, world.lamp, 9)
    placed = await order(world, quantity=4)
    rows = [(world.merchant, placed, 0, 3), (world.merchant, placed, 0, 3)]
    assert [a.quantity for a in await release_reservation(tx, rows, NOW)] == [4]
    assert [a.quantity for a in await release_reservation(tx, rows, NOW)] == [0]
    assert await release_reservation(tx, [(world.merchant, placed, 7, 1)], NOW) == []
    assert await counters(tx, world) == (9, 0)
    assert {d.account for d in await audit(tx)} == {"order"}  # it was not cancelled
