"""A request's Idempotency-Key stands for one body."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Retry, Transaction
from penstock.kernel.errors import KeyReused

REUSED = "this Idempotency-Key was used before with a different body"


class Said(msgspec.Struct, frozen=True):
    """A key and the digest of the first body that it came with."""

    key: str
    body_sha256: bytes


@query
async def once(
    tx: Transaction, *, merchant_id: int, keys: list[str], body_sha256: list[bytes], at: datetime
) -> list[Said]:
    """Remember each key's first body; answer what each stands for."""


async def bodies_of(
    tx: Transaction,
    merchant_id: int,
    keys: Sequence[str],
    body_sha256: Sequence[bytes],
    at: datetime,
) -> dict[str, bytes]:
    """Return the digest that each key stands for: of its first body, this one or one before.

    Raises:
        Retry: another transaction has just taken one of the keys; the runner repeats.

    """
    rows = await once(
        tx, merchant_id=merchant_id, keys=list(keys), body_sha256=list(body_sha256), at=at
    )
    said = {row.key: row.body_sha256 for row in rows}
    if len(said) < len(set(keys)):
        raise Retry
    return said


async def require_same_body(
    tx: Transaction, merchant_id: int, key: str, body_sha256: bytes, at: datetime
) -> None:
    """Let the first body under `key` pass, and every repetition of it.

    The orders' own natural keys give a repetition its first answer, so nothing else is kept.

    Raises:
        KeyReused: the key came before with another body.

    """
    said = await bodies_of(tx, merchant_id, [key], [body_sha256], at)
    if said[key] != body_sha256:
        raise KeyReused(REUSED)
