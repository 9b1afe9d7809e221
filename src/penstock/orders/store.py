"""Write what was decided: orders, accepted and refused alike, and their lines."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.orders.decide import Decision
from penstock.orders.item import Item


@query
async def store(
    tx: Transaction,
    *,
    merchant_id: int,
    received_at: datetime,
    order_ids: list[int],
    channels: list[str],
    channel_order_ids: list[str],
    body_sha256: list[bytes],
    outcomes: list[str],
    details: list[str],
    countries: list[str],
    currencies: list[str],
    goods_minor: list[int],
    shipping_minor: list[int],
    policies: list[str],
    stream_ids: list[int | None],
    buyer_ids: list[str],
    ship_to: list[str],
    ordered_at: list[datetime],
    paid_at: list[datetime],
    dispatch_by_at: list[datetime],
    deliver_by_at: list[datetime],
) -> list[int]:
    """Insert accepted and refused alike; answer the ids that are new, so a lost race shows."""


@query
async def store_lines(
    tx: Transaction,
    *,
    merchant_id: int,
    order_ids: list[int],
    line_nos: list[int],
    sku_ids: list[int],
    pool_ids: list[int],
    quantities: list[int],
    accepted: list[int],
    backordered: list[int],
    unit_price_minor: list[int],
) -> None:
    """Insert the lines of accepted orders."""


async def store_receipts(
    tx: Transaction, merchant_id: int, items: Sequence[Item], ids: Sequence[int], now: datetime
) -> list[int]:
    """Store the decided items; return the ids that are new."""
    orders = [item.order for item in items]
    answers = [item.answer for item in items if item.answer is not None]
    dispatch_by = [item.dispatch_by_at for item in items if item.dispatch_by_at is not None]
    deliver_by = [item.deliver_by_at for item in items if item.deliver_by_at is not None]
    return await store(
        tx,
        merchant_id=merchant_id,
        received_at=now,
        order_ids=list(ids),
        channels=[o.channel for o in orders],
        channel_order_ids=[o.channel_order_id for o in orders],
        body_sha256=[item.sha256 for item in items],
        outcomes=[a.outcome for a in answers],
        details=[a.detail for a in answers],
        countries=[o.ship_to.country for o in orders],
        currencies=[o.currency for o in orders],
        goods_minor=[sum(x.quantity * x.unit_price_minor for x in o.lines) for o in orders],
        shipping_minor=[o.shipping_minor for o in orders],
        policies=[o.policy for o in orders],
        stream_ids=[item.stream_id for item in items],
        buyer_ids=[o.buyer_id for o in orders],
        ship_to=[msgspec.json.encode(o.ship_to).decode() for o in orders],
        ordered_at=[o.ordered_at for o in orders],
        paid_at=[item.paid_at for item in items],
        dispatch_by_at=dispatch_by,
        deliver_by_at=deliver_by,
    )


async def store_accepted_lines(
    tx: Transaction, merchant_id: int, accepted: Sequence[tuple[Item, Decision, int]]
) -> None:
    """Store the lines of accepted orders; what is backordered counts as accepted."""
    rows = [
        (order_id, line_no, place.sku_id, place.pool_id, line, got, waiting)
        for item, decision, order_id in accepted
        for line_no, (place, line, got, waiting) in enumerate(
            zip(item.places, item.order.lines, decision.reserved, decision.backordered, strict=True)
        )
    ]
    await store_lines(
        tx,
        merchant_id=merchant_id,
        order_ids=[row[0] for row in rows],
        line_nos=[row[1] for row in rows],
        sku_ids=[row[2] for row in rows],
        pool_ids=[row[3] for row in rows],
        quantities=[row[4].quantity for row in rows],
        accepted=[row[5] + row[6] for row in rows],
        backordered=[row[6] for row in rows],
        unit_price_minor=[row[4].unit_price_minor for row in rows],
    )
