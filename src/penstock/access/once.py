"""A request's Idempotency-Key stands for one body."""

from datetime import datetime

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.kernel.errors import KeyReused


@query
async def once(
    tx: Transaction, *, merchant_id: int, key: str, body_sha256: bytes, at: datetime
) -> bytes | None:
    """Remember the key's first body; answer the digest that it stands for."""


async def require_same_body(
    tx: Transaction, merchant_id: int, key: str, body_sha256: bytes, at: datetime
) -> None:
    """Let the first body under `key` pass, and every repetition of it.

    The orders' own natural keys give a repetition its first answer, so nothing else is kept.

    Raises:
        KeyReused: the key came before with another body.

    """
    first = await once(tx, merchant_id=merchant_id, key=key, body_sha256=body_sha256, at=at)
    if first != body_sha256:
        raise KeyReused("this Idempotency-Key was used before with a different body")
