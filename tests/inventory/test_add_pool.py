"""Nodes and pools are set up once, however often they are named."""

from datetime import time

import msgspec
import pytest

from penstock.inventory.add_node import NewNode, add_node
from penstock.inventory.add_pool import add_pool, add_stream_pool
from penstock.kernel.errors import Conflict

NODE = NewNode(
    code="ord-1",
    title="Chicago",
    country="US",
    zone="America/Chicago",
    cut_off=time(17),
    orders_per_hour=300,
)


async def test_a_node_keeps_its_id_and_takes_new_data(tx):
    first = await add_node(tx, NODE)
    again = await add_node(tx, msgspec.structs.replace(NODE, orders_per_hour=900))
    assert first == again
    (row,) = await tx.fetch("SELECT orders_per_hour FROM inventory.node WHERE node_id = $1", first)
    assert row[0] == 900


async def test_a_market_pool_heads_its_family_and_grows(tx, make):
    merchant = await make.merchant()
    a, b = await make.node(), await make.node()
    pool = await add_pool(tx, merchant, "us", node_ids=[a], markets=[("US", 1)])
    assert pool == await add_pool(
        tx, merchant, "us", node_ids=[a, b], markets=[("US", 2), ("CA", 1)]
    )
    (row,) = await tx.fetch(
        "SELECT family_id, stream_id FROM inventory.pool WHERE pool_id = $1", pool
    )
    assert tuple(row) == (pool, None)
    markets = await tx.fetch(
        "SELECT country, rank FROM inventory.pool_market WHERE pool_id = $1 ORDER BY country", pool
    )
    assert [tuple(r) for r in markets] == [("CA", 1), ("US", 2)]
    nodes = await tx.fetch(
        "SELECT node_id, family_id FROM inventory.pool_node WHERE merchant_id = $1"
        " ORDER BY node_id",
        merchant,
    )
    assert [tuple(r) for r in nodes] == [(a, pool), (b, pool)]


async def test_a_node_backs_one_family_of_a_merchant_and_any_of_others(tx, make):
    merchant, other = await make.merchant(), await make.merchant()
    node = await make.node()
    await add_pool(tx, merchant, "us", node_ids=[node], markets=[("US", 1)])
    await add_pool(tx, other, "us", node_ids=[node], markets=[("US", 1)])
    with pytest.raises(Conflict):
        await add_pool(tx, merchant, "eu", node_ids=[node], markets=[("DE", 1)])


async def test_a_stream_pool_joins_the_family_once(tx, make):
    merchant = await make.merchant()
    pool = await add_pool(tx, merchant, "us", node_ids=[], markets=[("US", 1)])
    stream = await add_stream_pool(tx, merchant, "friday", pool, 7)
    assert stream == await add_stream_pool(tx, merchant, "friday", pool, 7)
    (row,) = await tx.fetch(
        "SELECT family_id, stream_id FROM inventory.pool WHERE pool_id = $1", stream
    )
    assert tuple(row) == (pool, 7)
    with pytest.raises(Conflict):
        await add_stream_pool(tx, merchant, "us", pool, 8)
