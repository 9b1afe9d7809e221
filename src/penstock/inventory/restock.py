"""Take returned units that are as good as new back into stock."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction

ReturnedUnits = tuple[int, int, int, int, int]
"""Units that came back: (merchant_id, node_id, sku_id, quantity, return_id)."""


class Restocked(msgspec.Struct, frozen=True):
    """What became of one return's units of a SKU.

    `repeated`: they were put back before, and nothing changed. `no_pool`: the node backs no pool
    of the merchant, so the units cannot be sold from there and are not in stock.
    """

    merchant_id: int
    return_id: int
    sku_id: int
    outcome: Literal["restocked", "repeated", "no_pool"]


@query
async def restock_units(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    node_ids: list[int],
    sku_ids: list[int],
    quantities: list[int],
    return_ids: list[int],
    at: datetime,
) -> list[Restocked]:
    """Raise both counters and write the moves, once a return and SKU."""


async def restock(tx: Transaction, rows: Sequence[ReturnedUnits], at: datetime) -> list[Restocked]:
    """Put returned units into the node and its market pool; one answer a return and SKU."""
    if not rows:
        return []
    return await restock_units(
        tx,
        merchant_ids=[row[0] for row in rows],
        node_ids=[row[1] for row in rows],
        sku_ids=[row[2] for row in rows],
        quantities=[row[3] for row in rows],
        return_ids=[row[4] for row in rows],
        at=at,
    )
