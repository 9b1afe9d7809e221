"""Book what nodes shall set aside for a stream, and say where they have less than is wanted."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.streams.validate import NodeWish


class Booked(msgspec.Struct, frozen=True):
    """Orders an hour of a node: what was wanted, and what it has left for this stream."""

    node_id: int
    wanted: int
    booked: int


@query
async def lock_bookings(tx: Transaction, *, node_ids: list[int]) -> None:
    """Wait for whoever books at these nodes, so that none is booked twice over."""


@query
async def store_bookings(
    tx: Transaction,
    *,
    merchant_id: int,
    stream_id: int,
    starts_at: datetime,
    ends_at: datetime,
    node_ids: list[int],
    wanted: list[int],
) -> list[Booked]:
    """Book what nodes have left beside the streams that overlap; answer in the order given."""


async def book_nodes(
    tx: Transaction,
    merchant_id: int,
    stream_id: int,
    wishes: Sequence[NodeWish],
    time: tuple[datetime, datetime],
) -> tuple[Booked, ...]:
    """Book `wishes` for the stream's time (start, end); what a node lacks is in the answer.

    Bookings of other merchants count, so it must run as the operator. A booking is a plan that
    node and merchant can see, and refuses no order.
    """
    if not wishes:
        return ()
    node_ids = [wish.node_id for wish in wishes]
    await lock_bookings(tx, node_ids=node_ids)
    return tuple(
        await store_bookings(
            tx,
            merchant_id=merchant_id,
            stream_id=stream_id,
            starts_at=time[0],
            ends_at=time[1],
            node_ids=node_ids,
            wanted=[wish.orders_per_hour for wish in wishes],
        )
    )
