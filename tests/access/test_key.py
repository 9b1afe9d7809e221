"""Keys are shown once, verified by digest, and end when they are revoked."""

from datetime import UTC, datetime, timedelta

import pytest

from penstock.access.key import Principal, create_key, revoke_key, verify_key
from penstock.access.once import require_same_body
from penstock.kernel.errors import Invalid, KeyReused

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
WHO = Principal(key_id="k1", role="merchant", merchant_id=7)


async def test_a_key_is_verified_until_revoked(tx):
    key = await create_key(tx, WHO, "test", b"s" * 20, NOW)
    assert await verify_key(tx, key, NOW) == WHO
    (row,) = await tx.fetch("SELECT * FROM access.api_key")
    assert (b"s" * 20).hex() not in repr(tuple(row))
    await revoke_key(tx, key_id="k1", now=NOW)
    assert await verify_key(tx, key, NOW + timedelta(seconds=1)) is None


async def test_anything_else_is_nobody(tx):
    key = await create_key(tx, WHO, "test", b"s" * 20, NOW)
    for wrong in ("", "pk", key[:-1], key.replace("k1", "k2"), key[:-1] + "g", "pk_k1_" + "0" * 48):
        assert await verify_key(tx, wrong, NOW) is None


async def test_a_merchants_key_names_its_merchant(tx):
    with pytest.raises(Invalid):
        await create_key(tx, Principal(key_id="x", role="merchant"), "test", b"s" * 20, NOW)


async def test_an_idempotency_key_stands_for_one_body(tx):
    await require_same_body(tx, 7, "key", b"1" * 32, NOW)
    await require_same_body(tx, 7, "key", b"1" * 32, NOW)
    await require_same_body(tx, 8, "key", b"2" * 32, NOW)
    with pytest.raises(KeyReused):
        await require_same_body(tx, 7, "key", b"2" * 32, NOW)
