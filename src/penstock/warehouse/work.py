"""What a floor can do now: for the handhelds, and for whoever plays the floor."""

from datetime import datetime
from typing import Literal

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction


class Backlog(msgspec.Struct, frozen=True):
    """How much waits at a node: batches nobody has, batches in hand, orders by what they need."""

    batches_waiting: int
    batches_in_hand: int
    orders_to_pick: int
    orders_to_pack: int


class WaitingBatch(msgspec.Struct, frozen=True):
    """A batch that no picker has taken."""

    batch_id: int
    style: Literal["single_sku", "mixed"]
    orders: int
    ship_by_at: datetime


class PickedOrder(msgspec.Struct, frozen=True):
    """A picked order that waits for a bench."""

    merchant_id: int
    fulfilment_order_id: int
    ship_by_at: datetime
    picked_at: datetime


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """A node's backlog, and the most urgent of it by id."""

    backlog: Backlog
    waiting: tuple[WaitingBatch, ...]
    to_pack: tuple[PickedOrder, ...]


@query
async def floor_backlog(tx: Transaction, *, node_id: int) -> Backlog | None:
    """Count what waits at a node."""


@query
async def waiting_batches(tx: Transaction, *, node_id: int, limit: int) -> list[WaitingBatch]:
    """List the batches that no picker has taken, the most urgent first."""


@query
async def orders_to_pack(tx: Transaction, *, node_id: int, limit: int) -> list[PickedOrder]:
    """List the picked orders that are not packed, the most urgent first."""


async def picked_orders(tx: Transaction, node_id: int, limit: int) -> list[PickedOrder]:
    """Name up to `limit` orders to pack next, by dispatch deadline, then id."""
    return await orders_to_pack(tx, node_id=node_id, limit=limit)


async def work(tx: Transaction, node_id: int, *, limit: int = 100) -> Work:
    """Tell what a floor can do now: all of it in numbers, up to `limit` of each by id."""
    backlog = await floor_backlog(tx, node_id=node_id)
    assert backlog is not None, "a count always has a row"
    return Work(
        backlog=backlog,
        waiting=tuple(await waiting_batches(tx, node_id=node_id, limit=limit)),
        to_pack=tuple(await orders_to_pack(tx, node_id=node_id, limit=limit)),
    )
