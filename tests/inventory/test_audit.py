"""The audit names whatever was changed behind the verbs' back, and nothing else."""

import pytest

from penstock.inventory.audit import Difference, audit


@pytest.fixture
async def sold(make, world, order):
    """A world with stock, an allocated order of 4 and an open one of 2."""
    await make.stock(world.merchant, world.a, world.pool, world.lamp, 10)
    world.first = await order(world, quantity=4, allocated=True)
    world.second = await order(world, quantity=2)
    return world


async def test_nothing_is_different_after_the_verbs(tx, sold):
    assert await audit(tx) == []


@pytest.mark.parametrize(
    ("tampering", "expected"),
    [
        (
            "UPDATE inventory.node_stock SET allocated = allocated + 1",
            {
                ("node_free", "a", 5, 6),
                ("node_allocated", "a", 5, 4),
                ("commitments", "a", 5, 4),
            },
        ),
        (
            "UPDATE inventory.node_stock SET on_hand = on_hand + 1",
            {("node_free", "a", 7, 6), ("family", "pool", 10, 11)},
        ),
        (
            "UPDATE inventory.pool_stock SET reserved = reserved - 1",
            {
                ("pool_available", "pool", 5, 4),
                ("pool_reserved", "pool", 5, 6),
                ("reservations", "pool", 5, 6),
            },
        ),
        (
            "UPDATE inventory.reservation SET quantity = quantity - 1 WHERE quantity = 2",
            {("reservations", "pool", 6, 5), ("order", "second", 1, 2)},
        ),
        (
            "UPDATE orders.line SET accepted = accepted - 1 WHERE accepted = 2",
            {("order", "second", 2, 1)},
        ),
        (
            "UPDATE allocation.fulfilment_line SET quantity = 3",
            {("order", "first", 4, 3), ("commitments", "a", 4, 3)},
        ),
        (
            """
            INSERT INTO inventory.move (merchant_id, sku_id, quantity, from_account, from_holder,
                                        to_account, to_holder, reason, subject_id, at)
            SELECT merchant_id, sku_id, 1, 'missing', 0, 'scrap', 0, 'test', 0, at
            FROM inventory.move LIMIT 1
            """,
            {("missing", None, 0, -1)},
        ),
        (
            "DELETE FROM inventory.pool_stock",
            {
                ("pool_available", "pool", 0, 4),
                ("pool_reserved", "pool", 0, 6),
                ("reservations", "pool", 0, 6),
                ("family", "pool", 0, 10),
            },
        ),
    ],
)
async def test_every_tampering_is_named(tx, sold, tampering, expected):
    await tx.fetch(tampering)
    found = await audit(tx)
    assert set(found) == {
        Difference(
            sold.merchant, sold.lamp, account, getattr(sold, holder) if holder else 0, says, is_
        )
        for account, holder, says, is_ in expected
    }
    assert len(found) == len(expected)
