"""Keys are listed with whose they are and their last use; none is made for nobody."""

from datetime import UTC, datetime, timedelta

import pytest

from penstock.access.holder import require_holder
from penstock.access.key import Principal, create_key, revoke_key, verify_key
from penstock.access.list_keys import list_keys
from penstock.kernel.errors import NotFound

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def make_key(tx, key_id, role, **about):
    principal = Principal(key_id=key_id, role=role, **about)
    return await create_key(tx, principal, f"{role}'s", b"s" * 20, NOW)


async def test_keys_are_told_apart_by_whose_they_are(tx, make):
    merchant = await make.merchant()
    await make_key(tx, "a", "operator")
    await make_key(tx, "b", "merchant", merchant_id=merchant)
    await make_key(tx, "c", "floor", node_id=7)
    await make_key(tx, "d", "floor")
    await make_key(tx, "e", "vendor", vendor="swift")
    await revoke_key(tx, key_id="e", now=NOW)
    living = await list_keys(tx, now=NOW, ended=False)
    assert [(k.key_id, k.whose) for k in living] == [
        ("a", ""), ("b", "merchant-1"), ("c", "node 7"), ("d", "every node"),
    ]  # fmt: skip
    assert {k.expires_at for k in living} == {None}
    (*_, ended) = await list_keys(tx, now=NOW, ended=True)
    assert (ended.key_id, ended.whose, ended.expires_at) == ("e", "swift", NOW)


async def test_the_last_use_is_noted_to_the_minute(tx):
    key = await make_key(tx, "a", "operator")

    async def used(at):
        await verify_key(tx, key, at)
        return (await list_keys(tx, now=NOW, ended=False))[0].last_used_at

    assert (await list_keys(tx, now=NOW, ended=False))[0].last_used_at is None
    assert await used(NOW) == NOW
    assert await used(NOW + timedelta(seconds=59)) == NOW
    later = NOW + timedelta(seconds=61)
    assert await used(later) == later
    await verify_key(tx, key[:-1] + "x", later + timedelta(hours=1))
    assert (await list_keys(tx, now=NOW, ended=False))[0].last_used_at == later


async def test_a_holder_must_be_there(tx, make):
    node = await make.node()
    await require_holder(tx, Principal(key_id="a", role="floor", node_id=node))
    await require_holder(tx, Principal(key_id="a", role="operator"))
    with pytest.raises(NotFound, match=f"no node {node + 1}; there is: {node}"):
        await require_holder(tx, Principal(key_id="a", role="floor", node_id=node + 1))
    with pytest.raises(NotFound, match="no vendor 'x'; there is: none yet"):
        await require_holder(tx, Principal(key_id="a", role="vendor", vendor="x"))
