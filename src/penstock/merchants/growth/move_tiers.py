"""Write moves of merchants between tiers, with their history, and tell the merchants."""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from penstock.db.outbox import announce
from penstock.db.query import query
from penstock.db.transaction import Transaction

TOPIC = "merchants.tier_changed"


class TierMove(msgspec.Struct, frozen=True, kw_only=True):
    """A merchant's new place on a ladder; `pinned_until` is from when the ladder may move it."""

    merchant_id: int
    ladder: str
    tier: str
    daily_cap: int | None
    because: str
    by: str
    pinned_until: date = date.min


class Moved(msgspec.Struct, frozen=True):
    """Where a merchant came from (empty: from no tier) and where it is now."""

    merchant_id: int
    from_tier: str
    tier: str
    daily_cap: int | None
    because: str
    tier_id: int


@query
async def lock_merchants(tx: Transaction, *, merchant_ids: list[int]) -> list[int]:
    """Lock merchants, in key order, and answer which of them there are."""


@query
async def store_tiers(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    ladders: list[str],
    tiers: list[str],
    daily_caps: list[int | None],
    because: list[str],
    decided_by: list[str],
    pinned_until: list[date],
    at: datetime,
) -> list[Moved]:
    """End the present tiers of locked merchants and begin the new ones."""


async def move_tiers(tx: Transaction, moves: Sequence[TierMove], now: datetime) -> list[Moved]:
    """Move merchants, which the transaction has locked, one move each; tell them by the outbox."""
    if not moves:
        return []
    moved = await store_tiers(
        tx,
        merchant_ids=[m.merchant_id for m in moves],
        ladders=[m.ladder for m in moves],
        tiers=[m.tier for m in moves],
        daily_caps=[m.daily_cap for m in moves],
        because=[m.because for m in moves],
        decided_by=[m.by for m in moves],
        pinned_until=[m.pinned_until for m in moves],
        at=now,
    )
    await announce(
        tx,
        topic=TOPIC,
        merchant_ids=[m.merchant_id for m in moved],
        subject_ids=[0] * len(moved),
        at=now,
        payloads=[_payload(m) for m in moved],
    )
    return moved


def _payload(moved: Moved) -> str:
    said = {key: getattr(moved, key) for key in ("from_tier", "tier", "daily_cap", "because")}
    return msgspec.json.encode(said).decode()
