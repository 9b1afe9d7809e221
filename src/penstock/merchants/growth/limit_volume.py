"""Once a day: let merchants take fewer orders for a while because of their score."""

from datetime import date, datetime, timedelta

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.merchants.growth.act_on_score import Rule, Wish, act_on_score
from penstock.merchants.growth.apply_actions import LimitWanted, apply_actions
from penstock.merchants.growth.bands import RulesOf, ScoreRules, band_of_score, no_rules, said
from penstock.merchants.growth.in_force import policies_in_force
from penstock.merchants.growth.move_tiers import lock_merchants
from penstock.merchants.growth.policy import VolumeLimit
from penstock.merchants.growth.volume import cut, share


class LowScored(msgspec.Struct, frozen=True):
    """A merchant with a low score and no limit, and its orders in the days that count."""

    merchant_id: int
    score: float
    score_day: date
    detail: str
    orders: int


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


async def limit_volume(tx: Transaction, now: datetime, rules_of: RulesOf = no_rules) -> int:
    """Propose the limits that today's policies and scores bring; return how many are new.

    A merchant gets its next limit of a policy when the term of the last one is over, whether or
    not an operator has lifted that one.
    """
    limited = 0
    seen: set[str] = set()
    for policy in await policies_in_force(tx, "volume_limit", now.date()):
        assert isinstance(policy, VolumeLimit)
        if policy.code not in seen:
            seen.add(policy.code)
            limited += await _limit(tx, policy, rules_of(policy.profile, now.date()), now)
    return limited


async def _limit(
    tx: Transaction, policy: VolumeLimit, rules: ScoreRules | None, now: datetime
) -> int:
    candidates = await _low(tx, policy, now)
    locked = set(await lock_merchants(tx, merchant_ids=[c.merchant_id for c in candidates]))
    # Read again under the lock: an operator may have decided meanwhile.
    wishes = [
        _wish(policy, rules, low)
        for low in (await _low(tx, policy, now) if locked else [])
        if low.merchant_id in locked
    ]
    rule = Rule(
        policy=policy.code,
        kind="volume_limit",
        profile=policy.profile,
        approval=policy.approval,
        silent_days=policy.limit_days,
    )
    proposed = await act_on_score(tx, rule, [wish for wish in wishes if wish is not None], now)
    if policy.approval == "auto":
        await apply_actions(tx, proposed, now)
    return len(proposed)


def _wish(policy: VolumeLimit, rules: ScoreRules | None, low: LowScored) -> Wish | None:
    days = policy.limit_days
    if policy.bands or rules is None:
        found = cut(policy, low.score, low.orders)
    else:
        place = band_of_score(rules.bands, low.score)
        by = said(rules.bands, place, rules.limits(low.detail), "volume_percent")
        if by is None or by.volume_percent is None or by.volume_percent >= 100:
            return None
        found = share(policy, by.volume_percent, low.orders, f"score {low.score:g}, {by.code}")
        days = max(1, by.days or days)
    if found is None:
        return None
    return Wish(
        merchant_id=low.merchant_id,
        day=low.score_day,
        score=low.score,
        band=f"{found.percent} %",
        before=None,
        wanted=LimitWanted(found.percent, found.mean_orders, found.daily_cap, days),
        because=found.because,
    )


async def _low(tx: Transaction, policy: VolumeLimit, now: datetime) -> list[LowScored]:
    today = now.date()
    return await low_scored(
        tx,
        policy=policy.code,
        profile=policy.profile,
        score_from=today - timedelta(days=policy.score_age_days),
        score_below=policy.bands[0].score_below if policy.bands else float("inf"),
        mean_from=today - timedelta(days=policy.mean_days),
        orders_min=policy.orders_min,
        today=today,
        now=now,
    )
