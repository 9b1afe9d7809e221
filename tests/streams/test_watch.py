"""What is under way is looked at once, and lateness is foreseen from the queue before each node."""

from datetime import UTC, datetime, timedelta

from penstock.streams.monitor import monitor_of
from penstock.streams.watch import watch

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def looked(tx, friday):
    assert await watch(tx, NOW) >= 1
    (row,) = await tx.fetch(
        "SELECT open_orders, late_orders, oldest_unserved_at, backlog FROM streams.watch"
        " WHERE stream_id = $1", friday.stream_id,
    )  # fmt: skip
    return tuple(row)


async def allocated(tx, friday, node, **about):
    order_id = await friday.order(status="allocated", **about)
    await tx.fetch(
        "INSERT INTO allocation.fulfilment_order (merchant_id, fulfilment_order_id, order_id,"
        " node_id) VALUES ($1, $2, $2, $3)", friday.merchant, order_id, node,
    )  # fmt: skip
    return order_id


async def test_nothing_under_way(tx, friday):
    await friday.order(status="cancelled")
    assert await looked(tx, friday) == (0, 0, None, "{}")
    told = await monitor_of(tx, friday.merchant, "friday", NOW)
    assert (told.backlog, told.late_share, told.watched_at) == ({}, None, NOW)


async def test_backlog_by_status_and_the_oldest(tx, friday):
    old = NOW - timedelta(minutes=40)
    await friday.order(old - timedelta(hours=1), status="packed")
    await friday.order(old, status="held")
    await friday.order(status="open")
    count, late, oldest, backlog = await looked(tx, friday)
    assert (count, late, oldest) == (3, 0, old)
    told = await monitor_of(tx, friday.merchant, "friday", NOW)
    assert told.backlog == {"packed": 1, "held": 1, "open": 1}
    assert told.oldest_unserved_min == 40
    assert (told.late_orders, told.late_share) == (0, 0.0)
    assert backlog


async def test_the_queue_at_the_node_drains_by_its_dates(tx, friday, shop):
    await tx.fetch("UPDATE inventory.node SET orders_per_hour = 2")
    due = [NOW + timedelta(hours=h) for h in (1, 1, 1, 3, 2)]  # served after 0.5, 1, 1.5, 2.5, 2
    for at in due:
        await allocated(tx, friday, shop.node, dispatch_by=at)
    assert (await looked(tx, friday))[:2] == (5, 1), "the third of those due in an hour"


async def test_what_the_floor_has_comes_first(tx, friday, shop):
    await tx.fetch("UPDATE inventory.node SET orders_per_hour = 1")
    urgent = await allocated(tx, friday, shop.node, dispatch_by=NOW + timedelta(minutes=90))
    other = await allocated(tx, friday, shop.node, dispatch_by=NOW + timedelta(hours=9))
    await tx.fetch("UPDATE lifecycle.subject SET status = 'picked' WHERE subject_id = $1", other)
    assert (await looked(tx, friday))[1] == 1
    await tx.fetch("UPDATE lifecycle.subject SET status = 'picked' WHERE subject_id = $1", urgent)
    assert (await looked(tx, friday))[1] == 0


async def test_what_has_no_node_queues_behind_what_has(tx, friday, shop):
    await tx.fetch("UPDATE inventory.node SET orders_per_hour = 1")
    await allocated(tx, friday, shop.node, dispatch_by=NOW + timedelta(hours=5))
    await friday.order(dispatch_by=NOW + timedelta(minutes=90))
    assert (await looked(tx, friday))[:2] == (2, 1)


async def test_without_a_live_stream_nobody_looks(tx, friday):
    await tx.fetch("UPDATE streams.stream SET state = 'closed'")
    assert await watch(tx, NOW) == 0
    assert not await tx.fetch("SELECT FROM streams.watch")
