"""Give back what an order holds and no live fulfilment order of it needs any more."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.lifecycle.advance import Subject

Release = Callable[[Transaction, Sequence[tuple[int, int, int, int]], datetime], Awaitable[object]]
"""Gives reserved units back: (merchant_id, order_id, line_no, quantity)."""


class Unneeded(msgspec.Struct, frozen=True):
    """Units that an order line holds for nobody."""

    merchant_id: int
    order_id: int
    line_no: int
    quantity: int


@query
async def unneeded(
    tx: Transaction, *, merchant_ids: list[int], order_ids: list[int]
) -> list[Unneeded]:
    """Compare what order lines hold with what their live fulfilment orders need."""


async def withdraw(
    tx: Transaction, orders: Sequence[Subject], at: datetime, *, release: Release
) -> None:
    """Release what `orders` hold in excess, after parts of them were cancelled or will not ship.

    It compares rather than counts, so what a short pick has given up already is not released a
    second time, and what other parts of the order wait for stays reserved.
    """
    rows = await unneeded(
        tx,
        merchant_ids=[o.merchant_id for o in orders],
        order_ids=[o.subject_id for o in orders],
    )
    await release(tx, [(r.merchant_id, r.order_id, r.line_no, r.quantity) for r in rows], at)
