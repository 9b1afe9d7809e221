"""P5 at receipt: an order that breaks its transaction is refused alone, all others are taken."""

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from penstock import lending
from penstock.db.transaction import OPERATOR
from penstock.orders.intake import taker
from penstock.orders.lanes import Bounds, Lanes
from penstock.orders.receive import Wanted
from penstock.orders.sold_out import SoldOut

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def opened(database, make_in, units):
    async def work(tx):
        make = make_in(tx)
        shop = await make.merchant()
        node = await make.node()
        pool = await make.pool(shop, [node])
        await make.stock(shop, node, pool, await make.sku(shop, code="LAMP"), units)
        return shop, make

    return await database.run(OPERATOR, work)


def broken_by(poison):
    """Ports whose stock cannot be taken for orders of that many units: a bug."""

    async def write(tx, **columns):
        assert poison not in columns["reserved"], "a bug"
        await lending.RECEIPT.write(tx, **columns)

    return msgspec.structs.replace(lending.RECEIPT, write=write)


async def receive_all(database, make_in, count):
    shop, make = await opened(database, make_in, count)
    take = taker(database, lambda: NOW, broken_by(2), SoldOut(timedelta(seconds=1)))
    lanes = Lanes(take, Bounds(waiting_max=count, all_waiting_max=2 * count))
    poisoned = set(range(3, count, count // 10))
    orders = [make.order("LAMP", quantity=2 if i in poisoned else 1) for i in range(count)]
    answers = await asyncio.gather(
        *(lanes.submit(shop, [Wanted(order)], 100) for order in orders), return_exceptions=True
    )
    assert len(poisoned) == 10
    assert {i for i, a in enumerate(answers) if isinstance(a, AssertionError)} == poisoned
    others = [a for i, a in enumerate(answers) if i not in poisoned]
    assert {a[0].outcome for a in others} == {"accepted"}
    assert await database.run(OPERATOR, lending.audit, snapshot=True) == []


async def test_10_poisoned_among_1000(database, make_in):
    await receive_all(database, make_in, 1_000)


@pytest.mark.long
async def test_10_poisoned_among_10000(database, make_in):
    await receive_all(database, make_in, 10_000)


async def test_who_is_refused_by_a_transaction_that_is_run_again_is_not_told_sold_out(
    database, make_in
):
    """What an attempt found sold out it had itself taken, and it has given that back."""
    shop, make = await opened(database, make_in, 3)
    memory = SoldOut(timedelta(hours=1))
    broken = True

    async def write(tx, *, merchant_id, **columns):
        nonlocal broken
        if broken:
            broken = False
            await tx.fetch("INSERT INTO orders.key SELECT $1, 'a', 'b', 1, '' FROM"
                           " generate_series(1, 2)", merchant_id)  # fmt: skip
        await lending.RECEIPT.write(tx, merchant_id=merchant_id, **columns)

    ports = msgspec.structs.replace(lending.RECEIPT, write=write)
    take = taker(database, lambda: NOW, ports, memory)
    answers = await take(shop, [Wanted(make.order("LAMP")) for _ in range(5)])
    assert not broken
    assert [a.outcome for a in answers] == ["accepted"] * 3 + ["insufficient_stock"] * 2
    late = make.order("LAMP")
    assert [a.outcome for a in await take(shop, [Wanted(late)])] == ["sold_out"]
    assert memory.line_of(shop, late, NOW - timedelta(seconds=1)) == -1, "a clock was set back"
