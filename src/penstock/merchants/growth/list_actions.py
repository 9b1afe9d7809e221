"""What was done to merchants because of their scores, and what waits for an operator."""

from datetime import date, datetime
from typing import Any

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction

NEWEST = 2**63 - 1


class ActionShown(msgspec.Struct, frozen=True):
    """One act with its whole life.

    `score` of `day` under `profile` led to `band`; `before` is what was in force, `wanted` what
    the act puts in force, null for nothing. Times and names of whoever decided or reverted it are
    empty until that has happened.
    """

    merchant_id: int
    merchant: str
    action_id: int
    kind: str
    state: str
    policy: str
    profile: str
    day: date | None
    score: float | None
    band: str
    before: Any
    wanted: Any
    because: str
    proposed_at: datetime
    decided_at: datetime | None
    decided_by: str
    decided_because: str
    reverted_at: datetime | None
    reverted_by: str
    reverted_because: str


@query
async def list_actions(
    tx: Transaction, *, merchant: int | None, state: str, before: int, batch: int
) -> list[str]:
    """List acts as JSON, the newest first."""


async def actions_shown(
    tx: Transaction,
    *,
    merchant: int | None = None,
    state: str = "",
    before: int = NEWEST,
    batch: int = 100,
) -> list[ActionShown]:
    """Return acts, the newest first: of a merchant or all, in a state or any, before an id."""
    rows = await list_actions(tx, merchant=merchant, state=state, before=before, batch=batch)
    return [msgspec.json.decode(row, type=ActionShown) for row in rows]
