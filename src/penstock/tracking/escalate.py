"""The exception list: what is stuck comes on it by itself, and leaves it by moving on."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.tracking.overdue import OVERDUE

ESCALATED_AT_ONCE = 1000
"""The batch of the timed step that `escalate` is."""

Trouble = tuple[int, int, str, str, str]
"""(merchant_id, subject_id, reason, fault, detail)."""


class OpenException(msgspec.Struct, frozen=True):
    """One thing that somebody should look at, since `opened_at`."""

    merchant_id: int
    subject_id: int
    kind: str
    status: str
    reason: str
    fault: str
    detail: str
    opened_at: datetime
    deadline_at: datetime


@query
async def close_exceptions(tx: Transaction, *, now: datetime) -> int | None:
    """Close the exceptions whose subject has left the status that it was stuck in."""


@query
async def open_overdue(
    tx: Transaction,
    *,
    kinds: list[str],
    statuses: list[str],
    reasons: list[str],
    faults: list[str],
    now: datetime,
    limit: int,
) -> int | None:
    """Open exceptions for what has outstayed its deadline and has none."""


@query
async def open_reported(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    subject_ids: list[int],
    reasons: list[str],
    faults: list[str],
    details: list[str],
    now: datetime,
) -> int | None:
    """Open exceptions for what was reported; a newer report is written into one that is open."""


@query
async def open_exceptions(
    tx: Transaction, *, merchant_id: int | None, limit: int
) -> list[OpenException]:
    """List open exceptions, the longest overdue first."""


async def escalate(tx: Transaction, now: datetime) -> int:
    """Close what has moved on, open what is overdue; return how many were opened.

    Whatever is neither terminal nor within its deadline is on the list after this: there is no
    fourth place for an order to be.
    """
    await close_exceptions(tx, now=now)
    rows = sorted(OVERDUE.items())
    opened = await open_overdue(
        tx,
        kinds=[kind for (kind, _), _ in rows],
        statuses=[status for (_, status), _ in rows],
        reasons=[reason for _, (reason, _) in rows],
        faults=[fault for _, (_, fault) in rows],
        now=now,
        limit=ESCALATED_AT_ONCE,
    )
    return opened or 0


async def report(tx: Transaction, troubles: Sequence[Trouble], now: datetime) -> int:
    """Put on the list what a stage found wrong before any deadline passed; return how many."""
    written = await open_reported(
        tx,
        merchant_ids=[trouble[0] for trouble in troubles],
        subject_ids=[trouble[1] for trouble in troubles],
        reasons=[trouble[2] for trouble in troubles],
        faults=[trouble[3] for trouble in troubles],
        details=[trouble[4] for trouble in troubles],
        now=now,
    )
    return written or 0


async def exceptions(
    tx: Transaction, merchant_id: int | None = None, *, limit: int = 500
) -> list[OpenException]:
    """Return the work list, of one merchant or of all, the longest overdue first."""
    return await open_exceptions(tx, merchant_id=merchant_id, limit=limit)
