"""What a floor is told that it can do."""

from datetime import UTC, datetime, timedelta

from penstock.warehouse.confirm_pick import PickConfirmation, confirm_pick
from penstock.warehouse.next_batch import next_batch
from penstock.warehouse.release import ORDERS_MAX, release
from penstock.warehouse.work import Backlog, WaitingBatch, picked_orders, work

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def never_short(tx, rows, now):
    raise AssertionError(rows)


async def test_an_idle_floor_has_nothing_to_do(tx, floor):
    idle = await work(tx, floor.node_id)
    assert (idle.backlog, idle.waiting, idle.to_pack) == (Backlog(0, 0, 0, 0), (), ())


async def test_work_moves_from_waiting_to_hand_to_bench(tx, floor):
    await floor.sku("LAMP")
    first = [await floor.order(("LAMP", 2), due_h=1) for _ in range(ORDERS_MAX)]
    await floor.order(("LAMP", 2), due_h=2)
    await release(tx, NOW)
    assert (await work(tx, floor.node_id)).backlog == Backlog(2, 0, ORDERS_MAX + 1, 0)
    batch = await next_batch(tx, floor.node_id, "ada", NOW)
    told = await work(tx, floor.node_id)
    assert told.backlog == Backlog(1, 1, ORDERS_MAX + 1, 0)
    assert told.waiting == (WaitingBatch(batch.batch_id + 1, "mixed", 1, NOW + timedelta(hours=2)),)
    done = PickConfirmation(batch_id=batch.batch_id, picker="ada", complete=True)
    await confirm_pick(tx, floor.node_id, [done], NOW, never_short)
    told = await work(tx, floor.node_id, limit=3)
    assert told.backlog == Backlog(1, 0, 1, ORDERS_MAX)
    assert [order.fulfilment_order_id for order in told.to_pack] == first[:3]


async def test_the_most_urgent_is_packed_first(tx, floor):
    await floor.sku("LAMP")
    late = await floor.picked(("LAMP", 2), due_h=9)
    urgent = await floor.picked(("LAMP", 2), due_h=3)
    orders = await picked_orders(tx, floor.node_id, 10)
    assert [order.fulfilment_order_id for order in orders] == [urgent, late]
    assert [order.fulfilment_order_id for order in await picked_orders(tx, floor.node_id, 1)] == [
        urgent
    ]
