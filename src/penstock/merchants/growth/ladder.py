"""Where a merchant stands on its ladder tomorrow: the pure rule of promotion and demotion."""

from datetime import date

import msgspec

from penstock.merchants.growth.policy import Ladder, Promotion, Tier


class Climber(msgspec.Struct, frozen=True, kw_only=True):
    """What the ladder looks at.

    `score` is the last final one of its profile, None if there is none that is young enough.
    """

    tier: str
    daily_cap: int | None
    tier_since: date
    approved_on: date
    delivered_orders: int
    score: float | None


class Move(msgspec.Struct, frozen=True):
    """A merchant's new tier, with its cap, and why; `scored`: because of its score."""

    tier: str
    daily_cap: int | None
    because: str
    scored: bool


def move(ladder: Ladder, climber: Climber, today: date) -> Move | None:
    """Return where the merchant goes today, one tier at most; None where it stays.

    It stays without a score, and for the ladder's `settle_days` after a move. A tier whose cap
    the ladder has changed is the same tier under its new cap, at once.
    """
    names = [tier.tier for tier in ladder.tiers]
    if climber.tier not in names:
        return None
    place = names.index(climber.tier)
    tier = ladder.tiers[place]
    settled = (today - climber.tier_since).days >= ladder.settle_days
    if climber.score is not None and settled:
        if tier.demote_below is not None and climber.score < tier.demote_below:
            because = f"score {climber.score:g} is below {tier.demote_below:g}"
            return _to(ladder.tiers[place - 1], f"{ladder.code}: {because}", scored=True)
        if tier.promote is not None and _earned(tier.promote, climber, today):
            because = (
                f"score {climber.score:g} of {tier.promote.score_min:g}, "
                f"{climber.delivered_orders} orders delivered, "
                f"{(today - climber.approved_on).days} days since approval"
            )
            return _to(ladder.tiers[place + 1], f"{ladder.code}: {because}", scored=True)
    if tier.daily_cap != climber.daily_cap:
        return _to(
            tier,
            f"{ladder.code}: the tier has another cap since {ladder.effective_from}",
            scored=False,
        )
    return None


def _earned(promotion: Promotion, climber: Climber, today: date) -> bool:
    return (
        climber.score is not None
        and climber.score >= promotion.score_min
        and climber.delivered_orders >= promotion.delivered_orders
        and (today - climber.approved_on).days >= promotion.approved_days
        and (today - climber.tier_since).days >= promotion.tier_days
    )


def _to(tier: Tier, because: str, *, scored: bool) -> Move:
    return Move(tier.tier, tier.daily_cap, because, scored)
