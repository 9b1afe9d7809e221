"""The one writer of a status."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction


class Subject(msgspec.Struct, frozen=True):
    """Whose and which fulfilment order, parcel or return."""

    merchant_id: int
    subject_id: int


class Advanced(msgspec.Struct, frozen=True):
    """What became of one wish: `advanced`, `illegal` from its status, or `unknown`."""

    merchant_id: int
    subject_id: int
    outcome: str
    from_status: str
    to_status: str


@query
async def advance(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    subject_ids: list[int],
    events: list[str],
    due_at: list[datetime | None],
    at: list[datetime],
) -> list[Advanced]:
    """Move n subjects by one event each; log it, put it into the outbox, name the refused."""


@query
async def create(
    tx: Transaction,
    *,
    kind: str,
    merchant_ids: list[int],
    subject_ids: list[int],
    events: list[str],
    due_at: list[datetime | None],
    at: list[datetime],
) -> None:
    """Bring n subjects to life by their first event."""


@query
async def new_ids(tx: Transaction, *, count: int) -> list[int]:
    """Draw ids for n subjects of any kind."""


async def move(
    tx: Transaction,
    subjects: Sequence[Subject],
    event: str,
    at: datetime,
    *,
    due_at: datetime | None = None,
) -> list[Advanced]:
    """Move all `subjects` by the same event at the same time."""
    if not subjects:
        return []
    return await advance(
        tx,
        merchant_ids=[s.merchant_id for s in subjects],
        subject_ids=[s.subject_id for s in subjects],
        events=[event] * len(subjects),
        due_at=[due_at] * len(subjects),
        at=[at] * len(subjects),
    )
