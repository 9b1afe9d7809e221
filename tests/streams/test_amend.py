"""A stream is amended until it starts: units come and go, and what orders hold stays."""

from datetime import UTC, datetime, timedelta

import pytest

from penstock import lending
from penstock.inventory.add_pool import add_stream_pool
from penstock.inventory.audit import audit
from penstock.inventory.reserve import lock_stock, take_stock
from penstock.inventory.ring_fence import give_back, ring_fence
from penstock.kernel.errors import Conflict, Invalid, NotFound
from penstock.streams.amend import Amendment, amend
from penstock.streams.schedule import schedule
from penstock.streams.validate import NewStream, NodeWish, StreamSku

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def planned(tx, shop, quantity=4, **more):
    stream = NewStream(
        code="friday", title="Friday night", country="US", starts_at=shop.starts_at,
        ends_at=shop.ends_at, skus=(StreamSku(shop.lamp, quantity),), **more,
    )  # fmt: skip
    answer = await schedule(
        tx, shop.merchant, stream, NOW, open_pool=add_stream_pool, ring_fence=ring_fence
    )
    return answer.skus[0].pool_id


async def change(tx, shop, at=NOW, **wishes):
    answer = await amend(
        tx, shop.merchant, "friday", Amendment(**wishes), at,
        open_pool=add_stream_pool, ring_fence=ring_fence, give_back=give_back,
    )  # fmt: skip
    await sound(tx)
    return answer


async def cancel(tx, shop, at=NOW):
    return await lending.CANCEL_STREAM(
        tx, shop.merchant, "friday", at, because="Mia is ill", by="mia"
    )


async def sound(tx):
    """Counters are what their ledgers say; the orders of these tests are reservations alone."""
    assert [d for d in await audit(tx) if d.account != "order"] == []


async def test_more_units_and_fewer(tx, shop):
    pool = await planned(tx, shop)
    for wanted, kept in ((7, 7), (7, 7), (12, 10), (3, 3), (0, 0)):
        answer = await change(tx, shop, skus=(StreamSku(shop.lamp, wanted),))
        assert [(a.wanted, a.ring_fenced) for a in answer.skus] == [(wanted, kept)]
        assert await shop.available() == {shop.pool: 10 - kept, pool: kept}
    (row,) = await tx.fetch("SELECT ring_fenced, given_back FROM streams.stream_sku")
    assert tuple(row) == (0, 0)


async def test_what_orders_hold_stays_with_them(tx, shop):
    pool = await planned(tx, shop)
    await lock_stock(tx, shop.merchant, {(pool, shop.lamp)})
    await take_stock(tx, shop.merchant, [(901, 0, pool, shop.lamp, 3)], NOW)
    answer = await change(tx, shop, skus=(StreamSku(shop.lamp, 0),))
    assert answer.skus[0].ring_fenced == 3
    assert await shop.available() == {shop.pool: 7, pool: 0}


async def test_a_sku_may_be_added(tx, make, shop):
    await planned(tx, shop)
    await make.stock(shop.merchant, shop.node, shop.pool, shop.vase, 5)
    answer = await change(tx, shop, skus=(StreamSku(shop.vase, 2),))
    assert answer.skus[0].ring_fenced == 2
    rows = await tx.fetch("SELECT sku_id, ring_fenced FROM streams.stream_sku ORDER BY 1")
    assert [tuple(row) for row in rows] == [(shop.lamp, 4), (shop.vase, 2)]


async def test_another_time_books_the_nodes_anew(tx, shop):
    wish = (NodeWish(shop.node, 400),)
    await planned(tx, shop, capacity=wish)
    other = NewStream(
        code="late", title="Late", country="US", starts_at=shop.ends_at,
        ends_at=shop.ends_at + timedelta(hours=2), skus=(StreamSku(shop.lamp, 1),), capacity=wish,
    )  # fmt: skip
    await schedule(tx, shop.merchant, other, NOW, open_pool=add_stream_pool, ring_fence=ring_fence)
    answer = await change(tx, shop, ends_at=shop.ends_at + timedelta(minutes=1))
    assert [(b.wanted, b.booked) for b in answer.capacity] == [(400, 100)]
    assert [b.booked for b in (await change(tx, shop, ends_at=shop.ends_at)).capacity] == [400]


async def test_words_and_channels(tx, shop):
    await planned(tx, shop)
    await change(tx, shop, title="Saturday", host="Mia", channels=("web",), expected_orders=9)
    (row,) = await tx.fetch("SELECT title, host, channels, expected_orders FROM streams.stream")
    assert tuple(row) == ("Saturday", "Mia", ["web"], 9)
    with pytest.raises(Invalid):
        await change(tx, shop, title=" ")


async def test_while_it_is_live_only_its_end_moves(tx, shop):
    await planned(tx, shop)
    longer = shop.ends_at + timedelta(hours=1)
    await change(tx, shop, shop.starts_at, ends_at=longer)
    for wish in ({"title": "x"}, {"skus": (StreamSku(shop.lamp, 5),)}, {"starts_at": NOW}):
        with pytest.raises(Conflict):
            await change(tx, shop, shop.starts_at, **wish)
    with pytest.raises(Conflict):
        await change(tx, shop, longer, ends_at=longer + timedelta(hours=1))


async def test_a_stream_that_is_not_there(tx, shop):
    with pytest.raises(NotFound):
        await change(tx, shop)


async def test_cancelled_it_gives_everything_back(tx, shop):
    pool = await planned(tx, shop)
    await lock_stock(tx, shop.merchant, {(pool, shop.lamp)})
    await take_stock(tx, shop.merchant, [(901, 0, pool, shop.lamp, 1)], NOW)
    done = await cancel(tx, shop)
    assert (done.repeated, done.units_given_back) == (False, 3)
    assert await shop.available() == {shop.pool: 9, pool: 0}
    again = await cancel(tx, shop)
    assert (again.repeated, again.units_given_back) == (True, 0)
    (row,) = await tx.fetch("SELECT state FROM streams.streams")
    assert row[0] == "closed", "receipt takes orders of every stream that is not closed"
    with pytest.raises(Conflict):
        await change(tx, shop, title="x")
    await sound(tx)


async def test_what_has_begun_is_not_cancelled(tx, shop):
    await planned(tx, shop)
    with pytest.raises(Conflict):
        await cancel(tx, shop, shop.starts_at)
