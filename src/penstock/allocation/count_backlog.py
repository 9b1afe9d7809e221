"""Count what every floor has before it, so that allocation knows how late a node would be."""

from datetime import datetime

from penstock.db.query import query
from penstock.db.transaction import Transaction


@query
async def store_backlog(tx: Transaction, *, now: datetime) -> int | None:
    """Count the fulfilment orders at work by node; answer how many nodes there are."""


async def count_backlog(tx: Transaction, now: datetime) -> int:
    """Refresh the backlog of all nodes and return how many nodes there are.

    It grows with the backlog itself, so it is done every few minutes and not with every batch:
    lateness is reckoned in days.
    """
    return await store_backlog(tx, now=now) or 0
