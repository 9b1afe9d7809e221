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
    at: datetime,
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


def columns_of(decided: Sequence[Decided]) -> dict[str, list[Any]]:
    """Return what `store` writes of the decided items, and the units to be `reserved` by line.

    What is backordered counts as accepted.
    """
    orders = [item.order for item, _, _ in decided]
    answers = [item.answer for item, _, _ in decided if item.answer is not None]
    dates = [item.dated for item, _, _ in decided if item.dated is not None]
    assert len(answers) == len(dates) == len(orders), "every decided item is answered and dated"
    columns: dict[str, list[Any]] = {
        "order_ids": [order_id for _, _, order_id in decided],
        "channels": [order.channel for order in orders],
        "channel_order_ids": [order.channel_order_id for order in orders],
        "body_sha256": [item.sha256 for item, _, _ in decided],
        "outcomes": [answer.outcome for answer in answers],
        "details": [answer.detail for answer in answers],
        "countries": [order.ship_to.country for order in orders],
        "currencies": [order.currency for order in orders],
        "goods_minor": [
            sum([line.quantity * line.unit_price_minor for line in order.lines]) for order in orders
        ],
        "shipping_minor": [order.shipping_minor for order in orders],
        "policies": [order.policy for order in orders],
        "stream_ids": [item.stream_id for item, _, _ in decided],
        "buyer_ids": [order.buyer_id for order in orders],
        "ship_to": [_ENCODE(order.ship_to).decode() for order in orders],
        "ordered_at": [order.ordered_at for order in orders],
        "paid_at": [order.paid_at for order in orders],
        "dispatch_by_at": [dated.dispatch_by_at for dated in dates],
        "deliver_by_at": [dated.deliver_by_at for dated in dates],
    }
    return columns | _line_columns([one for one in decided if one[1].outcome == "accepted"])


def _line_columns(accepted: Sequence[Decided]) -> dict[str, list[Any]]:
    lines = [(line, order_id) for item, _, order_id in accepted for line in item.order.lines]
    places = [place for item, _, _ in accepted for place in item.places]
    reserved = [units for _, decision, _ in accepted for units in decision.reserved]
    backordered = [units for _, decision, _ in accepted for units in decision.backordered]
    return {
        "line_order_ids": [order_id for _, order_id in lines],
        "line_nos": [no for item, _, _ in accepted for no in range(len(item.places))],
        "pool_ids": [pool_id for pool_id, _ in places],
        "sku_ids": [sku_id for _, sku_id in places],
        "quantities": [line.quantity for line, _ in lines],
        "accepted": [got + waits for got, waits in zip(reserved, backordered, strict=True)],
        "backordered": backordered,
        "unit_price_minor": [line.unit_price_minor for line, _ in lines],
        "reserved": reserved,
    }
