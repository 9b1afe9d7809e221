"""Give reserved units back to what is for sale."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction

HeldUnits = tuple[int, int, int, int]
"""Units of an order line that are no longer wanted: (merchant_id, order_id, line_no, quantity)."""


class Released(msgspec.Struct, frozen=True):
    """What an order line gave back; less than asked for where it held less."""

    merchant_id: int
    order_id: int
    line_no: int
    quantity: int


@query
async def release(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    order_ids: list[int],
    line_nos: list[int],
    quantities: list[int],
    at: datetime,
) -> list[Released]:
    """Lower reservations and counters and write the moves, never below what is held."""


async def release_reservation(
    tx: Transaction, rows: Sequence[HeldUnits], at: datetime
) -> list[Released]:
    """Give units back to their pools and tell how many; what a line does not hold stays out."""
    if not rows:
        return []
    return await release(
        tx,
        merchant_ids=[row[0] for row in rows],
        order_ids=[row[1] for row in rows],
        line_nos=[row[2] for row in rows],
        quantities=[row[3] for row in rows],
        at=at,
    )
