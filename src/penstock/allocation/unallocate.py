"""Take fulfilment orders back from their nodes: rejected, or picked short."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.lifecycle.advance import Subject

Uncommit = Callable[[Transaction, Sequence[tuple[int, int]], datetime], Awaitable[None]]
"""Frees what nodes keep for fulfilment orders (merchant_id, id)."""


@query
async def forget_node(
    tx: Transaction, *, merchant_ids: list[int], fulfilment_order_ids: list[int]
) -> None:
    """Clear the decision and keep the lines."""


async def unallocate(
    tx: Transaction, subjects: Sequence[Subject], at: datetime, *, uncommit: Uncommit
) -> None:
    """Free the nodes' stock and forget the nodes, so that allocation decides anew.

    The caller has moved `subjects` back to `open`. What a node has written off as missing is no
    longer kept there and is not freed.
    """
    if not subjects:
        return
    await forget_node(
        tx,
        merchant_ids=[s.merchant_id for s in subjects],
        fulfilment_order_ids=[s.subject_id for s in subjects],
    )
    await uncommit(tx, [(s.merchant_id, s.subject_id) for s in subjects], at)
