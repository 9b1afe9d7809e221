"""`penstock archive`: finished months leave the database for files that anything reads."""

import asyncio
import re
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from penstock.cli.output import print_json
from penstock.cli.session import console, listing, session
from penstock.kernel.errors import Misconfigured
from penstock.lifecycle.drop_month import month_of
from penstock.orders.archive import MonthArchived
from penstock.orders.archive import archive as archive_months
from penstock.orders.archive_file import arrow

_MONTH = re.compile(r"(20[2-9]\d)-(0[1-9]|1[0-2])")


def archive(
    *,
    before: Annotated[str, Parameter(help="only months before this one, such as 2026-05")] = "",
    keep_months: Annotated[int | None, Parameter(help="that stay before the current one")] = None,
    folder: Annotated[str, Parameter(help="instead of PENSTOCK_ARCHIVE_FOLDER")] = "",
    dry_run: Annotated[bool, Parameter(help="only say what would leave, and what waits")] = False,
    json: Annotated[bool, Parameter(help="one line of JSON")] = False,
) -> None:
    """Write finished months to Parquet files, and take them out of the database.

    The oldest goes first, and one that is not finished makes those behind it wait. Orders in the
    files are shown as before. Ends with 0 also where nothing was to be done.
    """
    arrow()
    done = asyncio.run(_archive(before, keep_months, folder, dry_run=dry_run))
    if json:
        print_json(done)
    else:
        _print(done)


async def _archive(
    before: str, keep_months: int | None, folder: str, *, dry_run: bool
) -> list[MonthArchived]:
    async with session() as opened:
        into = folder or opened.settings.archive_folder
        if not into:
            raise Misconfigured(
                "there is no folder to archive to: set PENSTOCK_ARCHIVE_FOLDER, or name --folder."
            )
        current = month_of(opened.now)
        if keep_months is None and not before:
            keep_months = opened.settings.archive_keep_months
        limits = [current]
        if keep_months is not None:
            if keep_months < 0:
                raise Misconfigured(f"--keep-months {keep_months}: keep none, or some.")
            limits.append(current - keep_months)
        if before:
            limits.append(_month(before))
        return await archive_months(
            opened.database, Path(into), min(limits), opened.now, dry_run=dry_run
        )


def _month(text: str) -> int:
    found = _MONTH.fullmatch(text)
    if found is None:
        raise Misconfigured(f"--before {text}: name a month such as 2026-05.")
    return (int(found[1]) - 2020) * 12 + int(found[2]) - 1


def _print(done: list[MonthArchived]) -> None:
    if not done:
        console.print("no month to archive")
        return
    table = listing("month", "", "orders", "MiB", "file")
    for month in done:
        if not month.files:
            table.add_row(month.month, month.outcome)
        for file in month.files:
            orders = f"{file.rows:,}" if file.kind == "orders" else ""
            table.add_row(
                month.month, month.outcome, orders, f"{file.bytes / 2**20:.1f}", file.file
            )
    console.print(table)
    for month in done:
        for waits in month.waits:
            console.print(
                f"{month.month} waits: {waits.things} {waits.why}, such as {waits.example}"
            )
