"""API keys: shown once, stored as a digest, told apart by a public id."""

import hashlib
import hmac
import zlib
from datetime import datetime
from typing import Literal

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.kernel.errors import Invalid

Role = Literal["operator", "merchant", "floor", "vendor"]
SECRET_BYTES = 20
"""160 random bits: too many to guess, so a plain SHA-256 is digest enough."""


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Who calls: an operator, a merchant (its own rows), a floor or a vendor (its own name)."""

    key_id: str
    role: Role
    merchant_id: int = 0
    vendor: str = ""
    node_id: int = 0


class StoredKey(msgspec.Struct, frozen=True):
    """A key as the database has it."""

    secret_sha256: bytes
    role: Role
    merchant_id: int
    vendor: str
    node_id: int


@query
async def find_key(tx: Transaction, *, key_id: str, now: datetime) -> StoredKey | None:
    """Find a key that has not expired."""


@query
async def store_key(
    tx: Transaction,
    *,
    key_id: str,
    secret_sha256: bytes,
    role: str,
    merchant_id: int,
    vendor: str,
    node_id: int,
    label: str,
    now: datetime,
) -> None:
    """Store a key; the same id again renews its secret."""


@query
async def touch_key(tx: Transaction, *, key_id: str, now: datetime) -> None:
    """Note that a key is used, once a minute at most."""


@query
async def revoke_key(tx: Transaction, *, key_id: str, now: datetime) -> str | None:
    """End a key's life at `now`; answer its id if it was alive."""


async def create_key(
    tx: Transaction, principal: Principal, label: str, secret: bytes, now: datetime
) -> str:
    """Store a key for `principal` and return what its holder presents, for the only time.

    `secret` is `SECRET_BYTES` of randomness, drawn by the caller. The last 8 hex digits are a
    checksum, so that a mistyped key is told from a wrong one and leaked keys can be scanned for.

    Raises:
        Invalid: the secret is too short, or a merchant key names no merchant.

    """
    if len(secret) < SECRET_BYTES:
        raise Invalid(f"a key needs {SECRET_BYTES} random bytes")
    if (principal.role == "merchant") != bool(principal.merchant_id):
        raise Invalid("a merchant's key, and only a merchant's, names its merchant")
    if (principal.role == "vendor") != bool(principal.vendor):
        raise Invalid("a vendor's key, and only a vendor's, names its vendor")
    await store_key(
        tx,
        key_id=principal.key_id,
        secret_sha256=hashlib.sha256(secret).digest(),
        role=principal.role,
        merchant_id=principal.merchant_id,
        vendor=principal.vendor,
        node_id=principal.node_id,
        label=label,
        now=now,
    )
    return _spelled(principal.key_id, secret)


async def verify_key(tx: Transaction, presented: str, now: datetime) -> Principal | None:
    """Return who presents the key, or None if it is mistyped, unknown, wrong or expired.

    That a good one was used is noted.
    """
    if not presented.isascii():
        return None
    prefix, _, rest = presented.partition("_")
    key_id, _, secret_hex = rest.partition("_")
    try:
        secret = bytes.fromhex(secret_hex[:-8])
    except ValueError:
        return None
    if prefix != "pk" or not hmac.compare_digest(_spelled(key_id, secret), presented):
        return None
    stored = await find_key(tx, key_id=key_id, now=now)
    if stored is None:
        return None
    if not hmac.compare_digest(hashlib.sha256(secret).digest(), stored.secret_sha256):
        return None
    await touch_key(tx, key_id=key_id, now=now)
    return Principal(
        key_id=key_id,
        role=stored.role,
        merchant_id=stored.merchant_id,
        vendor=stored.vendor,
        node_id=stored.node_id,
    )


def _spelled(key_id: str, secret: bytes) -> str:
    body = f"pk_{key_id}_{secret.hex()}"
    return f"{body}{zlib.crc32(body.encode()):08x}"
