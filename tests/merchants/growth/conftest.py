"""Merchants with a past: approved long ago, with scores and deliveries."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from penstock.db.transaction import Transaction
from penstock.merchants.growth.load_policies import load_shipped_policies

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class Past:
    """What has happened to merchants before the test begins."""

    def __init__(self, tx: Transaction, make: Any) -> None:
        self.tx, self.make = tx, make

    async def merchant(self, *, approved_days: int = 100, **about: Any) -> int:
        merchant_id: int = await self.make.merchant(**about)
        await self.tx.fetch(
            "UPDATE merchants.merchant SET approved_at = $2, decided_at = $2"
            " WHERE merchant_id = $1",
            merchant_id,
            NOW - timedelta(days=approved_days),
        )
        return merchant_id

    async def score(
        self, merchant_id: int, score: float | None, *, days_ago: int = 1, status: str = "final",
        profile: str = "penstock_les",
    ) -> None:  # fmt: skip
        await self.tx.fetch(
            "INSERT INTO experience.score VALUES ($1, $2, $3, $4, $5::float8, '{}')"
            " ON CONFLICT (merchant_id, profile, day) DO UPDATE SET score = excluded.score",
            merchant_id, profile, NOW.date() - timedelta(days=days_ago), status, score,
        )  # fmt: skip

    async def delivered(self, merchant_id: int, orders: int, *, source: str = "live") -> None:
        await self.tx.fetch(
            "INSERT INTO experience.journey (merchant_id, fulfilment_order_id, source, order_ref,"
            " ordered_at, delivered_at) SELECT $1, n, $3, n::text, $4, $4"
            " FROM generate_series(1, $2::int) AS n",
            merchant_id, orders, source, NOW - timedelta(days=3),
        )  # fmt: skip

    async def days(self, merchant_id: int, orders: int, *, days: int = 28) -> None:
        """The same number of orders on each of the last days, today not among them."""
        await self.tx.fetch(
            "INSERT INTO merchants.day (merchant_id, day, orders, cap)"
            " SELECT $1, $2::date - n, $3, $3 FROM generate_series(1, $4::int) AS n",
            merchant_id, NOW.date(), orders, days,
        )  # fmt: skip

    async def told(self, merchant_id: int, topic: str) -> int:
        count: int = await self.make.one(
            "SELECT count(*) FROM outbox.events WHERE merchant_id = $1 AND topic = $2",
            merchant_id, topic,
        )  # fmt: skip
        return count


@pytest.fixture
async def past(tx: Transaction, make: Any) -> Past:
    """A maker of merchants with a past, under the shipped policies."""
    await load_shipped_policies(tx)
    return Past(tx, make)


@pytest.fixture
def past_in() -> type[Past]:
    """The same in a transaction that the test opens itself."""
    return Past
