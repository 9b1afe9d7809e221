"""Look at what live streams have under way, and foresee which of it will leave too late."""

from datetime import datetime

from penstock.db.query import query
from penstock.db.transaction import Transaction


@query
async def any_live(tx: Transaction) -> int | None:
    """Count the streams that are live."""


@query
async def look(tx: Transaction, *, now: datetime) -> int | None:
    """Store backlog, age and foreseen lateness of each live stream; count the streams."""


async def watch(tx: Transaction, now: datetime) -> int:
    """Look at each live stream once and keep what was found for its monitor and its rules.

    A node works its queue by dispatch date, as release does, at its orders an hour. An order is
    foreseen late when the queue before it, itself included, drains after its dispatch date. What
    has no node yet queues behind all that the merchant's nodes have before them. The look reads
    all open orders, and is therefore made only while a stream is live.
    """
    return await look(tx, now=now) or 0 if await any_live(tx) else 0
