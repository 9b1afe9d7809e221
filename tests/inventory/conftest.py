"""One merchant's world for stock: two nodes behind one market pool, and the books."""

from types import SimpleNamespace
from typing import Any

import pytest

from penstock.db.transaction import Transaction
from penstock.inventory.audit import audit


@pytest.fixture
async def world(make: Any) -> SimpleNamespace:
    """A merchant with SKU LAMP, nodes a and b, and a market pool; no stock yet."""
    merchant = await make.merchant()
    a, b = await make.node(), await make.node()
    pool = await make.pool(merchant, [a, b])
    lamp = await make.sku(merchant, code="LAMP")
    return SimpleNamespace(merchant=merchant, a=a, b=b, pool=pool, lamp=lamp)


@pytest.fixture
def books(tx: Transaction) -> Any:
    """Return both planes' counters as (on_hand, taken), after an audit that finds nothing."""

    async def read(world: SimpleNamespace) -> tuple[dict[int, Any], dict[int, Any]]:
        assert await audit(tx) == []
        nodes = await tx.fetch(
            "SELECT node_id, on_hand, allocated FROM inventory.node_stock"
            " WHERE merchant_id = $1 AND sku_id = $2 AND on_hand > 0",
            world.merchant,
            world.lamp,
        )
        pools = await tx.fetch(
            "SELECT pool_id, on_hand, reserved FROM inventory.pool_stock"
            " WHERE merchant_id = $1 AND sku_id = $2 AND on_hand > 0",
            world.merchant,
            world.lamp,
        )
        return {r[0]: (r[1], r[2]) for r in nodes}, {r[0]: (r[1], r[2]) for r in pools}

    return read
