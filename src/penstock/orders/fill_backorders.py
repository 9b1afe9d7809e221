"""Give backordered orders what has come, in the order in which they were received."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.lifecycle.advance import Subject, move
from penstock.orders.share_out import PoolSku, Share, WaitingLine, share_out

LockStock = Callable[[Transaction, int, set[PoolSku]], Awaitable[dict[PoolSku, int]]]
"""(merchant_id, counters) to what is available in each, locked."""
TakeStock = Callable[
    [Transaction, int, Sequence[tuple[int, int, int, int, int]], datetime], Awaitable[None]
]
"""Holds units: (order_id, line_no, pool_id, sku_id, quantity)."""
RingFence = Callable[
    [Transaction, Sequence[tuple[int, int, int, int, int]], datetime], Awaitable[list[int]]
]
"""Moves available units: (merchant_id, from_pool_id, to_pool_id, sku_id, quantity)."""


@query
async def place_again(tx: Transaction, *, merchant_ids: list[int], order_ids: list[int]) -> None:
    """Find a pool for lines whose SKU no pool carried when they were received."""


@query
async def waiting(
    tx: Transaction, *, merchant_ids: list[int], order_ids: list[int]
) -> list[WaitingLine]:
    """List the lines that wait for stock, in order of receipt."""


@query
async def fill(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    order_ids: list[int],
    line_nos: list[int],
    quantities: list[int],
) -> None:
    """Lower what the lines wait for."""


async def fill_backorders(
    tx: Transaction,
    subjects: Sequence[Subject],
    now: datetime,
    *,
    lock_stock: LockStock,
    take_stock: TakeStock,
    ring_fence: RingFence,
) -> None:
    """Reserve for `subjects`, claimed and `backordered`; those that have everything move on.

    An order keeps what it got and waits for the rest. Orders received earlier that are not among
    `subjects` just now are left their share. Stock arrives in market pools, so a line that waits
    in a stream's pool draws on the market pool behind it.
    """
    ids = {
        "merchant_ids": [s.merchant_id for s in subjects],
        "order_ids": [s.subject_id for s in subjects],
    }
    await place_again(tx, **ids)
    lines = await waiting(tx, **ids)
    short: set[tuple[int, int]] = set()
    for merchant_id in sorted({line.merchant_id for line in lines}):
        own = [line for line in lines if line.merchant_id == merchant_id]
        counters = {(pool, line.sku_id) for line in own for pool in (line.pool_id, line.family_id)}
        shares = share_out(own, await lock_stock(tx, merchant_id, counters))
        short |= {(merchant_id, s.line.order_id) for s in shares if s.units < s.line.backordered}
        await _reserve(tx, merchant_id, [s for s in shares if s.units], now, take_stock, ring_fence)
    complete = [s for s in subjects if (s.merchant_id, s.subject_id) not in short]
    await move(tx, complete, "stock_found", now)


async def _reserve(
    tx: Transaction,
    merchant_id: int,
    shares: Sequence[Share],
    now: datetime,
    take_stock: TakeStock,
    ring_fence: RingFence,
) -> None:
    borrowed = [
        (merchant_id, s.line.family_id, s.line.pool_id, s.line.sku_id, s.borrowed)
        for s in shares
        if s.borrowed
    ]
    moved = await ring_fence(tx, borrowed, now) if borrowed else []
    assert sum(moved) == sum(row[4] for row in borrowed), "a locked counter gave less than it had"
    await take_stock(
        tx,
        merchant_id,
        [(s.line.order_id, s.line.line_no, s.line.pool_id, s.line.sku_id, s.units) for s in shares],
        now,
    )
    await fill(
        tx,
        merchant_ids=[merchant_id] * len(shares),
        order_ids=[s.line.order_id for s in shares],
        line_nos=[s.line.line_no for s in shares],
        quantities=[s.units for s in shares],
    )
