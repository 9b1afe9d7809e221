"""T2: payment, expiry and cancellation of the same orders at once: each order has one winner."""

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from penstock import lending
from penstock.db.transaction import OPERATOR, merchant
from penstock.inventory.commit import uncommit_stock
from penstock.inventory.release import release_reservation
from penstock.lifecycle.claim import claim
from penstock.orders.cancel import cancel
from penstock.orders.expire import expire
from penstock.orders.intake import taker
from penstock.orders.pay import Payment, pay, store_unpaid
from penstock.orders.receive import Wanted, receive
from penstock.orders.sold_out import SoldOut

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SEED = 20261111


async def reserved(database, make_in, count):
    """Orders whose stock is kept until they are paid, and whose time is up."""

    async def work(tx):
        make = make_in(tx)
        shop = await make.merchant()
        node = await make.node()
        pool = await make.pool(shop, [node])
        await make.stock(shop, node, pool, await make.sku(shop, code="LAMP"), count)
        wanted = [Wanted(make.order("LAMP")) for _ in range(count)]
        answers = await receive(tx, shop, wanted, NOW, lending.RECEIPT, SoldOut(timedelta(0)))
        ids = [answer.order_id for answer in answers]
        await tx.fetch("UPDATE lifecycle.subject SET status = 'reserved', due_at = $1", NOW)
        await store_unpaid(
            tx, merchant_id=shop, order_ids=ids, expires_at=[NOW] * count,
            holds=[timedelta(0)] * count, slas=["tiktok_us_regular"] * count,
            extra_days=[0] * count,
        )  # fmt: skip
        return shop, ids

    return await database.run(OPERATOR, work)


def parts(chance, ids):
    """All of them, shuffled, in batches of any size: what one actor does."""
    left = chance.sample(ids, len(ids))
    while left:
        size = chance.randint(1, 9)
        yield left[:size]
        left = left[size:]


async def compete(database, make_in, count, seed):
    shop, ids = await reserved(database, make_in, count)
    won = Counter()
    chances = [random.Random(f"{seed} {actor}") for actor in ("pay", "cancel", "expire")]

    async def pays():
        for some in parts(chances[0], ids):
            payments = [Payment(order_id=i, paid_at=NOW) for i in some]
            answers = await database.run(
                merchant(shop),
                lambda tx, p=payments: pay(tx, shop, p, NOW, promise=lending.RECEIPT.promise),
            )
            won.update((a.order_id, "paid") for a in answers if a.outcome == "paid")

    async def cancels():
        for some in parts(chances[1], ids):
            before = await database.run(
                OPERATOR,
                lambda tx, s=some: cancel(
                    tx, shop, s, "changed_mind", "buyer", NOW,
                    release=release_reservation, uncommit=uncommit_stock,
                ),
            )  # fmt: skip
            assert {a.outcome for a in before} <= {"cancelled"}

    async def expires():
        async def work(tx, batch):
            subjects = await claim(
                tx, kind="fulfilment_order", status="reserved", now=NOW, batch=batch
            )
            await expire(tx, subjects, NOW, release=release_reservation)
            return subjects

        while True:
            batch = chances[2].randint(1, 9)
            if not await database.run(OPERATOR, lambda tx, b=batch: work(tx, b)):
                return

    await asyncio.gather(pays(), cancels(), expires())
    return shop, won


async def holds(database, shop, won, count):
    """Exactly one way out of `reserved` each, by the history, and units as the winners leave."""
    rows = await database.run(
        OPERATOR,
        lambda tx: tx.fetch(
            "SELECT event, count(*), count(DISTINCT subject_id) FROM lifecycle.history"
            " WHERE merchant_id = $1 AND from_status = 'reserved' GROUP BY event",
            shop,
        ),
    )
    ways = {row[0]: row[1] for row in rows}
    assert sum(ways.values()) == sum(row[2] for row in rows) == count, ways
    assert set(won.values()) <= {1}
    assert ways.get("paid", 0) == len(won)
    print(ways)
    assert await database.run(OPERATOR, lending.audit, snapshot=True) == []


async def test_each_of_2000_orders_has_one_winner(database, make_in):
    print(f"seed {SEED}")
    shop, won = await compete(database, make_in, 2_000, SEED)
    await holds(database, shop, won, 2_000)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(SEED + 1, SEED + 101))
async def test_each_of_1000_orders_has_one_winner(database, make_in, seed):
    shop, won = await compete(database, make_in, 1_000, seed)
    await holds(database, shop, won, 1_000)


async def test_numbers_follow_the_order_of_decisions(database, make_in):
    """Whoever looked first and decided last has the higher number: numbers tell who came first."""

    async def work(tx):
        make = make_in(tx)
        shop = await make.merchant()
        node = await make.node()
        pool = await make.pool(shop, [node])
        await make.stock(shop, node, pool, await make.sku(shop, code="LAMP"), 1)
        return shop, make.order("LAMP"), make.order("LAMP")

    shop, slow, quick = await database.run(OPERATOR, work)
    take = taker(database, lambda: NOW, lending.RECEIPT, SoldOut(timedelta(0)))
    first = []

    async def admission(tx, merchant_id, now, asking):
        first.extend(await take(shop, [Wanted(quick)]))
        return await lending.RECEIPT.admission(tx, merchant_id, now, asking)

    ports = msgspec.structs.replace(lending.RECEIPT, admission=admission)
    later = taker(database, lambda: NOW, ports, SoldOut(timedelta(0)))
    (second,) = await later(shop, [Wanted(slow)])
    assert [first[0].outcome, second.outcome] == ["accepted", "insufficient_stock"]

    async def in_order(tx):
        rows = await tx.fetch(
            "SELECT channel_order_id FROM orders.receipt WHERE merchant_id = $1 ORDER BY order_id",
            shop,
        )
        return [row[0] for row in rows]

    expected = [quick.channel_order_id, slow.channel_order_id]
    assert await database.run(OPERATOR, in_order) == expected
