"""Write off units that a picker did not find: the node and the pools shrink by as many."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction

MissingUnits = tuple[int, int, int, int, int]
"""Units kept for an order and not there: (merchant_id, node_id, sku_id, quantity,
fulfilment_order_id)."""


class WrittenOff(msgspec.Struct, frozen=True):
    """What became of one fulfilment order's missing units of a SKU.

    `given_up` of them were found nowhere else in the pools: the order's own reservation went
    with them, so the order can no longer be served whole and is to be cancelled.
    `uncovered` is 0, or the books were wrong before.
    """

    merchant_id: int
    fulfilment_order_id: int
    sku_id: int
    quantity: int
    given_up: int
    uncovered: int


@query
async def write_off_units(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    node_ids: list[int],
    sku_ids: list[int],
    quantities: list[int],
    fulfilment_order_ids: list[int],
    at: datetime,
) -> list[WrittenOff]:
    """Decide from which pools the units go, lower all counters, write the moves."""


async def write_off(
    tx: Transaction, rows: Sequence[MissingUnits], at: datetime
) -> list[WrittenOff]:
    """Move units that a node keeps for orders to `missing`, and shrink their pool family.

    Free stock goes first: the market pool's, then the streams'. Only where the family has none
    does the order for which the units were kept lose its reservation, for theirs are the units
    that are missing. One answer per fulfilment order and SKU, in that order.
    """
    if not rows:
        return []
    written = await write_off_units(
        tx,
        merchant_ids=[row[0] for row in rows],
        node_ids=[row[1] for row in rows],
        sku_ids=[row[2] for row in rows],
        quantities=[row[3] for row in rows],
        fulfilment_order_ids=[row[4] for row in rows],
        at=at,
    )
    assert sum(w.quantity for w in written) == sum(row[3] for row in rows), "no pool is backed"
    assert not any(w.uncovered for w in written), "units were missing that no pool had"
    return written
