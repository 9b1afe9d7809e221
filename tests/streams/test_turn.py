"""Streams start and close by the clock, and what they did not sell goes back, then and later."""

from datetime import UTC, datetime, timedelta

from penstock.inventory.add_pool import add_stream_pool
from penstock.inventory.release import release_reservation
from penstock.inventory.reserve import lock_stock, take_stock
from penstock.inventory.ring_fence import give_back, ring_fence
from penstock.streams.schedule import schedule
from penstock.streams.turn import turn
from penstock.streams.validate import NewStream, StreamSku

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def opened(tx, shop):
    stream = NewStream(
        code="friday",
        title="Friday night",
        country="US",
        starts_at=shop.starts_at,
        ends_at=shop.ends_at,
        skus=(StreamSku(shop.lamp, 6),),
    )
    answer = await schedule(
        tx, shop.merchant, stream, NOW, open_pool=add_stream_pool, ring_fence=ring_fence
    )
    return answer.skus[0].pool_id


async def state(tx, shop):
    (row,) = await tx.fetch(
        "SELECT s.state, k.ring_fenced, k.given_back FROM streams.stream AS s"
        " JOIN streams.stream_sku AS k USING (merchant_id, stream_id) WHERE merchant_id = $1",
        shop.merchant,
    )
    return tuple(row)


async def test_by_the_clock(tx, shop):
    await opened(tx, shop)
    for at, changes, expected in (
        (shop.starts_at - timedelta(seconds=1), 0, "scheduled"),
        (shop.starts_at, 1, "live"),
        (shop.ends_at - timedelta(seconds=1), 0, "live"),
        (shop.ends_at, 2, "closed"),
        (shop.ends_at, 0, "closed"),
    ):
        assert await turn(tx, at, give_back=give_back) == changes
        assert (await state(tx, shop))[0] == expected


async def test_a_stream_that_nobody_turned_on_is_closed_all_the_same(tx, shop):
    await opened(tx, shop)
    assert await turn(tx, shop.ends_at + timedelta(days=1), give_back=give_back) == 2
    assert await state(tx, shop) == ("closed", 6, 6)
    assert (await shop.available())[shop.pool] == 10


async def test_what_is_reserved_stays_and_goes_back_when_it_is_cancelled(tx, shop):
    pool = await opened(tx, shop)
    await lock_stock(tx, shop.merchant, {(pool, shop.lamp)})
    await take_stock(tx, shop.merchant, [(901, 0, pool, shop.lamp, 2)], NOW)
    await turn(tx, shop.ends_at, give_back=give_back)
    assert await state(tx, shop) == ("closed", 6, 4)
    assert await shop.available() == {shop.pool: 8, pool: 0}
    await release_reservation(tx, [(shop.merchant, 901, 0, 2)], NOW)
    assert await turn(tx, shop.ends_at + timedelta(hours=1), give_back=give_back) == 1
    assert await state(tx, shop) == ("closed", 6, 6)
    assert await shop.available() == {shop.pool: 10, pool: 0}
