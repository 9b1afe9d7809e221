"""Allocate open fulfilment orders to nodes, all of a batch at once."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import msgspec

from penstock.allocation.decide import Key, Part, decide_some
from penstock.allocation.split import split
from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.lifecycle.advance import Subject, move

Lock = Callable[[Transaction, Sequence[tuple[int, int]]], Awaitable[None]]
"""Locks the nodes' counters of SKUs (merchant_id, sku_id) until the transaction ends."""
Commit = Callable[
    [Transaction, Sequence[tuple[int, int, int, int, int]], datetime], Awaitable[None]
]
"""Commits units: (merchant_id, node_id, sku_id, quantity, fulfilment_order_id)."""

LATE_DAY_MINOR = 500
"""What a day of lateness weighs against freight, in the rate cards' minor units."""
PASSES_MAX = 200
"""Looks at the stock a batch and round; what is then undecided waits for the next batch."""


class Wanted(msgspec.Struct, frozen=True):
    """A SKU that is asked for."""

    merchant_id: int
    sku_id: int


@query
async def adopt(
    tx: Transaction, *, merchant_ids: list[int], fulfilment_order_ids: list[int]
) -> None:
    """Store orders that are new here as fulfilment orders with their lines."""


@query
async def wanted(
    tx: Transaction, *, merchant_ids: list[int], fulfilment_order_ids: list[int]
) -> list[Wanted]:
    """List the SKUs of these fulfilment orders."""


@query
async def record(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    fulfilment_order_ids: list[int],
    node_ids: list[int],
    freight_minor: list[int],
    late_days: list[int],
    because: list[str],
    at: datetime,
) -> None:
    """Store the node of each fulfilment order and why it was chosen."""


@query
async def tell_waiting(
    tx: Transaction, *, merchant_ids: list[int], fulfilment_order_ids: list[int], now: datetime
) -> None:
    """Store why these fulfilment orders wait."""


async def allocate(
    tx: Transaction,
    subjects: Sequence[Subject],
    now: datetime,
    *,
    lock: Lock,
    commit: Commit,
    late_day_minor: int = LATE_DAY_MINOR,
) -> None:
    """Find each of `subjects`, claimed and `open`, a node, or several, and move it on.

    The outcome is that of serving the orders one by one by their delivery deadline: first all
    that one node can serve entirely, each from its cheapest node, then the others split by line
    and, where no node has a line in full, by units. What cannot be served stays `open`.
    """
    if not subjects:
        return
    keys = [(s.merchant_id, s.subject_id) for s in subjects]
    ids = {"merchant_ids": [k[0] for k in keys], "fulfilment_order_ids": [k[1] for k in keys]}
    await adopt(tx, **ids)
    await lock(tx, [(w.merchant_id, w.sku_id) for w in await wanted(tx, **ids)])
    left = dict.fromkeys(keys)
    served: list[Key] = []
    for whole in (True, False):
        looks = 0
        while left and looks < PASSES_MAX:
            parts = await decide_some(tx, left, now, whole=whole, late_day_minor=late_day_minor)
            if not parts:
                break
            looks += 1
            served += await _serve(tx, parts, now, commit)
            for part in parts:
                if part.entire:
                    left.pop(part.key, None)
        if looks == PASSES_MAX:
            break  # undecided is not unservable: what one node may serve is not split
    if left:
        await tell_waiting(
            tx,
            merchant_ids=[merchant for merchant, _ in left],
            fulfilment_order_ids=[order for _, order in left],
            now=now,
        )
    moved = await move(tx, [Subject(*key) for key in served], "allocated", now)
    assert all(m.outcome == "advanced" for m in moved), "an order that is not open was allocated"


async def _serve(
    tx: Transaction, parts: Sequence[Part], now: datetime, commit: Commit
) -> list[Key]:
    """Split, commit and record one pass; return the fulfilment orders that have a node now."""
    new_ids = await split(tx, [part for part in parts if not part.entire], now)
    chosen = {(part.merchant_id, new_ids.get(part.key, part.fulfilment_order_id)): part
              for part in parts}  # fmt: skip
    await commit(
        tx,
        [
            (
                part.merchant_id,
                part.node_id,
                part.sku_id,
                part.quantity,
                new_ids.get(part.key, part.fulfilment_order_id),
            )
            for part in parts
        ],
        now,
    )
    await record(
        tx,
        merchant_ids=[merchant for merchant, _ in chosen],
        fulfilment_order_ids=[order for _, order in chosen],
        node_ids=[part.node_id for part in chosen.values()],
        freight_minor=[part.freight_minor for part in chosen.values()],
        late_days=[part.late_days for part in chosen.values()],
        because=[part.because for part in chosen.values()],
        at=now,
    )
    return list(chosen)
