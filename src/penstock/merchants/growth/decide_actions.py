"""The operator's word on acts: approve or reject what is proposed, revert what was done."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.merchants.growth.act_on_score import Action, tell
from penstock.merchants.growth.apply_actions import apply_actions, settle_actions
from penstock.merchants.growth.move_tiers import lock_merchants
from penstock.merchants.growth.undo_actions import undo_actions

Decision = Literal["approve", "reject", "revert"]
_BECOMES = {"approve": "applied", "reject": "rejected", "revert": "reverted"}
_FROM = {"approve": "proposed", "reject": "proposed", "revert": "applied"}
_LARGEST = 2**63


class ActionDecision(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator decides about one act, and why, in one line."""

    merchant_id: int
    action_id: int
    decision: Decision
    because: str


class ActionDecided(msgspec.Struct, frozen=True):
    """What became of one decision.

    `applied`, `rejected`, `reverted`; `repeated` (it is so already); `changed_since` (what the act
    started from, or what it made, is no longer in force: nothing was done); `not_proposed` or
    `not_applied` (the act is in another state); `decided_above` (the call has decided on this
    merchant and kind already); `unknown_action`; `invalid` (no reason in one line).
    """

    merchant_id: int
    action_id: int
    outcome: str


class Chosen(msgspec.Struct, frozen=True):
    """An act, and whether what it began from, and what it made, is in force."""

    merchant_id: int
    action_id: int
    kind: str
    state: str
    policy: str
    band: str
    before: str | None
    wanted: str | None
    made_id: int | None
    because: str
    as_before: bool
    as_made: bool


@query
async def actions_chosen(
    tx: Transaction, *, merchant_ids: list[int], action_ids: list[int], now: datetime
) -> list[Chosen]:
    """Find acts by their keys."""


async def decide_actions(
    tx: Transaction, decisions: Sequence[ActionDecision], now: datetime, *, by: str
) -> list[ActionDecided]:
    """Decide on acts; one answer each, in order. A decision is the last word only once.

    An approved act is done at once, a reverted one gives back what was in force before it, unless
    that has changed since: then nothing is done, and the answer says so. The merchant is told.
    """
    keys = sorted({(d.merchant_id, d.action_id) for d in decisions if _storable(d)})
    await lock_merchants(tx, merchant_ids=sorted({merchant_id for merchant_id, _ in keys}))
    found = await actions_chosen(
        tx, merchant_ids=[m for m, _ in keys], action_ids=[a for _, a in keys], now=now
    )
    by_key = {(row.merchant_id, row.action_id): row for row in found}
    outcomes: list[str] = []
    chosen: dict[tuple[int, str], tuple[ActionDecision, Action]] = {}
    for d in decisions:
        row = by_key.get((d.merchant_id, d.action_id))
        outcome = _outcome(d, row, chosen)
        if row is not None and outcome in _BECOMES.values():
            chosen[row.merchant_id, row.kind] = d, _action(row)
        outcomes.append(outcome)
    for decision, becomes in _BECOMES.items():
        await _do(tx, becomes, [c for c in chosen.values() if c[0].decision == decision], now, by)
    return [
        ActionDecided(d.merchant_id, d.action_id, outcome)
        for d, outcome in zip(decisions, outcomes, strict=True)
    ]


def _outcome(
    d: ActionDecision, row: Chosen | None, chosen: Iterable[tuple[int, str]]
) -> str:  # fmt: skip
    becomes = _BECOMES[d.decision]
    if not d.because.strip() or not d.because.isprintable():
        return "invalid"
    if row is None:
        return "unknown_action"
    if row.state == becomes:
        return "repeated"
    if (row.merchant_id, row.kind) in chosen:
        return "decided_above"
    if row.state != _FROM[d.decision]:
        return f"not_{_FROM[d.decision]}"
    as_was = {"approve": row.as_before, "reject": True, "revert": row.as_made}
    return becomes if as_was[d.decision] else "changed_since"


async def _do(
    tx: Transaction,
    state: str,
    chosen: Sequence[tuple[ActionDecision, Action]],
    now: datetime,
    by: str,
) -> None:
    """Do what was decided, one reason at a time, for each is told with its own."""
    for because in dict.fromkeys(d.because for d, _ in chosen):
        actions = [action for d, action in chosen if d.because == because]
        if state == "applied":
            await apply_actions(tx, actions, now, by=by, because=because)
            continue
        if state == "reverted":
            await undo_actions(tx, actions, now, by=by, because=because)
        settled = await settle_actions(
            tx,
            merchant_ids=[a.merchant_id for a in actions],
            action_ids=[a.action_id for a in actions],
            made_ids=[None] * len(actions),
            by=[by] * len(actions),
            because=[because] * len(actions),
            state=state,
            at=now,
        )
        await tell(tx, settled, now, decided=because)


def _storable(d: ActionDecision) -> bool:
    return 0 < d.merchant_id < 2**31 and 0 < d.action_id < _LARGEST


def _action(row: Chosen) -> Action:
    return Action(*(getattr(row, name) for name in Action.__struct_fields__))
