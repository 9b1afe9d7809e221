"""A short pick: the pools shrink with the node, at the expense of free stock before orders."""

from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock.inventory.add_pool import add_stream_pool
from penstock.inventory.audit import audit
from penstock.inventory.ring_fence import ring_fence
from penstock.inventory.write_off import write_off

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def held(tx, world):
    rows = await tx.fetch(
        "SELECT order_id, quantity FROM inventory.reservation WHERE merchant_id = $1",
        world.merchant,
    )
    return {r[0]: r[1] for r in rows}


async def test_the_market_pool_pays_before_the_streams(tx, make, world, order, books):
    await make.stock(world.merchant, world.a, world.pool, world.lamp, 10)
    placed = await order(world, quantity=5, allocated=True)
    stream = await add_stream_pool(tx, world.merchant, "friday", world.pool, 1)
    await ring_fence(tx, [(world.merchant, world.pool, stream, world.lamp, 3)], NOW)
    (answer,) = await write_off(tx, [(world.merchant, world.a, world.lamp, 3, placed)], NOW)
    assert (answer.quantity, answer.given_up) == (3, 0)
    assert await books(world, "commitments") == (
        {world.a: (7, 2)},
        {world.pool: (5, 5), stream: (2, 0)},
    )
    assert await held(tx, world) == {placed: 5}


async def test_without_free_stock_the_order_gives_up_its_own(tx, make, world, order):
    await make.stock(world.merchant, world.a, world.pool, world.lamp, 8)
    first = await order(world, quantity=5, allocated=True)
    second = await order(world, quantity=2, allocated=True)
    answers = await write_off(
        tx,
        [
            (world.merchant, world.a, world.lamp, 3, first),
            (world.merchant, world.a, world.lamp, 1, second),
        ],
        NOW,
    )
    assert [(a.fulfilment_order_id, a.quantity, a.given_up) for a in answers] == [
        (first, 3, 2),
        (second, 1, 1),
    ]
    assert await held(tx, world) == {first: 3, second: 1}
    # The caller cancels both; until then the audit names them and their node, and nothing else.
    assert {(d.account, d.holder) for d in await audit(tx)} == {
        ("order", first),
        ("order", second),
        ("commitments", world.a),
    }


@given(
    spare=st.integers(0, 4),
    fenced=st.integers(0, 3),
    orders=st.lists(st.tuples(st.integers(1, 4), st.integers(0, 4)), min_size=1, max_size=4),
)
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_available_first_and_every_unit_accounted_for(
    tx, make, world, order, spare, fenced, orders
):
    await tx.fetch("SAVEPOINT example")
    total = spare + fenced + sum(quantity for quantity, _ in orders)
    await make.stock(world.merchant, world.a, world.pool, world.lamp, total)
    stream = await add_stream_pool(tx, world.merchant, "friday", world.pool, 1)
    await ring_fence(tx, [(world.merchant, world.pool, stream, world.lamp, fenced)], NOW)
    placed = [await order(world, quantity=quantity, allocated=True) for quantity, _ in orders]
    missing = [min(quantity, lost) for quantity, lost in orders]
    rows = [
        (world.merchant, world.a, world.lamp, lost, order_id)
        for order_id, lost in zip(placed, missing, strict=True)
        if lost
    ]
    answers = {a.fulfilment_order_id: a.given_up for a in await write_off(tx, rows, NOW)}
    left = spare + fenced
    for _, _, _, lost, order_id in rows:
        from_free = min(lost, left)
        left -= from_free
        assert answers[order_id] == lost - from_free
    (row,) = await tx.fetch(
        "SELECT sum(on_hand), sum(on_hand - reserved) FROM inventory.pool_stock"
        " WHERE merchant_id = $1",
        world.merchant,
    )
    assert tuple(row) == (total - sum(missing), left)
    assert {d.holder for d in await audit(tx) if d.account != "commitments"} == {
        order_id for order_id, given_up in answers.items() if given_up
    }
    await tx.fetch("ROLLBACK TO SAVEPOINT example")
