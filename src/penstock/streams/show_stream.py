"""Show a livestream: when it is, and what of its stock is kept, reserved and left."""

from datetime import datetime
from typing import Literal

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction


class StreamSkuShown(msgspec.Struct, frozen=True, kw_only=True):
    """Units of a SKU kept for a stream.

    `ring_fenced` were kept when it was scheduled; of those, `available` are left for sale,
    `reserved` belong to orders that have not shipped, `given_back` went back to the market.
    """

    sku: str
    title: str
    ring_fenced: int
    given_back: int
    reserved: int
    available: int


class NodeBooked(msgspec.Struct, frozen=True, kw_only=True):
    """Orders an hour of a node: what was wanted for the stream, and what is booked."""

    node: str
    wanted: int
    booked: int


class StreamShown(msgspec.Struct, frozen=True, kw_only=True):
    """A stream as it stands."""

    code: str
    title: str
    host: str
    country: str
    state: Literal["scheduled", "live", "closed", "cancelled"]
    starts_at: datetime
    ends_at: datetime
    expected_orders: int
    channels: tuple[str, ...]
    capacity: tuple[NodeBooked, ...]
    skus: tuple[StreamSkuShown, ...]


class StreamListed(msgspec.Struct, frozen=True):
    """A stream in a list."""

    code: str
    title: str
    country: str
    state: str
    starts_at: datetime
    ends_at: datetime
    expected_orders: int


@query
async def show_stream(tx: Transaction, *, merchant_id: int, code: str) -> str | None:
    """Put the stream together as one JSON object."""


@query
async def list_streams(
    tx: Transaction, *, merchant_id: int, before: datetime | None, streams: int
) -> list[StreamListed]:
    """List a merchant's streams that start before a moment, the last to start first."""


async def shown_stream(tx: Transaction, merchant_id: int, code: str) -> StreamShown | None:
    """Return a merchant's stream by its code, or None where there is none."""
    found = await show_stream(tx, merchant_id=merchant_id, code=code)
    return None if found is None else msgspec.json.decode(found, type=StreamShown)
