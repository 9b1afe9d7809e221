"""The operator's own word on a merchant's tier, which stands until a day."""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from penstock.db.transaction import Transaction
from penstock.merchants.growth.in_force import policies_in_force
from penstock.merchants.growth.move_tiers import TierMove, lock_merchants, move_tiers
from penstock.merchants.growth.policy import Ladder


class TierDecision(msgspec.Struct, frozen=True, kw_only=True):
    """Put a merchant on a `tier` of a `ladder` (empty: the weightiest in force), and say why.

    An empty `tier` takes it off its ladder. The ladder does not move it before `until`.
    """

    merchant_id: int
    tier: str
    because: str
    until: date
    ladder: str = ""


class TierDecided(msgspec.Struct, frozen=True):
    """What became of one.

    `decided`, `unknown_merchant`, `unknown_tier`, `invalid`, or `repeated` (the call has decided
    on this merchant already).
    """

    merchant_id: int
    outcome: str
    tier: str


async def set_tiers(
    tx: Transaction, decisions: Sequence[TierDecision], now: datetime, *, by: str
) -> list[TierDecided]:
    """Decide on tiers; one answer each, in order. A decision is undone by another one.

    A decision is `invalid` without a reason in one line, or if its day has passed.
    """
    ladders: dict[str, Ladder] = {}
    for policy in await policies_in_force(tx, "ladder", now.date()):
        assert isinstance(policy, Ladder)
        ladders.setdefault(policy.code, policy)
    ids = sorted({d.merchant_id for d in decisions if 0 < d.merchant_id < 2**31})
    known = set(await lock_merchants(tx, merchant_ids=ids))
    answers: list[TierDecided] = []
    moves: dict[int, TierMove] = {}
    for d in decisions:
        move = _move(d, ladders, by)
        if d.merchant_id not in known:
            outcome = "unknown_merchant"
        elif not d.because.strip() or not d.because.isprintable() or d.until < now.date():
            outcome = "invalid"
        elif move is None:
            outcome = "unknown_tier"
        elif d.merchant_id in moves:
            outcome = "repeated"
        else:
            outcome = "decided"
            moves[d.merchant_id] = move
        answers.append(TierDecided(d.merchant_id, outcome, d.tier))
    await move_tiers(tx, list(moves.values()), now)
    return answers


def _move(decision: TierDecision, ladders: dict[str, Ladder], by: str) -> TierMove | None:
    code = decision.ladder or next(iter(ladders), "")
    ladder = ladders.get(code)
    caps = {} if ladder is None else {tier.tier: tier.daily_cap for tier in ladder.tiers}
    if decision.tier and decision.tier not in caps:
        return None
    return TierMove(
        merchant_id=decision.merchant_id,
        ladder="" if ladder is None else ladder.code,
        tier=decision.tier,
        daily_cap=caps.get(decision.tier),
        because=decision.because,
        by=by,
        pinned_until=decision.until,
    )
