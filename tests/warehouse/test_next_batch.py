"""Who gets which batch, and the walk that it describes."""

import asyncio
from datetime import UTC, datetime, timedelta

from penstock.db.transaction import OPERATOR
from penstock.warehouse.confirm_pick import PickConfirmation, PickedLine, confirm_pick
from penstock.warehouse.next_batch import next_batch, next_batches
from penstock.warehouse.release import ORDERS_MAX, release

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def never_short(tx, rows, now):
    raise AssertionError(rows)


async def test_stops_are_gathered_by_sku_and_told_in_walking_order(tx, make, floor):
    for code, where in (("FAR", "B-02-01"), ("NEAR", "A-01-01"), ("TURN", "B-09-01")):
        await floor.sku(code, where)
    one = await floor.order(("FAR", 1), ("TURN", 2), due_h=1)
    two = await floor.order(("NEAR", 1), ("TURN", 3), due_h=2)
    other = await make.merchant()
    await floor.sku("NEAR", "A-01-01", merchant_id=other)
    three = await floor.order(("NEAR", 4), merchant_id=other, due_h=3)
    await release(tx, NOW)
    batch = await next_batch(tx, floor.node_id, "ada", NOW)
    assert (batch.picker, batch.style, batch.orders) == ("ada", "mixed", 3)
    assert (batch.ship_by_at, batch.started_at) == (NOW + timedelta(hours=1), NOW)
    told = [
        (s.merchant_id, s.sku, s.bin, s.units,
         [(p.fulfilment_order_id, p.line_no, p.quantity) for p in s.parts])
        for s in batch.lines
    ]  # fmt: skip
    assert told == [
        (floor.merchant_id, "NEAR", "A-01-01", 1, [(two, 0, 1)]),
        (other, "NEAR", "A-01-01", 4, [(three, 0, 4)]),
        (floor.merchant_id, "TURN", "B-09-01", 5, [(one, 1, 2), (two, 1, 3)]),
        (floor.merchant_id, "FAR", "B-02-01", 1, [(one, 0, 1)]),
    ]


async def test_the_same_picker_gets_the_same_batch_until_it_is_picked(tx, floor):
    await floor.sku("LAMP")
    ids = [await floor.order(("LAMP", 2), due_h=1 + i) for i in range(2 * ORDERS_MAX)]
    await release(tx, NOW)
    first = await next_batch(tx, floor.node_id, "ada", NOW)
    assert await next_batch(tx, floor.node_id, "ada", NOW + timedelta(minutes=1)) == first
    line = PickedLine(
        merchant_id=floor.merchant_id, fulfilment_order_id=ids[0], line_no=0, sku="LAMP", picked=2
    )
    said = PickConfirmation(batch_id=first.batch_id, picker="ada", lines=(line,))
    await confirm_pick(tx, floor.node_id, [said], NOW, never_short)
    again = await next_batch(tx, floor.node_id, "ada", NOW)
    assert again.batch_id == first.batch_id
    assert [part.fulfilment_order_id for part in again.lines[0].parts] == ids[1:ORDERS_MAX]
    done = PickConfirmation(batch_id=first.batch_id, picker="ada", complete=True)
    await confirm_pick(tx, floor.node_id, [done], NOW, never_short)
    second = await next_batch(tx, floor.node_id, "ada", NOW)
    assert second.batch_id > first.batch_id
    assert [part.fulfilment_order_id for part in second.lines[0].parts] == ids[ORDERS_MAX:]


async def test_many_pickers_are_served_as_named(tx, floor):
    await floor.sku("LAMP")
    for hour in (3, 1, 2):
        for _ in range(ORDERS_MAX):
            await floor.order(("LAMP", 2), due_h=hour)
    await release(tx, NOW)
    (held,) = await next_batches(tx, floor.node_id, ["eve"], NOW)
    batches = await next_batches(tx, floor.node_id, ["bob", "eve", "ada", "bob", "zoe"], NOW)
    assert [(b.picker, b.ship_by_at - NOW) for b in batches] == [
        ("bob", timedelta(hours=2)), ("eve", timedelta(hours=1)), ("ada", timedelta(hours=3)),
    ]  # fmt: skip
    assert batches[1] == held
    assert await next_batch(tx, floor.node_id, "zoe", NOW) is None
    assert await next_batches(tx, floor.node_id, [], NOW) == []


async def test_a_picker_is_another_at_another_node(tx, floor):
    other = await floor.another()
    for each in (floor, other):
        await each.sku("LAMP")
        await each.order(("LAMP", 1))
    await release(tx, NOW)
    here = await next_batch(tx, floor.node_id, "ada", NOW)
    there = await next_batch(tx, other.node_id, "ada", NOW)
    assert (here.node_id, there.node_id) == (floor.node_id, other.node_id)
    assert here.batch_id != there.batch_id


async def test_at_once_pickers_get_different_batches_and_one_picker_the_same(database, floor_in):
    async def world(tx):
        floor = await floor_in(tx).open()
        await floor.sku("LAMP")
        for _ in range(3 * ORDERS_MAX):
            await floor.order(("LAMP", 2))
        await release(tx, NOW)
        return floor.node_id

    node_id = await database.run(OPERATOR, world)

    async def ask(picker):
        async def work(tx):
            batch = await next_batch(tx, node_id, picker, NOW)
            await asyncio.sleep(0.05)
            return batch.batch_id

        return await database.run(OPERATOR, work)

    asked = ["ada", "bob", "ada", "bob", "ada"]
    got = await asyncio.gather(*[ask(picker) for picker in asked])
    assert len(set(got)) == 2
    assert len(set(zip(asked, got, strict=True))) == 2


async def test_a_picker_does_not_wait_for_another(database, floor_in):
    async def world(tx):
        floor = await floor_in(tx).open()
        await floor.sku("LAMP")
        for _ in range(2 * ORDERS_MAX):
            await floor.order(("LAMP", 2))
        await release(tx, NOW)
        return floor.node_id

    node_id = await database.run(OPERATOR, world)
    taken, go_on = asyncio.Event(), asyncio.Event()

    async def dawdle(tx):
        batch = await next_batch(tx, node_id, "ada", NOW)
        taken.set()
        await go_on.wait()
        return batch.batch_id

    dawdling = asyncio.create_task(database.run(OPERATOR, dawdle))
    await taken.wait()
    try:
        bob = await asyncio.wait_for(
            database.run(OPERATOR, lambda tx: next_batch(tx, node_id, "bob", NOW)), timeout=5
        )
    finally:
        go_on.set()
    assert bob.batch_id == await dawdling + 1
