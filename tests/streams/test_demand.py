"""The signal to scale by rises before a stream starts, and follows it once it is on."""

from datetime import UTC, datetime, timedelta

from penstock.inventory.add_pool import add_stream_pool
from penstock.inventory.ring_fence import ring_fence
from penstock.streams.count_minutes import count_minutes
from penstock.streams.demand import expected_demand
from penstock.streams.schedule import schedule
from penstock.streams.validate import NewStream, StreamSku

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def rates(tx, at, lead=0):
    found = await expected_demand(tx, at, timedelta(minutes=lead))
    return [round(s.orders_per_minute, 3) for s in found]


async def test_it_rises_before_the_start(tx, shop):
    stream = NewStream(
        code="friday", title="Friday", country="US", starts_at=shop.starts_at,
        ends_at=shop.ends_at, skus=(StreamSku(shop.lamp, 5),), expected_orders=1_200,
    )  # fmt: skip
    await schedule(tx, shop.merchant, stream, NOW, open_pool=add_stream_pool, ring_fence=ring_fence)
    starts = shop.starts_at
    assert await rates(tx, NOW) == []
    assert await rates(tx, starts - timedelta(minutes=5)) == [5]
    assert await rates(tx, starts - timedelta(minutes=15), lead=10) == [5]
    assert await rates(tx, starts - timedelta(minutes=30), lead=30) == [10]
    assert await rates(tx, starts) == [10]
    assert await rates(tx, shop.ends_at) == []
    (told,) = await expected_demand(tx, starts, timedelta())
    assert (told.merchant_id, told.starts_at, told.ends_at) == (shop.merchant, starts, shop.ends_at)


async def test_without_a_number_the_units_kept_are_the_plan(tx, shop):
    stream = NewStream(
        code="friday", title="Friday", country="US", starts_at=shop.starts_at,
        ends_at=shop.starts_at + timedelta(minutes=5), skus=(StreamSku(shop.lamp, 10),),
    )  # fmt: skip
    await schedule(tx, shop.merchant, stream, NOW, open_pool=add_stream_pool, ring_fence=ring_fence)
    assert await rates(tx, shop.starts_at) == [2]


async def test_a_live_stream_is_corrected_by_what_it_takes(tx, friday):
    (before,) = await rates(tx, NOW)
    for _ in range(90):  # 30 were planned for the first half
        await friday.order(NOW - timedelta(minutes=30))
    await count_minutes(tx, NOW)
    (after,) = await rates(tx, NOW)
    assert before < 0.1, "nothing came in an hour"
    assert 1.2 < after < 1.6, "three times the plan of half an order a minute"
