"""Once a day: let merchants take fewer orders for a while because of their score."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

import msgspec

from penstock.db.outbox import announce
from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.merchants.growth.in_force import policies_in_force
from penstock.merchants.growth.move_tiers import lock_merchants
from penstock.merchants.growth.policy import VolumeLimit
from penstock.merchants.growth.volume import cut

TOPIC = "merchants.volume_limited"


class LowScored(msgspec.Struct, frozen=True):
    """A merchant with a low score and no limit, and its orders in the days that count."""

    merchant_id: int
    score: float
    orders: int


class Limited(msgspec.Struct, frozen=True):
    """A limit that has begun."""

    merchant_id: int
    limit_id: int
    daily_cap: int
    percent: int
    until_at: datetime
    because: str


@query
async def low_scored(
    tx: Transaction,
    *,
    policy: str,
    profile: str,
    score_from: date,
    score_below: float,
    mean_from: date,
    orders_min: int,
    today: date,
    now: datetime,
) -> list[LowScored]:
    """List approved merchants below a score that are under no limit of the policy."""


@query
async def store_limits(
    tx: Transaction,
    *,
    policy: str,
    merchant_ids: list[int],
    percents: list[int],
    means: list[Decimal],
    daily_caps: list[int],
    because: list[str],
    from_at: datetime,
    until_at: datetime,
) -> list[Limited]:
    """Begin limits of locked merchants."""


async def limit_volume(tx: Transaction, now: datetime) -> int:
    """Begin the limits that today's policies and scores bring; return how many.

    A merchant gets its next limit of a policy when the term of the last one is over, whether or
    not an operator has lifted that one.
    """
    limited = 0
    seen: set[str] = set()
    for policy in await policies_in_force(tx, "volume_limit", now.date()):
        assert isinstance(policy, VolumeLimit)
        if policy.code not in seen:
            seen.add(policy.code)
            limited += len(await _limit(tx, policy, now))
    return limited


async def _limit(tx: Transaction, policy: VolumeLimit, now: datetime) -> Sequence[Limited]:
    candidates = await _low(tx, policy, now)
    locked = set(await lock_merchants(tx, merchant_ids=[c.merchant_id for c in candidates]))
    cuts = [
        (c.merchant_id, found)
        for c in (await _low(tx, policy, now) if locked else [])
        if c.merchant_id in locked and (found := cut(policy, c.score, c.orders)) is not None
    ]
    if not cuts:
        return []
    begun = await store_limits(
        tx,
        policy=policy.code,
        merchant_ids=[merchant_id for merchant_id, _ in cuts],
        percents=[c.percent for _, c in cuts],
        means=[Decimal(str(c.mean_orders)) for _, c in cuts],
        daily_caps=[c.daily_cap for _, c in cuts],
        because=[c.because for _, c in cuts],
        from_at=now,
        until_at=now + timedelta(days=policy.limit_days),
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


async def _low(tx: Transaction, policy: VolumeLimit, now: datetime) -> list[LowScored]:
    today = now.date()
    return await low_scored(
        tx,
        policy=policy.code,
        profile=policy.profile,
        score_from=today - timedelta(days=policy.score_age_days),
        score_below=policy.bands[0].score_below,
        mean_from=today - timedelta(days=policy.mean_days),
        orders_min=policy.orders_min,
        today=today,
        now=now,
    )


def _payload(limited: Limited) -> str:
    said = {
        key: getattr(limited, key)
        for key in ("limit_id", "daily_cap", "percent", "until_at", "because")
    }
    return msgspec.json.encode(said).decode()
