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


class Stood(msgspec.Struct, frozen=True):
    """Where a subject stood, and where its event has put it (None: the event is illegal there)."""

    merchant_id: int
    subject_id: int
    from_status: str
    to_status: str | None


@query
async def advance_some(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    subject_ids: list[int],
    events: list[str],
    due_at: list[datetime | None],
    at: list[datetime],
) -> list[Stood]:
    """Move n different subjects by one event each, log the moves, put them into the outbox."""


@query
async def create_alike(
    tx: Transaction,
    *,
    kind: str,
    subject_ids: list[int],
    due_at: list[datetime | None],
    alike: list[int],
    merchant_ids: list[int],
    events: list[str],
    at: datetime,
) -> None:
    """Bring n subjects to life at one time, each by its first event; by an empty one, none.

    Merchant and event are the `alike`-th (from 1) of theirs: many subjects share few of them.
    Whoever joins it with other statements hands over one set of columns, some of it stillborn.
    """


@query
async def new_ids(tx: Transaction, *, count: int, at: datetime) -> list[int]:
    """Draw ids for n subjects of any kind that are born at `at`: they begin with its month."""


async def create(
    tx: Transaction,
    *,
    kind: str,
    merchant_ids: list[int],
    subject_ids: list[int],
    events: list[str],
    due_at: list[datetime | None],
    at: datetime,
) -> None:
    """Bring n subjects to life at one time, each by its first event; by an empty one, none."""
    pairs = list(zip(merchant_ids, events, strict=True))
    known = {pair: place for place, pair in enumerate(dict.fromkeys(pairs), 1)}
    await create_alike(
        tx,
        kind=kind,
        subject_ids=subject_ids,
        due_at=due_at,
        alike=[known[pair] for pair in pairs],
        merchant_ids=[merchant_id for merchant_id, _ in known],
        events=[event for _, event in known],
        at=at,
    )


async def advance(
    tx: Transaction,
    *,
    merchant_ids: Sequence[int],
    subject_ids: Sequence[int],
    events: Sequence[str],
    due_at: Sequence[datetime | None],
    at: Sequence[datetime],
) -> list[Advanced]:
    """Move subjects by one event each and say what became of every wish, in their order.

    A subject that is wished for twice moves by its first wish only, which answers for both.
    """
    first: dict[tuple[int, int], int] = {}
    keys = list(zip(merchant_ids, subject_ids, strict=True))
    for i, key in enumerate(keys):
        first.setdefault(key, i)
    rows = await advance_some(
        tx,
        merchant_ids=[merchant_ids[i] for i in first.values()],
        subject_ids=[subject_ids[i] for i in first.values()],
        events=[events[i] for i in first.values()],
        due_at=[due_at[i] for i in first.values()],
        at=[at[i] for i in first.values()],
    )
    stood = {(row.merchant_id, row.subject_id): row for row in rows}
    tx.moved.update(key for key, row in stood.items() if row.to_status is not None)
    return [_answer(key, stood.get(key)) for key in keys]


def _answer(key: tuple[int, int], stood: Stood | None) -> Advanced:
    if stood is None:
        return Advanced(*key, "unknown", "", "")
    if stood.to_status is None:
        return Advanced(*key, "illegal", stood.from_status, stood.from_status)
    return Advanced(*key, "advanced", stood.from_status, stood.to_status)


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
