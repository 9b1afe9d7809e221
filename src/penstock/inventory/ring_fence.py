"""Ring-fence stock for a livestream, and give back what it did not sell."""

from collections.abc import Sequence
from datetime import datetime

from penstock.db.query import query
from penstock.db.transaction import Transaction

Shift = tuple[int, int, int, int, int]
"""Units to move between pools: (merchant_id, from_pool_id, to_pool_id, sku_id, quantity)."""


@query
async def shift(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    from_pool_ids: list[int],
    to_pool_ids: list[int],
    sku_ids: list[int],
    quantities: list[int],
    reason: str,
    at: datetime,
) -> list[int]:
    """Move available units between pools of a family; answer the units moved, row by row."""


async def ring_fence(tx: Transaction, rows: Sequence[Shift], at: datetime) -> list[int]:
    """Move available units into a stream's pool; answer how many were moved, one count a row.

    Never more than is available: what is reserved stays where it is. Rows are served in their
    order. Pools of different families exchange nothing, for other nodes back them.
    """
    return await _shift(tx, rows, "ring_fence", at)


async def give_back(tx: Transaction, rows: Sequence[Shift], at: datetime) -> list[int]:
    """Move available units back out of a stream's pool, by the same rules."""
    return await _shift(tx, rows, "give_back", at)


async def _shift(tx: Transaction, rows: Sequence[Shift], reason: str, at: datetime) -> list[int]:
    if not rows:
        return []
    return await shift(
        tx,
        merchant_ids=[row[0] for row in rows],
        from_pool_ids=[row[1] for row in rows],
        to_pool_ids=[row[2] for row in rows],
        sku_ids=[row[3] for row in rows],
        quantities=[row[4] for row in rows],
        reason=reason,
        at=at,
    )
