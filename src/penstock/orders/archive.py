"""Archive finished months: out of the database into files that anything reads.

A month leaves in one transaction. Its files are written, synced and read back before the database
gives anything up; that they are there and that the rows are gone is one commit. Whatever ends it
before, all is as it was, and the next attempt writes the files anew.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from penstock.db.let_idle import let_idle
from penstock.db.query import query
from penstock.db.transaction import OPERATOR, Database, Transaction
from penstock.kernel.errors import Misconfigured, Unavailable
from penstock.lifecycle.drop_month import leave, month_of, named
from penstock.orders.archive_file import ArchiveFile, ArchiveKind, Written
from penstock.orders.archive_pages import Pages, lines, moves, orders

KINDS: tuple[tuple[ArchiveKind, Pages], ...] = (
    ("orders", orders),
    ("lines", lines),
    ("moves", moves),
)
log = logging.getLogger(__name__)
Pause = Callable[[str], None]
"""Called between the moves of an attempt, where tests end it."""


class Waits(msgspec.Struct, frozen=True):
    """Why a month cannot leave yet: how many things, and the id of one."""

    why: str
    things: int
    example: int


class MonthArchived(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a month: `archived`, `ready` (in a dry run), or it `waits`, and for what."""

    month: str
    outcome: Literal["archived", "ready", "waits"]
    files: tuple[Written, ...] = ()
    waits: tuple[Waits, ...] = ()


@query
async def archive_begin(tx: Transaction) -> str | None:
    """Keep everybody else from archiving until the transaction ends; None where one is at it."""


@query
async def archive_months(tx: Transaction, *, before: int) -> list[int]:
    """List the months before this one that are in the database, the oldest first."""


@query
async def archive_waits(tx: Transaction, *, month: int, kept_from: datetime) -> list[Waits]:
    """Tell what of a month's orders is still under way, or was received since `kept_from`."""


@query
async def archive_origin(tx: Transaction) -> str | None:
    """Name this database among all that might share a folder."""


@query
async def all_merchants(tx: Transaction) -> list[int]:
    """List the merchants."""


@query
async def register_archive(
    tx: Transaction,
    *,
    month: int,
    kinds: list[str],
    files: list[str],
    rows: list[int],
    bytes: list[int],  # noqa: A002  the column's name
    sha256: list[str],
    archived_at: datetime,
) -> None:
    """Store what a month's files are, and how many accepted orders each merchant has there."""


async def archive(
    database: Database,
    folder: Path,
    before: int,
    now: datetime,
    *,
    dry_run: bool = False,
    pause: Pause = lambda _: None,
) -> list[MonthArchived]:
    """Archive all finished months before the month `before`, the oldest first.

    A month is finished when all its orders, their parcels and returns are, without an open
    exception among them. Parcels and returns are born in later months than their order, so a month
    that waits makes those behind it wait.

    Raises:
        Misconfigured: no pyarrow, or the folder cannot be written to.
        Unavailable: another process is at it, or a backup reads the tables.

    """
    done: list[MonthArchived] = []
    for month in await database.run(OPERATOR, lambda tx: archive_months(tx, before=before)):
        done.append(
            await database.run(
                OPERATOR, _month(folder, month, before, now, dry_run=dry_run, pause=pause)
            )
        )
        if done[-1].outcome == "waits":
            break
    return done


async def archive_daily(
    database: Database, folder: Path, keep_months: int, tx: Transaction, now: datetime
) -> int:
    """Archive what is finished and older than `keep_months`; say how many months left.

    A month leaves in a transaction of its own; that of the step waits for it and keeps others
    out. What goes wrong is logged and tried again the next day: orders do not wait for it.
    """
    await let_idle(tx)
    try:
        done = await archive(database, folder, month_of(now) - keep_months, now)
    except (Misconfigured, Unavailable) as problem:
        log.warning("archive: %s", problem)
        return 0
    for month in done:
        log.info("archive: %s %s", month.month, month.outcome)
    return sum(month.outcome == "archived" for month in done)


def _month(
    folder: Path, month: int, before: int, now: datetime, *, dry_run: bool, pause: Pause
) -> Callable[[Transaction], Awaitable[MonthArchived]]:
    kept_from = datetime(2020 + before // 12, before % 12 + 1, 1, tzinfo=UTC)

    async def work(tx: Transaction) -> MonthArchived:
        if await archive_begin(tx) is None:
            raise Unavailable("another process is archiving; look again when it is done")
        if waits := await archive_waits(tx, month=month, kept_from=kept_from):
            return MonthArchived(month=named(month), outcome="waits", waits=tuple(waits))
        if dry_run:
            return MonthArchived(month=named(month), outcome="ready")
        with _clear(folder):
            files = await _write(tx, folder, month, pause)
        # What came while they were written, such as a return, is not in them.
        if waits := await archive_waits(tx, month=month, kept_from=kept_from):
            return MonthArchived(month=named(month), outcome="waits", waits=tuple(waits))
        await _give_up(tx, month, files, now, pause)
        return MonthArchived(month=named(month), outcome="archived", files=tuple(files))

    return work


async def _write(tx: Transaction, folder: Path, month: int, pause: Pause) -> list[Written]:
    origin = await archive_origin(tx)
    assert origin is not None
    written = []
    for kind, pages in KINDS:
        file = ArchiveFile(folder, f"{kind}-{named(month)}.parquet", kind, origin)
        try:
            async for page in pages(tx, month):
                await asyncio.to_thread(file.write, page)
            pause(f"{kind} written")
            written.append(await asyncio.to_thread(file.finish))
            pause(f"{kind} verified")
            await asyncio.to_thread(file.publish)
            pause(f"{kind} published")
        except BaseException:
            file.abandon()
            raise
    return written


async def _give_up(
    tx: Transaction, month: int, files: Sequence[Written], now: datetime, pause: Pause
) -> None:
    await register_archive(
        tx,
        month=month,
        kinds=[f.kind for f in files],
        files=[f.file for f in files],
        rows=[f.rows for f in files],
        bytes=[f.bytes for f in files],
        sha256=[f.sha256 for f in files],
        archived_at=now,
    )
    pause("registered")
    await leave(tx, month, await all_merchants(tx))
    pause("dropped")


@contextmanager
def _clear(folder: Path) -> Iterator[None]:
    """Make the folder, and say what is wrong with it in one line."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        why = error.strerror or str(error)
        raise Misconfigured(
            f"cannot write to the archive's folder {folder}: {why}; nothing was taken out of the "
            "database."
        ) from error
