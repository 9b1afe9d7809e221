"""Write what was decided: orders, accepted and refused alike, and the lines of the accepted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.orders.decide import Ask, Decision
from penstock.orders.item import Item, Kind, Shared

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
    known: dict[tuple[Any, ...], Shared] = {}
    kinds: dict[tuple[Any, ...], Kind] = {}
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
        columns = (
            order.channel,
            order.ship_to.country,
            order.currency,
            order.shipping_minor,
            order.policy,
            item.stream_id,
        )
        shared = known.get(columns) or known.setdefault(columns, Shared(columns))
        alike = (shared, item.places, order.lines)
        item.kind = kinds.get(alike) or kinds.setdefault(alike, _kind(item, shared))


def _kind(item: Item, shared: Shared) -> Kind:
    lines = item.order.lines
    return Kind(
        Ask(item.order.policy, item.places, tuple([line.quantity for line in lines])),
        shared,
        tuple(
            [
                (no, *place, line.quantity, line.unit_price_minor)
                for no, (place, line) in enumerate(zip(item.places, lines, strict=True))
            ]
        ),
    )


def columns_of(decided: Sequence[Decided], events: Sequence[str]) -> dict[str, Sequence[Any]]:
    """Return what `store` writes of the decided items, and the units to be `reserved` by line.

    The items were written down, answered and dated. `events` are those by which they come to
    life. What is backordered counts as accepted.
    """
    alike: dict[tuple[Any, ...], int] = {}
    which = []
    for (item, _, _), event in zip(decided, events, strict=True):
        answer, dated = item.answer, item.dated
        assert answer is not None, "every decided item is answered"
        assert dated is not None, "every decided item is dated"
        told = (item.kind.shared, answer.outcome, answer.detail,
                dated.dispatch_by_at, dated.deliver_by_at, event)  # fmt: skip
        which.append(alike.setdefault(told, len(alike) + 1))
    shared = [(*known.columns, *told) for known, *told in alike]
    return {
        "order_ids": [order_id for _, _, order_id in decided],
        "alike": which,
        **dict(zip(_OWN, zip(*[item.own for item, _, _ in decided], strict=True), strict=True)),
        **dict(zip(_SHARED, zip(*shared, strict=True), strict=True)),
        **_line_columns([one for one in decided if one[1].outcome == "accepted"]),
    }


def _line_columns(accepted: Sequence[Decided]) -> dict[str, Sequence[Any]]:
    alike: dict[tuple[Kind, int, int, int], int] = {}
    order_ids, which = [], []
    for item, decision, order_id in accepted:
        for no, (got, waits) in enumerate(
            zip(decision.reserved, decision.backordered, strict=True)
        ):
            order_ids.append(order_id)
            which.append(alike.setdefault((item.kind, no, got, waits), len(alike) + 1))
    lines = [(*kind.lines[no], got, got + waits, waits) for kind, no, got, waits in alike]
    columns = zip(*lines, strict=True) if lines else ((),) * len(_LINE)
    return {
        "line_order_ids": order_ids,
        "lines_alike": which,
        **dict(zip(_LINE, columns, strict=True)),
    }
