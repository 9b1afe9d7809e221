"""Once a day: let merchants in on a ladder, and move those that have earned or lost a tier."""

from datetime import date, datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.merchants.growth.act_on_score import Rule, Wish, act_on_score
from penstock.merchants.growth.apply_actions import TierWanted, apply_actions
from penstock.merchants.growth.in_force import policies_in_force
from penstock.merchants.growth.ladder import Climber, Move, move
from penstock.merchants.growth.move_tiers import TierMove, lock_merchants, move_tiers
from penstock.merchants.growth.policy import Ladder

BATCH = 500


class OnLadder(msgspec.Struct, frozen=True):
    """A merchant on a ladder, with what the ladder looks at."""

    merchant_id: int
    tier: str
    daily_cap: int | None
    tier_since: date
    approved_on: date
    delivered_orders: int
    score: float | None
    score_day: date | None


@query
async def newcomers(tx: Transaction, *, approved_from: date, batch: int) -> list[int]:
    """List approved merchants that have never had a tier."""


@query
async def climbers(
    tx: Transaction,
    *,
    ladder: str,
    profile: str,
    score_from: date,
    delivered_enough: int,
    today: date,
    after: int,
    batch: int,
) -> list[OnLadder]:
    """List the merchants that a ladder may move, by number."""


async def climb(tx: Transaction, now: datetime) -> int:
    """Move merchants along the ladders in force today, or propose it; return how many acts.

    Of the policies of one code the weightiest counts. Whom an operator has placed stays until the
    operator's day has come; who is suspended stays.
    """
    moved = 0
    ladders: dict[str, Ladder] = {}
    for policy in await policies_in_force(tx, "ladder", now.date()):
        assert isinstance(policy, Ladder)
        ladders.setdefault(policy.code, policy)
    for ladder in ladders.values():
        if ladder.enrols == "new":
            moved += await _enrol(tx, ladder, now)
        moved += await _climb(tx, ladder, now)
    return moved


async def _enrol(tx: Transaction, ladder: Ladder, now: datetime) -> int:
    lowest = ladder.tiers[0]
    new = await newcomers(tx, approved_from=ladder.effective_from, batch=1_000_000)
    await lock_merchants(tx, merchant_ids=new)
    still = set(await newcomers(tx, approved_from=ladder.effective_from, batch=1_000_000))
    because = f"{ladder.code}: approved since {ladder.effective_from}"
    moves = [
        TierMove(
            merchant_id=merchant_id,
            ladder=ladder.code,
            tier=lowest.tier,
            daily_cap=lowest.daily_cap,
            because=because,
            by=f"policy {ladder.code}",
        )
        for merchant_id in new
        if merchant_id in still
    ]
    return len(await move_tiers(tx, moves, now))


async def _climb(tx: Transaction, ladder: Ladder, now: datetime) -> int:
    today, after = now.date(), 0
    wishes: list[Wish] = []
    recapped: list[TierMove] = []
    while rows := await _some(tx, ladder, today, after):
        locked = set(await lock_merchants(tx, merchant_ids=[row.merchant_id for row in rows]))
        # Read again under the lock: an operator may have decided meanwhile.
        for row in await _some(tx, ladder, today, after):
            to = move(ladder, _climber(row), today) if row.merchant_id in locked else None
            if to is not None and to.scored:
                wishes.append(_wish(ladder, row, to))
            elif to is not None:
                recapped.append(_tier_move(ladder, row.merchant_id, to))
        after = rows[-1].merchant_id
    rule = Rule(
        policy=ladder.code,
        kind="tier",
        profile=ladder.profile,
        approval=ladder.approval,
        silent_days=ladder.settle_days,
    )
    proposed = await act_on_score(tx, rule, wishes, now)
    if ladder.approval == "auto":
        await apply_actions(tx, proposed, now)
    return len(proposed) + len(await move_tiers(tx, recapped, now))


def _wish(ladder: Ladder, row: OnLadder, to: Move) -> Wish:
    return Wish(
        merchant_id=row.merchant_id,
        day=row.score_day,
        score=row.score,
        band=to.tier,
        before=TierWanted(ladder.code, row.tier, row.daily_cap),
        wanted=TierWanted(ladder.code, to.tier, to.daily_cap),
        because=to.because,
    )


def _tier_move(ladder: Ladder, merchant_id: int, to: Move) -> TierMove:
    return TierMove(
        merchant_id=merchant_id,
        ladder=ladder.code,
        tier=to.tier,
        daily_cap=to.daily_cap,
        because=to.because,
        by=f"policy {ladder.code}",
    )


async def _some(tx: Transaction, ladder: Ladder, today: date, after: int) -> list[OnLadder]:
    enough = max((t.promote.delivered_orders for t in ladder.tiers if t.promote), default=0)
    return await climbers(
        tx,
        ladder=ladder.code,
        profile=ladder.profile,
        score_from=date.fromordinal(today.toordinal() - ladder.score_age_days),
        delivered_enough=enough,
        today=today,
        after=after,
        batch=BATCH,
    )


def _climber(row: OnLadder) -> Climber:
    return Climber(
        tier=row.tier,
        daily_cap=row.daily_cap,
        tier_since=row.tier_since,
        approved_on=row.approved_on,
        delivered_orders=row.delivered_orders,
        score=row.score,
    )
