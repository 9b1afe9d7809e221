"""Begin volume limits, and tell the merchants."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from penstock.db.outbox import announce
from penstock.db.query import query
from penstock.db.transaction import Transaction

TOPIC = "merchants.volume_limited"


class NewLimit(msgspec.Struct, frozen=True, kw_only=True):
    """At most `daily_cap` orders a day until a moment, which are `percent` of the mean."""

    merchant_id: int
    policy: str
    percent: int
    mean_orders: Decimal
    daily_cap: int
    until_at: datetime
    because: str


class Limited(msgspec.Struct, frozen=True):
    """A limit that has begun."""

    merchant_id: int
    policy: str
    limit_id: int
    daily_cap: int
    percent: int
    until_at: datetime
    because: str


@query
async def store_limits(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    policies: list[str],
    percents: list[int],
    means: list[Decimal],
    daily_caps: list[int],
    because: list[str],
    from_at: datetime,
    until_at: list[datetime],
) -> list[Limited]:
    """Begin limits of locked merchants."""


async def begin_limits(tx: Transaction, limits: Sequence[NewLimit], now: datetime) -> list[Limited]:
    """Begin limits of locked merchants, at most one of a merchant and policy."""
    if not limits:
        return []
    begun = await store_limits(
        tx,
        merchant_ids=[limit.merchant_id for limit in limits],
        policies=[limit.policy for limit in limits],
        percents=[limit.percent for limit in limits],
        means=[limit.mean_orders for limit in limits],
        daily_caps=[limit.daily_cap for limit in limits],
        because=[limit.because for limit in limits],
        from_at=now,
        until_at=[limit.until_at for limit in limits],
    )
    await announce(
        tx,
        topic=TOPIC,
        merchant_ids=[b.merchant_id for b in begun],
        subject_ids=[0] * len(begun),
        at=now,
        payloads=[_payload(b) for b in begun],
    )
    return begun


def _payload(limited: Limited) -> str:
    said = {
        key: getattr(limited, key)
        for key in ("limit_id", "daily_cap", "percent", "until_at", "because")
    }
    return msgspec.json.encode(said).decode()
