"""Say what happened that is no move of a status, in the transaction in which it happens."""

from datetime import datetime

from penstock.db.query import query
from penstock.db.transaction import Transaction


@query
async def announce(
    tx: Transaction,
    *,
    topic: str,
    merchant_ids: list[int],
    subject_ids: list[int],
    at: datetime,
    payloads: list[str],
) -> None:
    """Put n events of one topic into the outbox; each payload is a JSON text."""
