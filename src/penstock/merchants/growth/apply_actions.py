"""Put acts into effect, each by the mechanism that its kind has."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.merchants.growth.act_on_score import Action, tell
from penstock.merchants.growth.begin_limits import NewLimit, begin_limits
from penstock.merchants.growth.move_tiers import TierMove, move_tiers

Key = tuple[int, int]
"""An act: (merchant_id, action_id)."""


class TierWanted(msgspec.Struct, frozen=True):
    """A place on a ladder; an empty `tier` is none."""

    ladder: str
    tier: str
    daily_cap: int | None


class LimitWanted(msgspec.Struct, frozen=True):
    """A volume limit that is to begin."""

    percent: int
    mean_orders: float
    daily_cap: int
    limit_days: int


class TermSet(msgspec.Struct, frozen=True):
    """A term that has begun; `term_id` None: one was ended and none begun."""

    merchant_id: int
    kind: str
    term_id: int | None


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """What a term is to be from now on; `value` None: the default of whoever reads it."""

    merchant_id: int
    kind: str
    value: int | None
    because: str
    by: str


@query
async def set_terms(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    kinds: list[str],
    values: list[int | None],
    because: list[str],
    decided_by: list[str],
    at: datetime,
) -> list[TermSet]:
    """End the present terms of locked merchants and begin the new ones."""


@query
async def settle_actions(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    action_ids: list[int],
    made_ids: list[int | None],
    by: list[str],
    because: list[str],
    state: str,
    at: datetime,
) -> list[Action]:
    """Write down what became of acts of locked merchants."""


async def apply_actions(
    tx: Transaction, actions: Sequence[Action], now: datetime, *, by: str = "", because: str = ""
) -> int:
    """Put proposals of locked merchants into effect and tell them; return how many.

    At most one of a kind and merchant. `by` is the operator who approved them; without one each
    is its policy's own act.
    """
    if not actions:
        return 0
    made = {
        **await _move(tx, [a for a in actions if a.kind == "tier"], now, by),
        **await _limit(tx, [a for a in actions if a.kind == "volume_limit"], now),
        **await _set(tx, [a for a in actions if a.kind not in {"tier", "volume_limit"}], now, by),
    }
    applied = await settle_actions(
        tx,
        merchant_ids=[a.merchant_id for a in actions],
        action_ids=[a.action_id for a in actions],
        made_ids=[made.get((a.merchant_id, a.action_id)) for a in actions],
        by=[by or f"policy {a.policy}" for a in actions],
        because=[because] * len(actions),
        state="applied",
        at=now,
    )
    await tell(tx, applied, now, decided=because)
    return len(applied)


async def _move(
    tx: Transaction, actions: Sequence[Action], now: datetime, by: str
) -> dict[Key, int | None]:
    wanted = [msgspec.json.decode(action.wanted or "null", type=TierWanted) for action in actions]
    moves = [
        TierMove(
            merchant_id=action.merchant_id,
            ladder=to.ladder,
            tier=to.tier,
            daily_cap=to.daily_cap,
            because=action.because,
            by=by or f"policy {action.policy}",
        )
        for action, to in zip(actions, wanted, strict=True)
    ]
    made = {moved.merchant_id: moved.tier_id for moved in await move_tiers(tx, moves, now)}
    return {(a.merchant_id, a.action_id): made[a.merchant_id] for a in actions}


async def _limit(
    tx: Transaction, actions: Sequence[Action], now: datetime
) -> dict[Key, int | None]:
    limits = [
        NewLimit(
            merchant_id=action.merchant_id,
            policy=action.policy,
            percent=to.percent,
            mean_orders=Decimal(str(to.mean_orders)),
            daily_cap=to.daily_cap,
            until_at=now + timedelta(days=to.limit_days),
            because=action.because,
        )
        for action in actions
        for to in [msgspec.json.decode(action.wanted or "null", type=LimitWanted)]
    ]
    begun = {(b.merchant_id, b.policy): b.limit_id for b in await begin_limits(tx, limits, now)}
    return {(a.merchant_id, a.action_id): begun[a.merchant_id, a.policy] for a in actions}


async def _set(
    tx: Transaction, actions: Sequence[Action], now: datetime, by: str
) -> dict[Key, int | None]:
    terms = [
        Term(
            merchant_id=action.merchant_id,
            kind=action.kind,
            value=None if action.wanted is None else msgspec.json.decode(action.wanted, type=int),
            because=action.because,
            by=by or f"policy {action.policy}",
        )
        for action in actions
    ]
    made = {(m.merchant_id, m.kind): m.term_id for m in await write_terms(tx, terms, now)}
    return {(a.merchant_id, a.action_id): made[a.merchant_id, a.kind] for a in actions}


async def write_terms(tx: Transaction, terms: Sequence[Term], now: datetime) -> list[TermSet]:
    """Let terms of locked merchants be so from now on, at most one of a merchant and kind."""
    if not terms:
        return []
    return await set_terms(
        tx,
        merchant_ids=[term.merchant_id for term in terms],
        kinds=[term.kind for term in terms],
        values=[term.value for term in terms],
        because=[term.because for term in terms],
        decided_by=[term.by for term in terms],
        at=now,
    )
