"""Look up all that receipt must know of a batch before it locks anything."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from penstock.channels.order import NewOrder
from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.orders.item import Item


class Known(msgspec.Struct, frozen=True):
    """An order that was answered before; `position` counts from 1.

    What it was answered is null where its month is archived.
    """

    position: int
    order_id: int
    body_sha256: str
    outcome: str | None
    detail: str | None
    dispatch_by_at: datetime | None
    deliver_by_at: datetime | None


class Market(msgspec.Struct, frozen=True):
    """Where and how the merchant sells: currency and SLA code of a country."""

    country: str
    currency: str
    sla: str


class Place(msgspec.Struct, frozen=True):
    """Where a line may be reserved: the first pool by rank that carries its SKU, 0 if none.

    `stream_id` is None where the order's stream takes no orders; `sku_id` where there is no such
    SKU.
    """

    position: int
    stream_id: int | None
    sku_id: int | None
    approved: bool
    pool_id: int


Wish = tuple[str, str, str]
"""What a line asks for: (SKU code, country, stream code)."""


class Look(msgspec.Struct, frozen=True):
    """What was found: orders known by their natural key, the markets, and a place a wish."""

    known: Sequence[Known]
    markets: dict[str, Market]
    places: dict[Wish, Place]


class Found(msgspec.Struct, frozen=True):
    """The same as JSON texts, null where there is nothing."""

    known: str | None
    markets: str | None
    places: str | None


@query
async def look(
    tx: Transaction,
    *,
    merchant_id: int,
    channels: list[str],
    channel_order_ids: list[str],
    sku_codes: list[str],
    countries: list[str],
    stream_codes: list[str],
) -> Found | None:
    """Find what is known of a batch; a batch names few distinct places, each is asked once."""


_KNOWN = msgspec.json.Decoder(list[Known])
_MARKETS = msgspec.json.Decoder(list[Market])
_PLACES = msgspec.json.Decoder(list[Place])


async def look_up(tx: Transaction, merchant_id: int, items: Sequence[Item]) -> Look:
    """Find what is known of the items, and where what they ask for may be reserved."""
    orders = [item.order for item in items]
    wishes = list(
        {(line.sku, order.ship_to.country, order.stream): None
         for order in orders for line in order.lines}
    )  # fmt: skip
    found = await look(
        tx,
        merchant_id=merchant_id,
        channels=[order.channel for order in orders],
        channel_order_ids=[order.channel_order_id for order in orders],
        sku_codes=[sku for sku, _, _ in wishes],
        countries=[country for _, country, _ in wishes],
        stream_codes=[stream for _, _, stream in wishes],
    )
    assert found is not None
    return Look(
        _KNOWN.decode(found.known or b"[]"),
        {market.country: market for market in _MARKETS.decode(found.markets or b"[]")},
        {wishes[place.position - 1]: place for place in _PLACES.decode(found.places or b"[]")},
    )


def wishes_of(order: NewOrder) -> list[Wish]:
    """Return what each line of an order asks for."""
    country, stream = order.ship_to.country, order.stream
    return [(line.sku, country, stream) for line in order.lines]
