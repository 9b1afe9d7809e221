"""What a merchant can handle: declared with notice, for itself or node by node."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from penstock.db.transaction import merchant
from penstock.kernel.errors import Invalid
from penstock.merchants.admit import count_day, standing
from penstock.merchants.growth.declare_capacity import HandlingCapacity, declare_capacity
from penstock.merchants.growth.load_policies import load_shipped_policies

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
TOMORROW = (NOW + DAY).date()


def capacity(orders, *, days=1, node_id=0, end=None, because="staff"):
    return HandlingCapacity(
        orders=orders, effective_from=(NOW + days * DAY).date(), because=because, node_id=node_id,
        effective_to=end,
    )  # fmt: skip


@pytest.fixture
async def seller(tx, past, make):
    merchant_id = await past.merchant()
    nodes = [await make.node(), await make.node()]
    await make.pool(merchant_id, nodes)
    return merchant_id, nodes


async def declare(tx, seller, *capacities, now=NOW):
    return await declare_capacity(tx, seller[0], capacities, now, by="shop")


async def handling_on(tx, seller, days):
    return (await standing(tx, merchant_id=seller[0], now=NOW + days * DAY)).handling


async def capacity_on(tx, seller, days):
    return (await handling_on(tx, seller, days)).whole


async def test_it_holds_from_its_day_and_the_last_begun_holds(tx, past, seller):
    assert (
        await declare(tx, seller, capacity(100), capacity(300, days=3, end=TOMORROW + 3 * DAY)) == 2
    )
    assert [await capacity_on(tx, seller, days) for days in range(7)] == [
        None, 100, 100, 300, 300, 100, 100,
    ]  # fmt: skip
    assert await declare(tx, seller, capacity(100)) == 0
    assert await declare(tx, seller, capacity(None, days=5)) == 1
    assert await capacity_on(tx, seller, 6) is None
    assert await past.told(seller[0], "merchants.capacity_declared") == 2


async def test_nodes_count_each_for_itself_until_the_merchant_speaks_for_the_whole(tx, seller):
    one, two = seller[1]
    await declare(tx, seller, capacity(40, node_id=one), capacity(60, node_id=two))
    await declare(tx, seller, capacity(None, node_id=two, days=2))
    assert [(await handling_on(tx, seller, days)).nodes for days in range(3)] == [
        {}, {one: 40, two: 60}, {one: 40},
    ]  # fmt: skip
    await declare(tx, seller, capacity(80, days=3))
    found = await handling_on(tx, seller, 3)
    assert (found.whole, found.nodes) == (80, {})


async def test_orders_fill_the_days_of_the_nodes_behind_their_pool(tx, seller):
    """What one batch counted is where the next begins; each day begins anew."""
    one, two = seller[1]
    pool = (await tx.fetch("SELECT pool_id FROM inventory.pool WHERE merchant_id = $1",
                           seller[0]))[0][0]  # fmt: skip
    await declare(tx, seller, capacity(1, node_id=one), capacity(2, node_id=two))
    now = NOW + DAY
    places = []
    for _ in range(2):
        handling = await handling_on(tx, seller, 1)
        places += [handling.take([pool]), handling.take([pool])]
        handled = msgspec.json.encode(handling.handled).decode()
        await count_day(tx, merchant_id=seller[0], day=now.date(), orders=2, handled=handled)
    assert places == [(1, 1), (1, 2), (2, 2), (2, 1)]
    assert (await handling_on(tx, seller, 1)).handled == {one: 2, two: 2}
    assert (await handling_on(tx, seller, 2)).handled == {}


async def test_the_whole_fills_with_the_orders_of_the_day(tx, seller):
    await declare(tx, seller, capacity(3))
    now = NOW + DAY
    for taken in (0, 2, 4):
        assert (await handling_on(tx, seller, 1)).take([]) == (taken + 1, 3)
        await count_day(tx, merchant_id=seller[0], day=now.date(), orders=2, handled="")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (capacity(-1), "out_of_range"), (capacity(10, days=0), "too_short_notice"),
        (capacity(10, end=NOW.date()), "ends_too_early"),
        (capacity(1, node_id=10**8), "unknown_node"),
        (capacity(1, because=" "), "required"),
    ],
)  # fmt: skip
async def test_what_breaks_a_rule_is_told(tx, seller, wrong, code):
    with pytest.raises(Invalid) as refused:
        await declare(tx, seller, capacity(5, days=9), wrong)
    assert [(e.pointer[:13], e.code) for e in refused.value.errors] == [("/capacities/1", code)]


async def test_a_merchant_may_declare_itself_and_set_no_tier(database, make_in):
    from penstock.db.transaction import OPERATOR

    async def world(tx):
        await load_shipped_policies(tx)
        return await make_in(tx).merchant()

    merchant_id = await database.run(OPERATOR, world)
    changed = await database.run(
        merchant(merchant_id),
        lambda tx: declare_capacity(tx, merchant_id, [capacity(7)], NOW, by="shop"),
    )
    found = await database.run(
        merchant(merchant_id), lambda tx: standing(tx, merchant_id=merchant_id, now=NOW + DAY)
    )
    assert (changed, found.handling.whole) == (1, 7)
    for table in ("tier", "volume_limit"):
        rights = await database.run(
            OPERATOR,
            lambda tx, t=table: tx.fetch(
                "SELECT has_table_privilege('penstock_merchant', $1, 'INSERT, UPDATE')",
                f"merchants.{t}",
            ),
        )
        assert not rights[0][0]
