"""Give back what was in force before an act."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from penstock.db.transaction import Transaction
from penstock.merchants.growth.act_on_score import Action
from penstock.merchants.growth.apply_actions import Term, TierWanted, write_terms
from penstock.merchants.growth.lift_limits import lift_limits
from penstock.merchants.growth.move_tiers import TierMove, move_tiers

_NO_TIER = TierWanted("", "", None)


async def undo_actions(
    tx: Transaction, actions: Sequence[Action], now: datetime, *, by: str, because: str
) -> None:
    """Undo acts of locked merchants, at most one of a kind and merchant, that stand as made."""
    tiers = [action for action in actions if action.kind == "tier"]
    limits = [action for action in actions if action.kind == "volume_limit"]
    terms = [action for action in actions if action.kind not in {"tier", "volume_limit"}]
    await move_tiers(tx, [_back(action, by, because) for action in tiers], now)
    if limits:
        keys = [(action.merchant_id, action.made_id or 0) for action in limits]
        await lift_limits(tx, keys, now, because=because, by=by)
    await write_terms(tx, [_again(action, by, because) for action in terms], now)


def _back(action: Action, by: str, because: str) -> TierMove:
    to = _NO_TIER
    if action.before is not None:
        to = msgspec.json.decode(action.before, type=TierWanted)
    return TierMove(
        merchant_id=action.merchant_id,
        ladder=to.ladder,
        tier=to.tier,
        daily_cap=to.daily_cap,
        because=f"reverted: {because}",
        by=by,
    )


def _again(action: Action, by: str, because: str) -> Term:
    value = None if action.before is None else msgspec.json.decode(action.before, type=int)
    return Term(
        merchant_id=action.merchant_id,
        kind=action.kind,
        value=value,
        because=f"reverted: {because}",
        by=by,
    )
