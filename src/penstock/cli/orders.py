"""`penstock orders`: import files of any channel, show one order's journey."""

import asyncio
import csv
from collections import Counter
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import App, Parameter
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from penstock import journey
from penstock.channels.detect import read
from penstock.channels.parsed import Parsed
from penstock.cli.order_page import print_order
from penstock.cli.session import Session, console, merchant_id_of, session
from penstock.db.transaction import OPERATOR
from penstock.kernel.errors import Misconfigured, NotFound
from penstock.orders.intake import CHUNK, Taken, intake
from penstock.orders.show import show as find

orders = App(name="orders", help="Import orders and look at them.")


@orders.command(name="import")
def import_orders(
    file: Path,
    *,
    merchant: Annotated[str, Parameter(help="code of the merchant whose orders these are")],
    refused: Annotated[Path | None, Parameter(help="where the refused go")] = None,
) -> None:
    """Take orders from a file: TikTok Shop, Shopify, or our CSV, NDJSON and JSON, by content.

    The good ones go on, the refused are written to a file with line and reason; the same file
    again changes nothing.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise Misconfigured(f"cannot read {file}: {error.strerror}.") from error
    channel, records = read(content)
    parsed = list(records)
    console.print(f"{file.name}: {channel}, {len(parsed)} orders")
    taken = asyncio.run(_take(parsed, merchant))
    _summary(taken)
    bad = [(p, t) for p, t in zip(parsed, taken, strict=True) if t.outcome != "accepted"]
    target = refused or file.with_name(file.name + ".refused.csv")
    if bad:
        _write_refused(target, bad)
        console.print(f"{len(bad)} refused: see [bold]{target}[/bold] for line and reason")


async def _take(parsed: list[Parsed], merchant: str) -> list[Taken]:
    taken: list[Taken] = []
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    async with session() as opened:
        merchant_id = await merchant_id_of(opened.database, merchant)
        with Progress(*columns, console=console) as progress:
            bar = progress.add_task("receiving", total=len(parsed))
            for start in range(0, len(parsed), CHUNK):
                chunk = parsed[start : start + CHUNK]
                taken += await _receive(opened, merchant_id, chunk)
                progress.update(bar, advance=len(chunk))
    return taken


async def _receive(opened: Session, merchant_id: int, chunk: list[Parsed]) -> list[Taken]:
    return await intake(opened.database, merchant_id, chunk, opened.now, journey.RECEIPT)


def _summary(taken: list[Taken]) -> None:
    table = Table("outcome", "orders", box=None, header_style="bold")
    table.columns[1].justify = "right"
    for outcome, count in sorted(Counter(t.outcome for t in taken).items()):
        table.add_row(outcome, f"{count:,}")
    console.print(table)


def _write_refused(target: Path, bad: list[tuple[Parsed, Taken]]) -> None:
    with target.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["line", "channel_order_id", "field", "code", "reason", "source"])
        for parsed, taken in bad:
            for error in taken.errors:
                rows.writerow([
                    error.line or taken.line, taken.channel_order_id, error.pointer, error.code,
                    error.detail, _unformula(parsed.raw),
                ])  # fmt: skip


def _unformula(text: str) -> str:
    """Keep a spreadsheet from taking what a stranger wrote for a formula (ASVS 1.2.10)."""
    return "'" + text if text[:1] in {"=", "+", "-", "@", "\t", "\0"} else text


@orders.command
def show(order_id: int, *, json: bool = False) -> None:
    """Show one order: its lines, where each fulfilment order is, and all that happened."""
    asyncio.run(_show(order_id, json))


async def _show(order_id: int, as_json: bool) -> None:
    async with session() as opened:
        order = await opened.database.run(OPERATOR, lambda tx: find(tx, None, order_id))
    if order is None:
        raise NotFound(f"there is no order {order_id}")
    if as_json:
        console.print_json(msgspec.json.encode(order).decode())
    else:
        print_order(console, order)
