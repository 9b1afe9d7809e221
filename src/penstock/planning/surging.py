"""The surges that are going on, for whoever has to be ready for more of them."""

from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction


class Surging(msgspec.Struct, frozen=True):
    """Orders of a SKU beyond what was expected, as of the last minute that was counted."""

    merchant_id: int
    sku_id: int
    starts_at: datetime
    orders_per_minute: float


class SurgeShown(msgspec.Struct, frozen=True):
    """A spike of a SKU's orders that nobody planned; `ended_at` is null while it goes on.

    Rates are orders a minute: `rate` in the last minute counted, `peak` in the highest, `expected`
    when it began. `score` is how sure the detector was then, from 0.5 to 1.
    """

    merchant: str
    sku: str
    title: str
    started_at: datetime
    ended_at: datetime | None
    rate: float
    peak: float
    expected: float
    score: float


@query
async def surging(tx: Transaction, *, now: datetime) -> list[Surging]:
    """List the surges that are going on, the first to begin first."""


@query
async def list_surges(
    tx: Transaction, *, merchant_id: int | None, going: bool, limit: int
) -> list[SurgeShown]:
    """List surges, those that go on first, the latest first; if `going`, no others."""
