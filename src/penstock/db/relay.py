"""Pass on what happened: out of the outbox, to whoever consumes it, once."""

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction


class Happened(msgspec.Struct, frozen=True):
    """What happened to subjects of one merchant that nobody has been told yet."""

    merchant_id: int
    topic: str
    subject_ids: list[int]


@query
async def relay(tx: Transaction, *, batch: int) -> list[Happened]:
    """Take out about `batch` of the oldest events, in the transaction that passes them on.

    Events that another worker has in hand are skipped: consumers must not depend on the order
    between subjects, and those of ours read the state that the events point at.
    """
