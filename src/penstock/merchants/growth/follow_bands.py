"""Once a day: do to merchants what the bands of their scores say, or propose it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.merchants.growth.act_on_score import Kind, Rule, Wish, act_on_score
from penstock.merchants.growth.apply_actions import TierWanted, apply_actions
from penstock.merchants.growth.bands import (
    RulesOf,
    ScoreBand,
    ScoreRules,
    Subject,
    band_of_score,
    said,
)
from penstock.merchants.growth.in_force import policies_in_force
from penstock.merchants.growth.move_tiers import lock_merchants
from penstock.merchants.growth.policy import Act, Ladder

BATCH = 500
_Spoken = Literal["probation", "settlement_days", "return_share", "streams"]
_KINDS: dict[_Spoken, Kind] = {
    "probation": "tier",
    "settlement_days": "settlement_days",
    "return_share": "return_share",
    "streams": "streams",
}


class Last(msgspec.Struct, frozen=True):
    """A policy's last word of a kind: the band of its act that stands, and when it last decided.

    `open`: a proposal of it waits for an operator.
    """

    band: str = ""
    acted_on: date | None = None
    open: bool = False


class Scored(msgspec.Struct, frozen=True):
    """A merchant with its score; `present` and `last` are JSON objects by kind."""

    merchant_id: int
    score: float
    score_day: date
    detail: str
    present: str
    last: str


@query
async def scored(
    tx: Transaction,
    *,
    policy: str,
    profile: str,
    score_from: date,
    today: date,
    after: int,
    batch: int,
) -> list[Scored]:
    """List approved merchants that have a final score, by number."""


async def follow_bands(tx: Transaction, now: datetime, rules_of: RulesOf) -> int:
    """Propose, and where the policy says so do, what bands say; return how many acts are new.

    Of the policies of this kind the weightiest alone acts: two judges of one merchant would undo
    one another. What the others have proposed is withdrawn.
    """
    acts = 0
    for i, policy in enumerate(await policies_in_force(tx, "act", now.date())):
        assert isinstance(policy, Act)
        rules = rules_of(policy.profile, now.date()) if i == 0 else None
        wishes = {} if rules is None else await _wishes(tx, policy, rules, now)
        for spoken in _KINDS:
            acts += await _act(tx, policy, spoken, wishes.get(spoken, []), now)
    return acts


async def _wishes(
    tx: Transaction, policy: Act, rules: ScoreRules, now: datetime
) -> dict[_Spoken, list[Wish]]:
    ladders = await policies_in_force(tx, "ladder", now.date())
    lowest = next((_lowest(ladder) for ladder in ladders if isinstance(ladder, Ladder)), None)
    wishes: dict[_Spoken, list[Wish]] = {}
    after = 0
    while rows := await _some(tx, policy, now.date(), after):
        locked = set(await lock_merchants(tx, merchant_ids=[row.merchant_id for row in rows]))
        # Read again under the lock: an operator may have decided meanwhile.
        for row in await _some(tx, policy, now.date(), after):
            if row.merchant_id in locked:
                for spoken, wish in wanted_of(policy, rules, lowest, row, now.date()):
                    wishes.setdefault(spoken, []).append(wish)
        after = rows[-1].merchant_id
    return wishes


async def _act(
    tx: Transaction, policy: Act, spoken: _Spoken, wishes: Sequence[Wish], now: datetime
) -> int:
    rule = Rule(
        policy=policy.code,
        kind=_KINDS[spoken],
        profile=policy.profile,
        approval=getattr(policy, spoken),
        silent_days=policy.silent_days,
    )
    proposed = await act_on_score(tx, rule, wishes, now)
    if rule.approval == "auto":
        await apply_actions(tx, proposed, now)
    return len(proposed)


def wanted_of(
    policy: Act, rules: ScoreRules, lowest: TierWanted | None, row: Scored, today: date
) -> list[tuple[_Spoken, Wish]]:
    """Return what a merchant's score asks for and is not so yet."""
    present: dict[str, Any] = msgspec.json.decode(row.present)
    last = msgspec.json.decode(row.last, type=dict[str, Last])
    limits = rules.limits(row.detail)
    found = []
    for spoken, kind in _KINDS.items():
        before = last.get(kind, Last())
        place = band_of_score(rules.bands, row.score, before=before.band, margin=policy.margin)
        by = said(rules.bands, place, limits, spoken)
        if _too_soon(policy, rules.bands, before, place, today):
            continue
        has = present.get(kind)
        wanted = _wanted(by, spoken, has, lowest)
        if wanted == has or (kind == "tier" and "pinned" in present):
            continue
        band = by.code if by is not None else _code(rules.bands, place)
        because = f"{policy.code}: score {row.score:g} of {row.score_day}, band {band}"
        wish = Wish(
            merchant_id=row.merchant_id,
            day=row.score_day,
            score=row.score,
            band=band,
            before=has,
            wanted=wanted,
            because=f"{because}: {_in_words(spoken, wanted)}",
        )
        found.append((spoken, wish))
    return found


def _wanted(by: ScoreBand | None, spoken: Subject, has: Any, lowest: TierWanted | None) -> Any:
    """Return what is to be in force, in the shape of what is."""
    value = None if by is None else getattr(by, spoken)
    match spoken:
        case "probation":
            # Up again leads the ladder alone; and no rung is below the lowest.
            return msgspec.to_builtins(lowest) if value and lowest is not None else has
        case "streams":
            return 0 if value is False else None
        case _:
            return value


def _too_soon(
    policy: Act, bands: Sequence[ScoreBand], before: Last, place: int, today: date
) -> bool:
    if before.acted_on is None or before.open:
        return False
    passed = (today - before.acted_on).days
    if passed < policy.settle_days:
        return True
    codes = [band.code for band in bands]
    if before.band not in codes or place <= codes.index(before.band):
        return False
    return passed < (bands[codes.index(before.band)].days or 0)


def _code(bands: Sequence[ScoreBand], place: int) -> str:
    return bands[place].code if place >= 0 else "below all"


def _in_words(spoken: Subject, wanted: Any) -> str:
    match spoken:
        case "probation":
            return f"on probation, tier {wanted['tier']}"
        case "settlement_days":
            return "paid as by default" if wanted is None else f"paid {wanted} days after delivery"
        case "return_share":
            if wanted is None:
                return "return fees shared as the return policy says"
            return f"bears {wanted} % of return fees shared with the platform"
        case _:
            return "livestreams may be scheduled" if wanted is None else "no new livestreams"


def _lowest(ladder: Ladder) -> TierWanted:
    tier = ladder.tiers[0]
    return TierWanted(ladder.code, tier.tier, tier.daily_cap)


async def _some(tx: Transaction, policy: Act, today: date, after: int) -> list[Scored]:
    return await scored(
        tx,
        policy=policy.code,
        profile=policy.profile,
        score_from=today - timedelta(days=policy.score_age_days),
        today=today,
        after=after,
        batch=BATCH,
    )
