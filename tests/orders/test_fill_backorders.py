"""Backorders get what has come, in the order of receipt, and go on when they have everything."""

from datetime import UTC, datetime, timedelta

from penstock.inventory.add_pool import add_stream_pool
from penstock.inventory.audit import audit
from penstock.inventory.reserve import lock_stock, take_stock
from penstock.inventory.ring_fence import ring_fence
from penstock.lifecycle.advance import Subject
from penstock.orders.fill_backorders import fill_backorders

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def fill(tx, shop, *orders):
    subjects = [Subject(shop.merchant, order) for order in orders]
    await fill_backorders(
        tx, subjects, NOW, lock_stock=lock_stock, take_stock=take_stock, ring_fence=ring_fence
    )
    assert await audit(tx) == []


async def backorder(shop, minute, quantity, *codes):
    at = NOW - timedelta(hours=1) + timedelta(minutes=minute)
    return await shop.order(*codes, at=at, quantity=quantity, policy="backorder")


async def test_the_first_received_gets_what_came(tx, shop):
    await shop.stock(1)
    first = await backorder(shop, 1, 3)
    second = await backorder(shop, 2, 2)
    await shop.stock(3)
    await fill(tx, shop, second, first)
    assert [await shop.status(o) for o in (first, second)] == ["open", "backordered"]
    assert await shop.reserved() == (4, 4)
    await shop.stock(1)
    await fill(tx, shop, second)
    assert await shop.status(second) == "open"
    assert await shop.reserved() == (5, 5)


async def test_an_order_keeps_what_it_got_while_it_waits_for_the_rest(tx, shop):
    await shop.stock(0)
    await shop.stock(0, code="VASE")
    both = await backorder(shop, 1, 2, "LAMP", "VASE")
    await shop.stock(2)
    await fill(tx, shop, both)
    assert await shop.status(both) == "backordered"
    assert await shop.reserved() == (2, 2)
    await shop.stock(2, code="VASE")
    await fill(tx, shop, both)
    assert await shop.status(both) == "open"


async def test_an_earlier_order_that_is_not_due_is_left_its_share(tx, shop):
    await shop.stock(0)
    first = await backorder(shop, 1, 3)
    second = await backorder(shop, 2, 2)
    await shop.stock(4)
    await fill(tx, shop, second)
    assert await shop.reserved() == (4, 1)
    await fill(tx, shop, first)
    assert [await shop.status(o) for o in (first, second)] == ["open", "backordered"]


async def test_a_cancelled_order_is_not_waited_for(tx, shop):
    await shop.stock(0)
    first = await backorder(shop, 1, 3)
    second = await backorder(shop, 2, 2)
    await tx.fetch("UPDATE lifecycle.subject SET status = 'cancelled' WHERE subject_id = $1", first)
    await shop.stock(2)
    await fill(tx, shop, second)
    assert await shop.status(second) == "open"


async def test_a_sku_that_no_pool_carried_finds_its_pool(tx, shop):
    await shop.stock(0)
    order = await backorder(shop, 1, 2)
    await tx.fetch("UPDATE orders.line SET pool_id = 0 WHERE order_id = $1", order)
    await shop.stock(2)
    await fill(tx, shop, order)
    assert await shop.status(order) == "open"
    (row,) = await tx.fetch("SELECT pool_id FROM orders.line WHERE order_id = $1", order)
    assert row[0] == shop.pool


async def test_a_stream_s_backorder_draws_on_the_market_pool(tx, shop):
    await shop.stock(3)
    stream = await add_stream_pool(tx, shop.merchant, "friday", shop.pool, 1)
    await ring_fence(tx, [(shop.merchant, shop.pool, stream, shop.skus["LAMP"], 3)], NOW)
    await tx.fetch(
        "INSERT INTO streams.stream (merchant_id, stream_id, code, title, country, starts_at,"
        " ends_at) OVERRIDING SYSTEM VALUE VALUES ($1, 1, 'friday', 'Friday', 'US', $2, $3)",
        shop.merchant,
        NOW - timedelta(hours=2),
        NOW + timedelta(hours=2),
    )
    order = await shop.order(stream="friday", quantity=5, policy="backorder")
    await shop.stock(4)
    await fill(tx, shop, order)
    assert await shop.status(order) == "open"
    assert await shop.reserved() == (2, 0)
