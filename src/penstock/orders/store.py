"""Write what was decided: orders, accepted and refused alike, and their lines."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.orders.decide import Decision
from penstock.orders.item import Item

_ENCODE = msgspec.json.Encoder().encode


@query
async def store_keys(
    tx: Transaction,
    *,
    merchant_id: int,
    channels: list[str],
    channel_order_ids: list[str],
    order_ids: list[int],
    body_sha256: list[bytes],
) -> None:
    """Take the orders' natural keys; where another transaction was first, all is run again."""


@query
async def store(
    tx: Transaction,
    *,
    merchant_id: int,
    received_at: datetime,
    order_ids: list[int],
    channels: list[str],
    channel_order_ids: list[str],
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
) -> None:
    """Insert accepted and refused alike."""


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
) -> None:
    """Store the decided items."""
    ours = list(ids)
    channels = [item.order.channel for item in items]
    channel_order_ids = [item.order.channel_order_id for item in items]
    await store_keys(
        tx,
        merchant_id=merchant_id,
        channels=channels,
        channel_order_ids=channel_order_ids,
        order_ids=ours,
        body_sha256=[item.sha256 for item in items],
    )
    rows = [
        (
            o.ship_to.country,
            o.currency,
            sum([line.quantity * line.unit_price_minor for line in o.lines]),
            o.shipping_minor,
            o.policy,
            item.stream_id,
            o.buyer_id,
            _ENCODE(o.ship_to).decode(),
            o.ordered_at,
            item.paid_at,
            item.dated.dispatch_by_at,
            item.dated.deliver_by_at,
            item.answer.outcome,
            item.answer.detail,
        )
        for item in items
        if (o := item.order) and item.dated and item.answer
    ]
    column = [list(values) for values in zip(*rows, strict=True)]
    await store(
        tx,
        merchant_id=merchant_id,
        received_at=now,
        order_ids=ours,
        channels=channels,
        channel_order_ids=channel_order_ids,
        countries=column[0],
        currencies=column[1],
        goods_minor=column[2],
        shipping_minor=column[3],
        policies=column[4],
        stream_ids=column[5],
        buyer_ids=column[6],
        ship_to=column[7],
        ordered_at=column[8],
        paid_at=column[9],
        dispatch_by_at=column[10],
        deliver_by_at=column[11],
        outcomes=column[12],
        details=column[13],
    )


async def store_accepted_lines(
    tx: Transaction, merchant_id: int, accepted: Sequence[tuple[Item, Decision, int]]
) -> None:
    """Store the lines of accepted orders; what is backordered counts as accepted."""
    rows = [
        (order_id, line_no, pool_id, sku_id, line.quantity, got + waiting, waiting,
         line.unit_price_minor)
        for item, decision, order_id in accepted
        for line_no, ((pool_id, sku_id), line, got, waiting) in enumerate(
            zip(item.places, item.order.lines, decision.reserved, decision.backordered, strict=True)
        )
    ]  # fmt: skip
    column = [list(values) for values in zip(*rows, strict=True)]
    await store_lines(
        tx,
        merchant_id=merchant_id,
        order_ids=column[0],
        line_nos=column[1],
        pool_ids=column[2],
        sku_ids=column[3],
        quantities=column[4],
        accepted=column[5],
        backordered=column[6],
        unit_price_minor=column[7],
    )
