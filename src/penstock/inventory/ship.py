"""Stock leaves: what was handed over is neither at the node nor held in the pool any more."""

from collections.abc import Sequence
from datetime import datetime

from penstock.db.query import query
from penstock.db.transaction import Transaction

ShippedLine = tuple[int, int, int, int, int, int, int]
"""A line of a fulfilment order that was handed over: (merchant_id, node_id, sku_id, quantity,
fulfilment_order_id, order_id, line_no)."""


@query
async def ship(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    node_ids: list[int],
    sku_ids: list[int],
    quantities: list[int],
    fulfilment_order_ids: list[int],
    order_ids: list[int],
    line_nos: list[int],
    at: datetime,
) -> int | None:
    """Lower both counters and the reservations, write the moves; answer how many moves."""


async def ship_stock(tx: Transaction, lines: Sequence[ShippedLine], at: datetime) -> None:
    """Take `lines` out of stock, in the transaction that moves their orders to `handed_over`.

    That move happens once, and so does this. Shipping more than an order line holds, or than its
    node keeps for it, violates a CHECK.
    """
    if not lines:
        return
    written = await ship(
        tx,
        merchant_ids=[line[0] for line in lines],
        node_ids=[line[1] for line in lines],
        sku_ids=[line[2] for line in lines],
        quantities=[line[3] for line in lines],
        fulfilment_order_ids=[line[4] for line in lines],
        order_ids=[line[5] for line in lines],
        line_nos=[line[6] for line in lines],
        at=at,
    )
    assert written == 2 * len(lines), "a line was shipped that holds no stock"
