"""Show appeals with their orders, their files and what was done with them."""

from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.kernel.errors import FieldError, Invalid

STATUSES = ("filed", "decided", "reopened", "withdrawn")
PAGE_MAX = 500


class OrderAppealed(msgspec.Struct, frozen=True, kw_only=True):
    """An order of an appeal: since when it cost points, and what was decided and why."""

    order: str
    fulfilment_order_id: int
    counted_at: datetime
    outcome: str
    because: str


class FileListed(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was handed in."""

    title: str
    media_type: str
    sha256: str
    bytes: int


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """What was done with an appeal, when, by whom and why."""

    event: str
    at: datetime
    by: str
    because: str


class AppealShown(msgspec.Struct, frozen=True, kw_only=True):
    """An appeal; `overdue`: it waits although its answer was due."""

    appeal_id: int
    merchant: str
    profile: str
    scenario: str
    statement: str
    status: str
    filed_at: datetime
    answer_by_at: datetime
    overdue: bool
    decided_at: datetime | None
    again_by_at: datetime | None
    orders: tuple[OrderAppealed, ...]
    files: tuple[FileListed, ...]
    moves: tuple[Moved, ...]


class Row(msgspec.Struct, frozen=True):
    """An appeal as JSON."""

    appeal: str


@query
async def appeals_json(
    tx: Transaction,
    *,
    merchant: int | None,
    appeal: int | None,
    status: str,
    now: datetime,
    after: int,
    rows_max: int,
) -> list[Row]:
    """Read appeals by their numbers."""


async def show_appeals(
    tx: Transaction,
    now: datetime,
    *,
    merchant: int | None = None,
    appeal: int | None = None,
    status: str = "",
    after: int = 0,
    limit: int = 50,
) -> list[AppealShown]:
    """List appeals, of all merchants or one, the oldest number after `after` first.

    Raises:
        Invalid: an unknown status, or a page outside its bounds.

    """
    if status and status not in STATUSES:
        raise _wrong("status", f"use one of: {' '.join(STATUSES)}")
    if not 1 <= limit <= PAGE_MAX:
        raise _wrong("limit", f"a page has 1 to {PAGE_MAX} appeals")
    if not 0 <= after < 2**63:
        raise _wrong("after", "use the number of the last appeal of the page before")
    rows = await appeals_json(
        tx, merchant=merchant, appeal=appeal, status=status, now=now, after=after, rows_max=limit
    )
    return [msgspec.json.decode(row.appeal, type=AppealShown) for row in rows]


def _wrong(name: str, detail: str) -> Invalid:
    return Invalid(detail, errors=(FieldError(f"/{name}", "out_of_range", detail),))
