"""Limits of units a buyer: set for a stream or a SKU of it, and what buyers hold against them."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction

HoldReceipt = Callable[[Transaction, int, datetime], Awaitable[object]]
"""Waits for the merchant's receipts under way and keeps others waiting until the commit."""


class BuyerLimit(msgspec.Struct, frozen=True):
    """Units that one buyer may have of a SKU, or of all SKUs of a stream together (SKU 0).

    `units` 0 takes a limit away.
    """

    sku_id: int
    units: int


class Holding(msgspec.Struct, frozen=True):
    """What a buyer has of a SKU in orders of a stream that were not cancelled."""

    stream_id: int
    sku_id: int
    buyer_id: str
    units: int


@query
async def holdings(
    tx: Transaction, *, merchant_id: int, stream_ids: list[int], buyer_ids: list[str]
) -> list[Holding]:
    """List what these buyers have of these streams."""


@query
async def store_limits(
    tx: Transaction,
    *,
    merchant_id: int,
    stream_id: int,
    sku_ids: list[int],
    units: list[int],
    by: str,
    now: datetime,
) -> None:
    """Set limits; those of 0 units are taken away."""


@query
async def remember_bought(tx: Transaction, *, merchant_id: int, stream_id: int) -> None:
    """Look up what was bought before the stream had a limit."""


async def holdings_of(
    tx: Transaction, merchant_id: int, pairs: Sequence[tuple[int, str]]
) -> dict[tuple[int, int, str], int]:
    """Return what buyers hold already, for `pairs` of (stream_id, buyer_id) of a batch.

    Units by (stream_id, sku_id, buyer_id), with SKU 0 for all together: what `apply_brakes`
    takes. Only streams with a limit are remembered, so ask for these.
    """
    named = {(stream_id, buyer_id) for stream_id, buyer_id in pairs if buyer_id}
    if not named:
        return {}
    rows = await holdings(
        tx,
        merchant_id=merchant_id,
        stream_ids=sorted({stream_id for stream_id, _ in named}),
        buyer_ids=sorted({buyer_id for _, buyer_id in named}),
    )
    held: dict[tuple[int, int, str], int] = {}
    for row in rows:
        for sku_id in (row.sku_id, 0):
            key = (row.stream_id, sku_id, row.buyer_id)
            held[key] = held.get(key, 0) + row.units
    return held


async def limit_buyers(
    tx: Transaction,
    merchant_id: int,
    stream_id: int,
    limits: Sequence[BuyerLimit],
    by: str,
    now: datetime,
    *,
    hold_receipt: HoldReceipt,
) -> None:
    """Put limits in force; what buyers have of the stream already counts.

    Receipt is held meanwhile, so that no order slips by uncounted.
    """
    await hold_receipt(tx, merchant_id, now)
    await store_limits(
        tx,
        merchant_id=merchant_id,
        stream_id=stream_id,
        sku_ids=[limit.sku_id for limit in limits],
        units=[limit.units for limit in limits],
        by=by,
        now=now,
    )
    await remember_bought(tx, merchant_id=merchant_id, stream_id=stream_id)
