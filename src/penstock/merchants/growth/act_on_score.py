"""Let a policy act on merchants because of their scores: propose, withdraw, and apply what may."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal

import msgspec

from penstock.db.outbox import announce
from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.merchants.growth.policy import Approval

TOPIC = "merchants.action"
Kind = Literal["tier", "volume_limit", "settlement_days", "return_share", "streams"]


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a policy wants of one merchant, because of its final `score` of a `day`.

    `band` is the tier or band that the score leads to; `before` and `wanted` what is in force and
    what is to be, None for nothing.
    """

    merchant_id: int
    day: date | None
    score: float | None
    band: str
    before: Any
    wanted: Any
    because: str


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """Whose wishes they are, and how they are to be treated.

    Nothing is proposed for `silent_days` after an operator has rejected or reverted an act of the
    policy and kind.
    """

    policy: str
    kind: Kind
    profile: str
    approval: Approval
    silent_days: int


class Action(msgspec.Struct, frozen=True):
    """An act with what it wants; `before` and `wanted` are JSON texts, None for nothing."""

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


@query
async def withdraw(
    tx: Transaction,
    *,
    policy: str,
    kind: str,
    merchant_ids: list[int],
    bands: list[str],
    at: datetime,
) -> list[Action]:
    """Withdraw the policy's open proposals that are not among these wishes."""


@query
async def propose(
    tx: Transaction,
    *,
    policy: str,
    kind: str,
    profile: str,
    merchant_ids: list[int],
    days: list[date | None],
    scores: list[float | None],
    bands: list[str],
    before: list[str | None],
    wanted: list[str | None],
    because: list[str],
    at: datetime,
    silent_from: datetime,
) -> list[Action]:
    """Store wishes of locked merchants as proposals, save what is open or was turned down."""


async def act_on_score(
    tx: Transaction, rule: Rule, wishes: Sequence[Wish], now: datetime
) -> list[Action]:
    """Propose what is new among `wishes`, all that the policy has of a kind today.

    What it had proposed and no longer wants is withdrawn. The merchants must be locked. The
    answer is what was proposed, which with the approval `auto` the caller applies at once.
    """
    chosen = [] if rule.approval == "off" else list(wishes)
    gone = await withdraw(
        tx,
        policy=rule.policy,
        kind=rule.kind,
        merchant_ids=[wish.merchant_id for wish in chosen],
        bands=[wish.band for wish in chosen],
        at=now,
    )
    await tell(tx, gone, now)
    if not chosen:
        return []
    proposed = await propose(
        tx,
        policy=rule.policy,
        kind=rule.kind,
        profile=rule.profile,
        merchant_ids=[wish.merchant_id for wish in chosen],
        days=[wish.day for wish in chosen],
        scores=[wish.score for wish in chosen],
        bands=[wish.band for wish in chosen],
        before=[_json(wish.before) for wish in chosen],
        wanted=[_json(wish.wanted) for wish in chosen],
        because=[wish.because for wish in chosen],
        at=now,
        silent_from=now - timedelta(days=rule.silent_days),
    )
    if rule.approval == "approve":
        await tell(tx, proposed, now)
    return proposed


async def tell(
    tx: Transaction, actions: Sequence[Action], now: datetime, *, decided: str = ""
) -> None:
    """Tell the merchants what was proposed, applied or undone, with the reason.

    `decided` is why an operator decided so, where one did.
    """
    if not actions:
        return
    await announce(
        tx,
        topic=TOPIC,
        merchant_ids=[action.merchant_id for action in actions],
        subject_ids=[0] * len(actions),
        at=now,
        payloads=[_payload(action, decided) for action in actions],
    )


def _json(value: Any) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()


def _payload(action: Action, decided: str) -> str:
    said = {
        "action_id": action.action_id,
        "kind": action.kind,
        "state": action.state,
        "band": action.band,
        "wanted": None if action.wanted is None else msgspec.Raw(action.wanted.encode()),
        "because": action.because,
    }
    return msgspec.json.encode(said | ({"decided_because": decided} if decided else {})).decode()
