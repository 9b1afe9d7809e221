"""A merchant with a market pool, and what a stream borrows from other stages."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from penstock.db.transaction import Transaction

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
async def shop(tx: Transaction, make: Any) -> SimpleNamespace:
    """A merchant that sells 10 LAMPs in the US, and has a VASE that no pool carries."""
    merchant = await make.merchant()
    node = await make.node()
    pool = await make.pool(merchant, [node])
    lamp, vase = await make.sku(merchant, code="LAMP"), await make.sku(merchant, code="VASE")
    await make.stock(merchant, node, pool, lamp, 10)

    async def available() -> dict[int, int]:
        rows = await tx.fetch(
            "SELECT pool_id, on_hand - reserved FROM inventory.pool_stock WHERE merchant_id = $1",
            merchant,
        )
        return {r[0]: r[1] for r in rows}

    return SimpleNamespace(
        merchant=merchant, node=node, pool=pool, lamp=lamp, vase=vase, available=available,
        starts_at=NOW + timedelta(hours=1), ends_at=NOW + timedelta(hours=3),
    )  # fmt: skip
