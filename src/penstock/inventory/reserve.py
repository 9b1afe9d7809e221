"""Reserve stock in pools: lock the counters, let a pure rule decide, take what it decided."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.together import together
from penstock.db.transaction import Transaction

PoolSku = tuple[int, int]
"""A counter: (pool_id, sku_id)."""
Take = tuple[int, int, int, int, int]
"""Units to hold for an order line: (order_id, line_no, pool_id, sku_id, quantity)."""


class Available(msgspec.Struct, frozen=True):
    """What one locked counter can still give, in units."""

    pool_id: int
    sku_id: int
    available: int


@query
async def lock_available(
    tx: Transaction, *, merchant_id: int, pool_ids: list[int], sku_ids: list[int]
) -> list[Available]:
    """Lock the counters in key order, so that batches queue and never deadlock; tell their rest."""


@query
async def reserve(
    tx: Transaction,
    *,
    merchant_id: int,
    line_order_ids: list[int],
    lines_alike: list[int],
    line_nos: list[int],
    pool_ids: list[int],
    sku_ids: list[int],
    reserved: list[int],
    at: datetime,
) -> None:
    """Write what order lines take: their moves, and each counter once; 0 units: nothing.

    What is asked for is the `lines_alike`-th (from 1) of it: on a stream many lines share few.
    The CHECK on the counter is the second guard. It goes with `hold` or `hold_more`.
    """


@query
async def hold(
    tx: Transaction,
    *,
    merchant_id: int,
    line_order_ids: list[int],
    lines_alike: list[int],
    line_nos: list[int],
    pool_ids: list[int],
    sku_ids: list[int],
    reserved: list[int],
) -> None:
    """Write the reservations of lines that hold nothing yet."""


@query
async def hold_more(
    tx: Transaction,
    *,
    merchant_id: int,
    line_order_ids: list[int],
    lines_alike: list[int],
    line_nos: list[int],
    pool_ids: list[int],
    sku_ids: list[int],
    reserved: list[int],
) -> None:
    """Write the reservations of lines that may hold units already, and then hold more."""


_reserve_more = together(reserve, hold_more)


async def lock_stock(tx: Transaction, merchant_id: int, wanted: set[PoolSku]) -> dict[PoolSku, int]:
    """Lock the counters named by `wanted` until the transaction ends; return what is available."""
    pairs = sorted(wanted)
    rows = await lock_available(
        tx,
        merchant_id=merchant_id,
        pool_ids=[pool for pool, _ in pairs],
        sku_ids=[sku for _, sku in pairs],
    )
    return {(row.pool_id, row.sku_id): row.available for row in rows}


async def take_stock(
    tx: Transaction, merchant_id: int, takes: Sequence[Take], at: datetime
) -> None:
    """Hold the units of `takes` for order lines; this transaction has locked the counters."""
    if takes:
        order_ids, line_nos, pool_ids, sku_ids, reserved = map(list, zip(*takes, strict=True))
        await _reserve_more(
            tx,
            merchant_id=merchant_id,
            line_order_ids=order_ids,
            lines_alike=list(range(1, len(takes) + 1)),
            line_nos=line_nos,
            pool_ids=pool_ids,
            sku_ids=sku_ids,
            reserved=reserved,
            at=at,
        )
