"""What a merchant may take today, under which caps, and how it came to them."""

from datetime import date, datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction


class Shown(msgspec.Struct, frozen=True):
    """A JSON text, made by the database."""

    shown: str


class TierShown(msgspec.Struct, frozen=True):
    """A merchant's tier and when it had it; `ended_at` None: now."""

    ladder: str
    tier: str
    daily_cap: int | None
    from_at: datetime
    ended_at: datetime | None
    pinned_until: date | None
    because: str
    decided_by: str


class LimitShown(msgspec.Struct, frozen=True):
    """A volume limit, and whether it was lifted."""

    limit_id: int
    policy: str
    percent: int
    mean_orders: float
    daily_cap: int
    from_at: datetime
    until_at: datetime
    because: str
    lifted_at: datetime | None
    lifted_because: str


class CapacityShown(msgspec.Struct, frozen=True):
    """A declared order-handling capacity; node 0 is the merchant as a whole."""

    node_id: int
    orders: int | None
    effective_from: date
    effective_to: date | None
    because: str


class TermShown(msgspec.Struct, frozen=True):
    """A term that a score's band has set, in force since `from_at`.

    `settlement_days` from delivery to payment; `return_share`, the percentage that the merchant
    bears of what it and the platform bear of a return's fee; `streams` 0: no new livestreams.
    """

    kind: str
    value: int
    from_at: datetime
    because: str


class StandingShown(msgspec.Struct, frozen=True):
    """Today's caps and count, and what led there, the newest first.

    `orders_today` were accepted today (UTC). `tiers` is the whole history, `volume_limits` and
    `capacities` what is not over, `terms` what is in force.
    """

    merchant: str
    status: str
    daily_cap: int
    hold_s: float
    orders_today: int
    tiers: tuple[TierShown, ...]
    volume_limits: tuple[LimitShown, ...]
    terms: tuple[TermShown, ...]
    capacities: tuple[CapacityShown, ...]


@query
async def show_standing(
    tx: Transaction, *, merchant_id: int, day: date, now: datetime
) -> Shown | None:
    """Describe a merchant's standing as JSON; takes no lock."""


async def standing_shown(tx: Transaction, merchant_id: int, now: datetime) -> StandingShown | None:
    """Return the standing of a merchant; None when there is no such merchant."""
    found = await show_standing(tx, merchant_id=merchant_id, day=now.date(), now=now)
    return None if found is None else msgspec.json.decode(found.shown, type=StandingShown)
