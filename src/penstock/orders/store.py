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
_OWN = ("channel_order_ids", "body_sha256", "goods_minor", "buyer_ids", "ship_to", "ordered_at",
        "paid_at")  # fmt: skip
_SHARED = ("channels", "countries", "currencies", "shipping_minor", "policies", "stream_ids",
           "outcomes", "details", "dispatch_by_at", "deliver_by_at", "events")  # fmt: skip
_LINE = ("line_nos", "pool_ids", "sku_ids", "quantities", "unit_price_minor", "reserved",
         "accepted", "backordered")  # fmt: skip


@query
async def store(
    tx: Transaction,
    *,
    merchant_id: int,
    at: datetime,
    order_ids: list[int],
    channel_order_ids: list[str],
    body_sha256: list[bytes],
    goods_minor: list[int],
    buyer_ids: list[str],
    ship_to: list[str],
    ordered_at: list[datetime],
    paid_at: list[datetime | None],
    alike: list[int],
    channels: list[str],
    outcomes: list[str],
    details: list[str],
    countries: list[str],
    currencies: list[str],
    shipping_minor: list[int],
    policies: list[str],
    stream_ids: list[int | None],
    dispatch_by_at: list[datetime],
    deliver_by_at: list[datetime],
    line_order_ids: list[int],
    lines_alike: list[int],
    line_nos: list[int],
    pool_ids: list[int],
    sku_ids: list[int],
    quantities: list[int],
    accepted: list[int],
    backordered: list[int],
    unit_price_minor: list[int],
) -> None:
    """Take the natural keys, and insert orders and lines.

    What orders share is the `alike`-th (from 1) of it, what lines share the `lines_alike`-th.
    """


def write_down(items: Sequence[Item]) -> None:
    """Note of each item what no decision changes: before the lock, for others wait at it."""
    for item in items:
        order = item.order
        item.own = (
            order.channel_order_id,
            item.sha256,
            sum([line.quantity * line.unit_price_minor for line in order.lines]),
            order.buyer_id,
            _ENCODE(order.ship_to).decode(),
            order.ordered_at,
            order.paid_at,
        )
        item.shared = (
            order.channel,
            order.ship_to.country,
            order.currency,
            order.shipping_minor,
            order.policy,
            item.stream_id,
        )


def columns_of(decided: Sequence[Decided], events: Sequence[str]) -> dict[str, Sequence[Any]]:
    """Return what `store` writes of the decided items, and the units to be `reserved` by line.

    The items were written down, answered and dated. `events` are those by which they come to
    life. What is backordered counts as accepted.
    """
    shared: dict[tuple[Any, ...], int] = {}
    alike = []
    for (item, _, _), event in zip(decided, events, strict=True):
        answer, dated = item.answer, item.dated
        assert answer is not None, "every decided item is answered"
        assert dated is not None, "every decided item is dated"
        told = (answer.outcome, answer.detail, dated.dispatch_by_at, dated.deliver_by_at, event)
        alike.append(shared.setdefault(item.shared + told, len(shared) + 1))
    return {
        "order_ids": [order_id for _, _, order_id in decided],
        "alike": alike,
        **dict(zip(_OWN, zip(*[item.own for item, _, _ in decided], strict=True), strict=True)),
        **dict(zip(_SHARED, zip(*shared, strict=True), strict=True)),
        **_line_columns([one for one in decided if one[1].outcome == "accepted"]),
    }


def _line_columns(accepted: Sequence[Decided]) -> dict[str, Sequence[Any]]:
    shared: dict[tuple[int, ...], int] = {}
    order_ids, alike = [], []
    for item, decision, order_id in accepted:
        for no, ((pool_id, sku_id), line, got, waits) in enumerate(
            zip(item.places, item.order.lines, decision.reserved, decision.backordered, strict=True)
        ):
            asked = (no, pool_id, sku_id, line.quantity, line.unit_price_minor)
            order_ids.append(order_id)
            alike.append(shared.setdefault((*asked, got, got + waits, waits), len(shared) + 1))
    columns = zip(*shared, strict=True) if shared else ((),) * len(_LINE)
    return {
        "line_order_ids": order_ids,
        "lines_alike": alike,
        **dict(zip(_LINE, columns, strict=True)),
    }
