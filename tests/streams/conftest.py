"""A merchant with a market pool, and what a stream borrows from other stages."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from penstock.db.transaction import Transaction
from penstock.inventory.add_pool import add_stream_pool
from penstock.inventory.ring_fence import ring_fence
from penstock.streams.schedule import schedule
from penstock.streams.validate import NewStream, StreamSku

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


@pytest.fixture
async def friday(tx: Transaction, make: Any, shop: SimpleNamespace) -> SimpleNamespace:
    """A stream of six LAMPs that is live, and a way to have orders of it without receipt."""
    stream = NewStream(
        code="friday", title="Friday night", country="US", starts_at=NOW - timedelta(hours=1),
        ends_at=NOW + timedelta(hours=1), skus=(StreamSku(shop.lamp, 6),), expected_orders=60,
    )  # fmt: skip
    answer = await schedule(
        tx, shop.merchant, stream, NOW, open_pool=add_stream_pool, ring_fence=ring_fence
    )
    await tx.fetch("UPDATE streams.stream SET state = 'live' WHERE stream_id = $1",
                   answer.stream_id)  # fmt: skip

    async def order(at: datetime = NOW, *, units: int = 1, outcome: str = "accepted",
                    buyer: str = "", status: str = "open",
                    dispatch_by: datetime = NOW + timedelta(days=2)) -> int:  # fmt: skip
        order_id = await make.one("SELECT nextval('lifecycle.subject_id')")
        await tx.fetch(
            "INSERT INTO orders.receipt (merchant_id, order_id, channel, channel_order_id, outcome,"
            " country, currency, goods_minor, shipping_minor, policy, stream_id, buyer_id, ship_to,"
            " ordered_at, paid_at, received_at, dispatch_by_at, deliver_by_at) VALUES ($1, $2,"
            " 'test', $2::bigint::text, $3, 'US', 'USD', 0, 0, 'all_or_nothing', $4, $5, '{}', $6,"
            " $6, $6, $7, $7)",
            shop.merchant, order_id, outcome, answer.stream_id, buyer, at, dispatch_by,
        )  # fmt: skip
        if outcome == "accepted":
            await tx.fetch(
                "INSERT INTO orders.line (merchant_id, order_id, line_no, sku_id, pool_id,"
                " quantity, accepted, unit_price_minor) VALUES ($1, $2, 0, $3, $4, $5, $5, 0)",
                shop.merchant, order_id, shop.lamp, answer.skus[0].pool_id, units,
            )  # fmt: skip
            await tx.fetch(
                "INSERT INTO lifecycle.subject (merchant_id, subject_id, kind, status, since_at,"
                " due_at, deadline_at) VALUES ($1, $2, 'fulfilment_order', $3, $4, 'infinity',"
                " CASE $3 WHEN 'cancelled' THEN 'infinity'::timestamptz"
                " ELSE $4::timestamptz + interval '1 day' END)",
                shop.merchant, order_id, status, at,
            )  # fmt: skip
        return order_id

    return SimpleNamespace(
        stream_id=answer.stream_id, pool=answer.skus[0].pool_id, order=order,
        merchant=shop.merchant, lamp=shop.lamp,
    )  # fmt: skip
