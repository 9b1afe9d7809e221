"""`penstock orders import`: take a file of any channel, and hand back what was refused."""

import asyncio
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from penstock import lending
from penstock.channels.detect import Format, read
from penstock.channels.parsed import Parsed, located
from penstock.channels.refused_file import refused_file
from penstock.cli.output import print_json
from penstock.cli.session import Session, console, listing, merchant_id_of, session
from penstock.db.query import query
from penstock.db.transaction import OPERATOR, Transaction
from penstock.kernel.errors import FieldError, Misconfigured
from penstock.orders.intake import CHUNK, Taken, intake

UNCHANGED = "unchanged"
"""What is said of an order that was accepted before: it is counted, and not taken again.

Not of one that was unpaid then, and is paid now.
"""
_NUMBERED = re.compile(r"(?P<stem>.*)\.refused(?:-(?P<number>\d+))?")


class Imported(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One order of the file: as `POST /v1/orders:batch` answers it, by the file's own fields."""

    line: int
    outcome: str
    channel: str = ""
    channel_order_id: str = ""
    order_id: int = 0
    detail: str = ""
    errors: tuple[FieldError, ...] = ()


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What `--json` prints; `refused_file` is null when all orders are taken."""

    file: str
    format: Format
    counts: dict[str, int]
    refused_file: str | None
    orders: list[Imported]


@query
async def known_orders(
    tx: Transaction,
    *,
    merchant_id: int,
    channels: list[str],
    channel_order_ids: list[str],
    paid: list[bool],
) -> list[int]:
    """Find which orders were accepted before, as paid as now, by their place, from 0."""


def import_orders(
    file: Path,
    *,
    merchant: Annotated[str, Parameter(help="code of the merchant whose orders these are")],
    refused: Annotated[Path | None, Parameter(help="where the refused go")] = None,
    json: Annotated[bool, Parameter(help="print one line of JSON instead of a table")] = False,
) -> None:
    """Take orders from a file: TikTok Shop, Shopify, or our CSV, NDJSON and JSON, by content.

    The good ones go on. The refused are written to a file of the same kind, each with its reason,
    to be mended there and imported as it is. Ends with 0 when none was refused, with 1 when some
    were, with 2 when nothing could be done.
    """
    asyncio.run(_import(file, merchant, refused, json))


async def _import(file: Path, merchant: str, refused: Path | None, as_json: bool) -> None:
    async with session() as opened:
        merchant_id = await merchant_id_of(opened.database, merchant)
        content = _content(file)
        kind, records = read(content)
        parsed = list(records)
        if not as_json:
            console.print(f"{file.name}: {kind}, {len(parsed)} orders", soft_wrap=True)
        orders = await _take(opened, merchant_id, parsed, quiet=as_json)
    bad = [
        (p, o.errors)
        for p, o in zip(parsed, orders, strict=True)
        if o.outcome not in {"accepted", UNCHANGED}
    ]
    target = (refused or _beside(file)) if bad else None
    if target is not None:
        _write(target, refused_file(content, kind, bad))
    counts = dict(sorted(Counter(o.outcome for o in orders).items()))
    told = None if target is None else str(target)
    result = Result(file=str(file), format=kind, counts=counts, refused_file=told, orders=orders)
    if as_json:
        print_json(result)
    else:
        _print(result, len(bad))
    if bad:
        raise SystemExit(1)


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Misconfigured(f"cannot read {file}: {error.strerror}.") from error


async def _take(
    opened: Session, merchant_id: int, parsed: Sequence[Parsed], *, quiet: bool
) -> list[Imported]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    orders: list[Imported] = []
    ports = lending.receipt(opened.settings.archive_folder)
    seen: set[int] = set()
    with nullcontext() if quiet else Progress(*columns, console=console) as progress:
        bar = progress.add_task("receiving", total=len(parsed)) if progress else None
        for start in range(0, len(parsed), CHUNK):
            chunk = parsed[start : start + CHUNK]
            before = await _known(opened, merchant_id, chunk)
            taken = await intake(opened.database, merchant_id, chunk, opened.now, ports)
            for i, (p, t) in enumerate(zip(chunk, taken, strict=True)):
                again = i in before or t.order_id in seen
                seen |= {t.order_id} - {0}
                orders.append(_imported(p, t, again=again))
            if progress and bar is not None:
                progress.update(bar, advance=len(chunk))
    return orders


async def _known(opened: Session, merchant_id: int, chunk: Sequence[Parsed]) -> set[int]:
    placed = [(i, p.order) for i, p in enumerate(chunk) if p.order is not None]
    found = await opened.database.run(
        OPERATOR,
        lambda tx: known_orders(
            tx,
            merchant_id=merchant_id,
            channels=[order.channel for _, order in placed],
            channel_order_ids=[order.channel_order_id for _, order in placed],
            paid=[order.paid_at is not None for _, order in placed],
        ),
    )
    return {placed[position][0] for position in found}


def _imported(parsed: Parsed, taken: Taken, *, again: bool) -> Imported:
    repeated = again and taken.outcome == "accepted"
    return Imported(
        line=taken.line,
        outcome=UNCHANGED if repeated else taken.outcome,
        channel=parsed.order.channel if parsed.order else "",
        channel_order_id=taken.channel_order_id,
        order_id=taken.order_id,
        detail=taken.detail,
        errors=located(taken.errors, parsed.origins or {}, parsed.lines),
    )


def _beside(file: Path) -> Path:
    """Name the file of the refused after theirs, and never the one that is being imported."""
    match = _NUMBERED.fullmatch(file.stem)
    if match is None:
        return file.with_name(f"{file.stem}.refused{file.suffix}")
    return file.with_name(f"{match['stem']}.refused-{int(match['number'] or 1) + 1}{file.suffix}")


def _write(target: Path, content: bytes) -> None:
    try:
        target.write_bytes(content)
    except OSError as error:
        raise Misconfigured(
            f"the good orders are taken, but the refused cannot be written to {target}: "
            f"{error.strerror}. Import again with --refused and another file."
        ) from error


def _print(result: Result, refused: int) -> None:
    table = listing("outcome", "orders")
    table.columns[1].justify = "right"
    for outcome, count in result.counts.items():
        table.add_row(outcome, f"{count:,}")
    console.print(table)
    if refused:
        console.print(
            Text.assemble(
                f"{refused:,} refused: mend in ",
                (f"{result.refused_file}", "bold"),
                " what the reasons say, and import that file.",
            )
        )
