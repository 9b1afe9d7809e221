"""A month's rows in the order of their keys, a page at a time: however many, memory stays flat."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.orders.show import show_many

Page = list[tuple[Any, ...]]
Pages = Callable[[Transaction, int], AsyncIterator[Page]]
_ORDERS_AT_ONCE = 500
_ROWS_AT_ONCE = 20_000


class ReceiptRow(msgspec.Struct, frozen=True):
    """A receipt as it is stored, accepted or refused."""

    merchant_id: int
    order_id: int
    channel: str
    channel_order_id: str
    received_at: datetime
    outcome: str
    detail: str
    country: str
    currency: str
    goods_minor: int
    shipping_minor: int
    policy: str
    stream_id: int | None
    buyer_id: str
    ship_to: str
    ordered_at: datetime
    paid_at: datetime | None
    dispatch_by_at: datetime
    deliver_by_at: datetime


class LineRow(msgspec.Struct, frozen=True):
    """An order line as it is stored, with its SKU's code."""

    merchant_id: int
    order_id: int
    line_no: int
    sku_id: int
    sku: str
    pool_id: int
    quantity: int
    accepted: int
    backordered: int
    unit_price_minor: int


class MoveRow(msgspec.Struct, frozen=True):
    """A move of a subject that was born in the month."""

    merchant_id: int
    subject_id: int
    history_id: int
    kind: str
    from_status: str
    event: str
    to_status: str
    at: datetime


@query
async def archive_receipts(
    tx: Transaction, *, month: int, merchant_id: int, order_id: int, batch: int
) -> list[ReceiptRow]:
    """Read a month's receipts behind a key."""


@query
async def archive_lines(
    tx: Transaction, *, month: int, merchant_id: int, order_id: int, line_no: int, batch: int
) -> list[LineRow]:
    """Read the order lines of a month behind a key."""


@query
async def archive_moves(
    tx: Transaction, *, month: int, merchant_id: int, subject_id: int, history_id: int, batch: int
) -> list[MoveRow]:
    """Read the moves of a month's subjects behind a key."""


async def orders(tx: Transaction, month: int) -> AsyncIterator[Page]:
    """Read receipts; an accepted order's document is what the API answers when it is shown."""
    encode = msgspec.json.Encoder().encode
    key = (0, 0)
    while rows := await archive_receipts(
        tx, month=month, merchant_id=key[0], order_id=key[1], batch=_ORDERS_AT_ONCE
    ):
        key = (rows[-1].merchant_id, rows[-1].order_id)
        accepted = [(r.merchant_id, r.order_id) for r in rows if r.outcome == "accepted"]
        shown = await show_many(tx, accepted)
        assert len(shown) == len(accepted), "an accepted order cannot be shown"
        page: Page = []
        for row in rows:
            document = shown.get((row.merchant_id, row.order_id))
            before, behind = msgspec.structs.astuple(row)[:7], msgspec.structs.astuple(row)[7:]
            if document is None:
                page.append((*before, "", *behind, None))
            else:
                page.append((*before, document.status, *behind, encode(document).decode()))
        yield page


async def lines(tx: Transaction, month: int) -> AsyncIterator[Page]:
    """Read order lines."""
    key = (0, 0, 0)
    while rows := await archive_lines(
        tx,
        month=month,
        merchant_id=key[0],
        order_id=key[1],
        line_no=key[2],
        batch=_ROWS_AT_ONCE,
    ):
        key = (rows[-1].merchant_id, rows[-1].order_id, rows[-1].line_no)
        yield [msgspec.structs.astuple(row) for row in rows]


async def moves(tx: Transaction, month: int) -> AsyncIterator[Page]:
    """Read moves."""
    key = (0, 0, 0)
    while rows := await archive_moves(
        tx,
        month=month,
        merchant_id=key[0],
        subject_id=key[1],
        history_id=key[2],
        batch=_ROWS_AT_ONCE,
    ):
        key = (rows[-1].merchant_id, rows[-1].subject_id, rows[-1].history_id)
        yield [msgspec.structs.astuple(row) for row in rows]
