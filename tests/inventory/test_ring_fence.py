"""Stock is shifted between pools of one family, never more than is available."""

from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock.inventory.add_pool import add_stream_pool
from penstock.inventory.ring_fence import give_back, ring_fence

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def test_only_what_is_available_in_the_order_asked(tx, make, world, order, books):
    await make.stock(world.merchant, world.a, world.pool, world.lamp, 10)
    await order(world, quantity=3)
    one = await add_stream_pool(tx, world.merchant, "one", world.pool, 1)
    two = await add_stream_pool(tx, world.merchant, "two", world.pool, 2)
    rows = [(world.merchant, world.pool, to, world.lamp, 5) for to in (one, two)]
    assert await ring_fence(tx, rows, NOW) == [5, 2]
    assert await books(world) == (
        {world.a: (10, 0)},
        {world.pool: (3, 3), one: (5, 0), two: (2, 0)},
    )
    assert await give_back(tx, [(world.merchant, one, world.pool, world.lamp, 99)], NOW) == [5]
    assert await books(world) == ({world.a: (10, 0)}, {world.pool: (8, 3), two: (2, 0)})


async def test_other_families_exchange_nothing(tx, make, world, books):
    await make.stock(world.merchant, world.a, world.pool, world.lamp, 10)
    abroad = await make.pool(world.merchant, [], country="DE")
    rows = [(world.merchant, world.pool, abroad, world.lamp, 5)]
    assert await ring_fence(tx, rows, NOW) == [0]
    assert await ring_fence(tx, [(world.merchant, world.pool, world.pool, world.lamp, 5)], NOW) == [
        0
    ]
    assert await books(world) == ({world.a: (10, 0)}, {world.pool: (10, 0)})


@given(
    shifts=st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 12)), min_size=1, max_size=6
    )
)
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_a_batch_equals_its_rows_one_by_one_without_chains(tx, make, world, books, shifts):
    await tx.fetch("SAVEPOINT example")
    pools = [world.pool] + [
        await add_stream_pool(tx, world.merchant, f"s{i}", world.pool, i) for i in (1, 2, 3)
    ]
    have = dict.fromkeys(pools, 0)
    for pool, units in zip(pools, (7, 5, 3, 0), strict=True):
        if units:
            await make.stock(world.merchant, world.a, pool, world.lamp, units)
        have[pool] = units
    rows = [(world.merchant, pools[f], pools[t], world.lamp, q) for f, t, q in shifts]
    expected, left, after = [], dict(have), dict(have)
    for _, source, target, _, quantity in rows:
        units = min(quantity, left[source]) if source != target else 0
        left[source] -= units
        after[source] -= units
        after[target] += units
        expected.append(units)
    assert await ring_fence(tx, rows, NOW) == expected
    _, counted = await books(world)
    assert counted == {pool: (units, 0) for pool, units in after.items() if units}
    await tx.fetch("ROLLBACK TO SAVEPOINT example")
