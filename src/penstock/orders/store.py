"""Write what was decided: orders, accepted and refused alike, and the lines of the accepted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.orders.decide import Decision
from penstock.orders.item import Item

_ENCODE = msgspec.json.Encoder().encode
Decided = tuple[Item, Decision, int]
"""An item, what was decided on it, and the order id that it got."""


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
    paid_at: list[datetime | None],
    dispatch_by_at: list[datetime],
    deliver_by_at: list[datetime],
    line_order_ids: list[int],
    line_nos: list[int],
    pool_ids: list[int],
    sku_ids: list[int],
    quantities: list[int],
    accepted: list[int],
    backordered: list[int],
    unit_price_minor: list[int],
) -> None:
    """Take the natural keys, and insert orders and lines."""


async def store_decided(
    tx: Transaction, merchant_id: int, decided: Sequence[Decided], now: datetime
) -> None:
    """Store the decided items; what is backordered counts as accepted."""
    orders = _columns([_order_row(item, order_id) for item, _, order_id in decided], 18)
    lines = _columns([row for one in decided for row in _line_rows(*one)], 8)
    await store(
        tx,
        merchant_id=merchant_id,
        received_at=now,
        order_ids=orders[0],
        channels=orders[1],
        channel_order_ids=orders[2],
        body_sha256=orders[3],
        outcomes=orders[4],
        details=orders[5],
        countries=orders[6],
        currencies=orders[7],
        goods_minor=orders[8],
        shipping_minor=orders[9],
        policies=orders[10],
        stream_ids=orders[11],
        buyer_ids=orders[12],
        ship_to=orders[13],
        ordered_at=orders[14],
        paid_at=orders[15],
        dispatch_by_at=orders[16],
        deliver_by_at=orders[17],
        line_order_ids=lines[0],
        line_nos=lines[1],
        pool_ids=lines[2],
        sku_ids=lines[3],
        quantities=lines[4],
        accepted=lines[5],
        backordered=lines[6],
        unit_price_minor=lines[7],
    )


def _order_row(item: Item, order_id: int) -> tuple[object, ...]:
    order, answer, dated = item.order, item.answer, item.dated
    assert answer is not None
    assert dated is not None
    return (
        order_id,
        order.channel,
        order.channel_order_id,
        item.sha256,
        answer.outcome,
        answer.detail,
        order.ship_to.country,
        order.currency,
        sum([line.quantity * line.unit_price_minor for line in order.lines]),
        order.shipping_minor,
        order.policy,
        item.stream_id,
        order.buyer_id,
        _ENCODE(order.ship_to).decode(),
        order.ordered_at,
        order.paid_at,
        dated.dispatch_by_at,
        dated.deliver_by_at,
    )


def _line_rows(item: Item, decision: Decision, order_id: int) -> list[tuple[int, ...]]:
    if decision.outcome != "accepted":
        return []
    return [
        (order_id, line_no, pool_id, sku_id, line.quantity, got + waiting, waiting,
         line.unit_price_minor)
        for line_no, ((pool_id, sku_id), line, got, waiting) in enumerate(
            zip(item.places, item.order.lines, decision.reserved, decision.backordered, strict=True)
        )
    ]  # fmt: skip


def _columns(rows: Sequence[tuple[object, ...]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[]] * width
