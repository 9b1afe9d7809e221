"""Answer for orders whose month is archived, from the files of the archive."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.lifecycle.drop_month import month_of_id, named
from penstock.orders.archive_file import Unreadable, read_rows
from penstock.orders.show import OrderShown, show


class FirstAnswer(msgspec.Struct, frozen=True):
    """What an order was answered when it was received."""

    outcome: str
    detail: str
    dispatch_by_at: datetime
    deliver_by_at: datetime


@query
async def archived_file(tx: Transaction, *, order_id: int) -> str | None:
    """Name the file that holds the orders of an order's month, if that is archived."""


@query
async def archived_of(tx: Transaction, *, order_ids: list[int]) -> list[int]:
    """Choose the ids whose month is archived."""


async def archived_document(
    tx: Transaction, merchant_id: int | None, order_id: int, folder: Path | None
) -> bytes | None:
    """Return an archived order as JSON, as it was shown last; None where there is none.

    `merchant_id` None looks at all merchants, for operators; to a merchant, another's order does
    not exist. Orders that were refused at receipt are not shown.

    Raises:
        Unreadable: its month is archived, and the file is not to be had.

    """
    name = await archived_file(tx, order_id=order_id)
    if name is None:
        return None
    path = _in(folder, name)
    found = await asyncio.to_thread(read_rows, path, merchant_id, [order_id], ["document"])
    document: str | None = found[0]["document"] if found else None
    return None if document is None else document.encode()


async def show_kept(
    tx: Transaction, merchant_id: int | None, order_id: int, folder: Path | None
) -> OrderShown | None:
    """Return an order from wherever it is, the database or the archive; as `show` does.

    Raises:
        Unreadable: its month is archived, and the file is not to be had.

    """
    if (shown := await show(tx, merchant_id, order_id)) is not None:
        return shown
    document = await archived_document(tx, merchant_id, order_id, folder)
    return None if document is None else msgspec.json.decode(document, type=OrderShown)


async def first_answers(
    merchant_id: int, order_ids: Sequence[int], folder: Path | None
) -> dict[int, FirstAnswer]:
    """Return what a merchant's archived orders were answered; what cannot be read is left out."""
    by_month: dict[int, list[int]] = {}
    for order_id in order_ids:
        by_month.setdefault(month_of_id(order_id), []).append(order_id)
    answers: dict[int, FirstAnswer] = {}
    columns = ["order_id", *FirstAnswer.__struct_fields__]
    for month, ids in by_month.items():
        try:
            path = _in(folder, f"orders-{named(month)}.parquet")
            rows = await asyncio.to_thread(read_rows, path, merchant_id, ids, columns)
        except Unreadable:
            continue
        answers |= {row.pop("order_id"): FirstAnswer(**row) for row in rows}
    return answers


def folder_of(setting: str) -> Path | None:
    """Return the archive's folder, None where there is no archive."""
    return Path(setting) if setting else None


def _in(folder: Path | None, name: str) -> Path:
    if folder is None:
        raise Unreadable(
            f"the order is archived in {name}, and this process does not know where: set "
            "PENSTOCK_ARCHIVE_FOLDER"
        )
    return folder / name
