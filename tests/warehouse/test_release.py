"""What is let onto the floor, in which batches."""

import asyncio
from datetime import UTC, datetime, timedelta

from penstock.db.transaction import OPERATOR
from penstock.lifecycle.advance import Subject, move
from penstock.warehouse.release import ALIKE_MIN, ORDERS_MAX, release

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def test_the_most_urgent_go_first_until_the_floor_is_full(tx, floor_in):
    floor = await floor_in(tx).open(per_hour=2)
    await floor.sku("LAMP")
    late = [await floor.order(("LAMP", 2), due_h=48) for _ in range(3)]
    urgent = [await floor.order(("LAMP", 2), due_h=12) for _ in range(3)]
    assert await release(tx, NOW) == 4
    assert await floor.status(*urgent, *late) == ["released"] * 4 + ["allocated"] * 2
    assert await release(tx, NOW) == 0
    await tx.fetch(
        "UPDATE warehouse.batch_order SET picked_at = $1 WHERE fulfilment_order_id = $2",
        NOW, urgent[0],
    )  # fmt: skip
    assert await release(tx, NOW) == 1
    assert await floor.status(*late) == ["released", "released", "allocated"]
    assert await release(tx, NOW, in_progress_max_hours=2.5) == 1


async def test_a_full_floor_does_not_hold_up_another(tx, floor_in):
    small = await floor_in(tx).open(per_hour=1)
    large = await small.another(per_hour=100)
    for floor in (small, large):
        await floor.sku("LAMP")
        for _ in range(3):
            await floor.order(("LAMP", 1))
    assert await release(tx, NOW, in_progress_max_hours=1) == 4
    assert [len(ids) for _, ids in await small.batches()] == [1]
    assert [len(ids) for _, ids in await large.batches()] == [3]


async def test_what_is_not_due_yet_stays(tx, floor):
    await floor.sku("LAMP")
    order_id = await floor.order(("LAMP", 1), from_h=1)
    assert await release(tx, NOW) == 0
    assert await release(tx, NOW + timedelta(hours=1)) == 1
    assert await floor.status(order_id) == ["released"]


async def test_a_stream_gets_walks_of_its_own_and_the_rest_goes_by_deadline(tx, floor):
    await floor.sku("HIT")
    await floor.sku("OTHER")
    two_units = await floor.order(("HIT", 2), due_h=1)
    two_lines = await floor.order(("HIT", 1), ("OTHER", 1), due_h=2)
    hits = [await floor.order(("HIT", 1), due_h=10 + i) for i in range(ORDERS_MAX + 2)]
    alone = [await floor.order(("OTHER", 1), due_h=3) for _ in range(ALIKE_MIN - 1)]
    assert await release(tx, NOW) == ORDERS_MAX + 2 + ALIKE_MIN + 1
    mixed = sorted([two_units, two_lines, *alone, *hits[ORDERS_MAX:]])
    assert await floor.batches() == [("mixed", mixed), ("single_sku", hits[:ORDERS_MAX])]
    rows = await tx.fetch("SELECT orders, ship_by_at FROM warehouse.batch ORDER BY batch_id")
    assert [tuple(row) for row in rows] == [
        (len(mixed), NOW + timedelta(hours=1)),
        (ORDERS_MAX, NOW + timedelta(hours=10)),
    ]


async def test_a_handful_alike_is_enough_and_merchants_do_not_share_it(tx, make, floor):
    await floor.sku("HIT")
    ours = [await floor.order(("HIT", 1)) for _ in range(ALIKE_MIN)]
    other = await make.merchant()
    await floor.sku("HIT", merchant_id=other)
    theirs = [await floor.order(("HIT", 1), merchant_id=other) for _ in range(ALIKE_MIN)]
    await release(tx, NOW)
    assert await floor.batches() == [("single_sku", ours), ("single_sku", theirs)]


async def test_mixed_batches_are_cut_by_deadline_then_id(tx, floor):
    await floor.sku("LAMP")
    later = [await floor.order(("LAMP", 2), due_h=20) for _ in range(ORDERS_MAX)]
    sooner = [await floor.order(("LAMP", 2), due_h=10) for _ in range(5)]
    await release(tx, NOW)
    cut = ORDERS_MAX - 5
    assert await floor.batches() == [("mixed", later[:cut] + sooner), ("mixed", later[cut:])]


async def test_what_is_cancelled_meanwhile_is_in_no_batch(database, floor_in):
    async def world(tx):
        floor = await floor_in(tx).open()
        await floor.sku("LAMP")
        return floor.merchant_id, [await floor.order(("LAMP", 1)) for _ in range(2)]

    merchant_id, (gone, kept) = await database.run(OPERATOR, world)
    locked, go_on = asyncio.Event(), asyncio.Event()

    async def cancel(tx):
        await move(tx, [Subject(merchant_id, gone)], "cancelled", NOW)
        locked.set()
        await go_on.wait()

    cancelling = asyncio.create_task(database.run(OPERATOR, cancel))
    await locked.wait()
    releasing = asyncio.create_task(database.run(OPERATOR, lambda tx: release(tx, NOW)))
    await asyncio.sleep(0.1)
    assert not releasing.done()
    go_on.set()
    await cancelling
    assert await releasing == 1
    rows = await database.run(
        OPERATOR, lambda tx: tx.fetch("SELECT fulfilment_order_id FROM warehouse.batch_order")
    )
    assert [row[0] for row in rows] == [kept]
