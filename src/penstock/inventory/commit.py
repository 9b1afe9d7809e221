"""Commit a node's stock to fulfilment orders, and take the commitment back."""

from collections.abc import Sequence
from datetime import datetime

from penstock.db.query import query
from penstock.db.transaction import Transaction

Commitment = tuple[int, int, int, int, int]
"""Units that a node keeps: (merchant_id, node_id, sku_id, quantity, fulfilment_order_id)."""


@query
async def lock_free(tx: Transaction, *, merchant_ids: list[int], sku_ids: list[int]) -> None:
    """Lock the counters of these SKUs at every node, in key order."""


@query
async def commit(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    node_ids: list[int],
    sku_ids: list[int],
    quantities: list[int],
    fulfilment_order_ids: list[int],
    at: datetime,
) -> int | None:
    """Raise `allocated` and write the moves; answer how many."""


@query
async def uncommit(
    tx: Transaction, *, merchant_ids: list[int], fulfilment_order_ids: list[int], at: datetime
) -> None:
    """Free what the ledger says the fulfilment orders still hold."""


async def lock_nodes(tx: Transaction, skus: Sequence[tuple[int, int]]) -> None:
    """Lock the nodes' counters of `skus` (merchant_id, sku_id) until the transaction ends.

    Who allocates locks first, so that what it reads as free is still free when it commits.
    """
    pairs = sorted(set(skus))
    await lock_free(
        tx, merchant_ids=[merchant for merchant, _ in pairs], sku_ids=[sku for _, sku in pairs]
    )


async def commit_stock(tx: Transaction, rows: Sequence[Commitment], at: datetime) -> None:
    """Move the units of `rows` from free to allocated at their nodes; the CHECK guards both."""
    if not rows:
        return
    written = await commit(
        tx,
        merchant_ids=[row[0] for row in rows],
        node_ids=[row[1] for row in rows],
        sku_ids=[row[2] for row in rows],
        quantities=[row[3] for row in rows],
        fulfilment_order_ids=[row[4] for row in rows],
        at=at,
    )
    assert written == len(rows), "a node was asked for a SKU that it has never had"


async def uncommit_stock(
    tx: Transaction, fulfilment_orders: Sequence[tuple[int, int]], at: datetime
) -> None:
    """Free all that nodes still keep for `fulfilment_orders` (merchant_id, id).

    How much that is comes from the ledger: what was shipped or written off is not freed, and
    doing it again frees nothing.
    """
    if fulfilment_orders:
        await uncommit(
            tx,
            merchant_ids=[merchant for merchant, _ in fulfilment_orders],
            fulfilment_order_ids=[order for _, order in fulfilment_orders],
            at=at,
        )
