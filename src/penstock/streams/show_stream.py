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


class StreamShown(msgspec.Struct, frozen=True, kw_only=True):
    """A stream as it stands."""

    code: str
    title: str
    host: str
    country: str
    state: Literal["scheduled", "live", "closed"]
    starts_at: datetime
    ends_at: datetime
    expected_orders: int
    skus: tuple[StreamSkuShown, ...]


@query
async def show_stream(tx: Transaction, *, merchant_id: int, code: str) -> str | None:
    """Put the stream together as one JSON object."""


async def shown_stream(tx: Transaction, merchant_id: int, code: str) -> StreamShown | None:
    """Return a merchant's stream by its code, or None where there is none."""
    found = await show_stream(tx, merchant_id=merchant_id, code=code)
    return None if found is None else msgspec.json.decode(found, type=StreamShown)
