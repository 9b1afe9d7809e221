"""Surges on a real database: counted by the minute, told once, ended when calm, per merchant."""

import json
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from penstock.db.outbox import announce
from penstock.db.transaction import OPERATOR, merchant
from penstock.planning import judge_minutes
from penstock.planning.detect_surges import BEHIND, CATCH_UP_MAX, TOPIC, detect_surges
from penstock.planning.surging import list_surges, surging

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MINUTE, SECOND, HOUR = timedelta(minutes=1), timedelta(seconds=1), timedelta(hours=1)
detect = partial(detect_surges, announce=announce)


class Shop:
    """A SKU, its orders, and a worker that looks once a minute."""

    def __init__(self, tx, make):
        self.tx, self.make = tx, make
        self.at = NOW

    async def opened(self):
        self.merchant_id = await self.make.merchant()
        self.sku_id = await self.make.sku(self.merchant_id)
        return self

    async def sell(self, orders, at, *, outcome="accepted", lines=1, apart=timedelta(0)):
        first = (82 * 10**13) + self.make.number() * 10**6
        await self.tx.fetch(
            "INSERT INTO orders.receipt (merchant_id, order_id, channel, channel_order_id,"
            " outcome, country, currency, goods_minor, shipping_minor, policy, buyer_id, ship_to,"
            " ordered_at, paid_at, received_at, dispatch_by_at, deliver_by_at)"
            " SELECT $1, n, 'test', 'T-' || n, $5, 'US', 'USD', 0, 0, 'available', '', '{}',"
            " $4, $4, $4::timestamptz + $6::interval * (n - $2), $4, $4"
            " FROM generate_series($2::bigint, $2::bigint + $3::int - 1) AS n",
            self.merchant_id, first, orders, at, outcome, apart,
        )  # fmt: skip
        await self.tx.fetch(
            "INSERT INTO orders.line SELECT $1, n, l, $4, 1, 1, 1, 0, 100"
            " FROM generate_series($2::bigint, $2::bigint + $3::int - 1) AS n,"
            " generate_series(1, $5::int) AS l",
            self.merchant_id, first, orders, self.sku_id, lines,
        )  # fmt: skip

    async def minutes(self, *orders):
        """Play minutes with so many orders each; return how many surges each turn began."""
        begun = []
        for count in orders:
            if count:
                await self.sell(count, self.at + 30 * SECOND)
            self.at += MINUTE
            begun.append(await detect(self.tx, self.at + BEHIND))
        return begun

    async def hours(self, hours, a_minute):
        """Play hours of so many orders a minute, with a worker that comes by hourly."""
        begun = 0
        for _ in range(hours):
            await self.sell(a_minute * 60, self.at, apart=MINUTE / a_minute)
            self.at += HOUR
            begun += await detect(self.tx, self.at + BEHIND)
        return begun

    async def surges(self):
        rows = await self.tx.fetch(
            "SELECT started_at, ended_at, rate, peak, expected FROM planning.surges"
            " WHERE (merchant_id, sku_id) = ($1, $2) ORDER BY started_at",
            self.merchant_id, self.sku_id,
        )  # fmt: skip
        return [tuple(row) for row in rows]


@pytest.fixture
async def known(tx):
    """Orders have been counted for long: a SKU that nobody has seen was quiet until now."""
    await tx.fetch(
        "INSERT INTO planning.surge_clock VALUES (true, $1, $2, $2)", NOW - timedelta(days=30), NOW
    )


@pytest.fixture
async def shop(tx, make):
    return await Shop(tx, make).opened()


async def events(tx):
    rows = await tx.fetch("SELECT subject_id, payload FROM outbox.events WHERE topic = $1", TOPIC)
    return [(row[0], json.loads(row[1])) for row in rows]


async def test_a_spike_is_a_surge_told_once_followed_and_ended(known, tx, shop):
    assert sum(await shop.minutes(1, 0, 2, 1, 0)) == 0
    began = shop.at
    assert await shop.minutes(40, 60, 50) == [1, 0, 0]
    assert await shop.surges() == [(began, None, 50, 60, 1)]
    ((subject_id, told),) = await events(tx)
    assert subject_id == told["sku_id"] == shop.sku_id
    assert (told["rate"], told["expected"]) == (40, 1)
    assert datetime.fromisoformat(told["started_at"]) == began
    (now,) = await surging(tx, now=shop.at)
    assert (now.merchant_id, now.orders_per_minute) == (shop.merchant_id, 49)
    assert not any(await shop.minutes(*[0] * 30))
    ((_, ended, rate, peak, _),) = await shop.surges()
    assert began + 10 * MINUTE < ended <= shop.at
    assert (rate, peak) == (0, 60)
    assert await surging(tx, now=shop.at) == []
    assert len(await events(tx)) == 1


async def test_the_next_surge_need_not_be_larger(known, shop):
    await shop.minutes(*[40] * 5, *[0] * 40)
    assert sum(await shop.minutes(*[38] * 5)) == 1
    (_, first_ended, *_), (_, ended, *_) = await shop.surges()
    assert (first_ended is None, ended) == (False, None)


async def test_what_lasts_becomes_usual_and_is_no_new_surge(known, shop):
    assert sum(await shop.minutes(*[30] * 20)) == 1
    assert await shop.hours(26, 30) == 0
    ((_, ended, *_),) = await shop.surges()
    assert ended is not None


async def test_few_orders_are_never_a_surge(known, shop):
    assert not any(await shop.minutes(*[0] * 10, 6, 3, 2, 5, 0, 1))


async def test_only_accepted_orders_count_and_an_order_of_many_lines_once(known, shop):
    await shop.sell(50, shop.at, outcome="insufficient_stock")
    await shop.sell(5, shop.at, lines=12)
    assert await shop.minutes(0) == [0]


async def test_the_same_minute_is_counted_once(known, tx, shop):
    await shop.minutes(40)
    before = await tx.fetch("SELECT memory::text FROM planning.surge_watch")
    await shop.sell(500, shop.at - MINUTE)  # late: its minute has been judged
    assert await detect(tx, shop.at + BEHIND) == 0
    assert await detect(tx, shop.at - HOUR) == 0
    assert await tx.fetch("SELECT memory::text FROM planning.surge_watch") == before
    assert len(await events(tx)) == 1


async def test_after_a_stop_the_last_hour_is_made_up_for(known, tx, shop):
    await shop.sell(40, shop.at + 5 * MINUTE)
    late = shop.at + 30 * MINUTE
    assert await detect(tx, late + BEHIND) == 1
    assert (await shop.surges())[0][0] == shop.at + 5 * MINUTE
    await shop.sell(400, late + MINUTE)
    assert await detect(tx, late + MINUTE + 2 * CATCH_UP_MAX) == 0


async def test_what_was_never_counted_is_not_taken_for_quiet(tx, shop):
    await shop.minutes(0)
    assert await shop.hours(26, 30) == 0
    shop.at += 12 * HOUR
    assert not any(await shop.minutes(30, 30, 30))
    assert sum(await shop.minutes(120)) == 1


async def test_a_first_day_is_for_learning(tx, shop):
    assert await shop.minutes(0, 40, 60, 50) == [0, 0, 0, 0]
    assert await shop.surges() == []


@pytest.fixture
def stream(tx):
    async def one(shop, orders, starts_at, *, kept=10):
        (row,) = await tx.fetch(
            "INSERT INTO streams.stream (merchant_id, code, title, country, starts_at, ends_at,"
            " expected_orders) VALUES ($1, 'S', 'S', 'US', $2, $3, $4) RETURNING stream_id",
            shop.merchant_id, starts_at, starts_at + HOUR, orders,
        )  # fmt: skip
        await tx.fetch(
            "INSERT INTO streams.stream_sku (merchant_id, stream_id, sku_id, pool_id, ring_fenced)"
            " VALUES ($1, $2, $3, 1, $4)",
            shop.merchant_id, row[0], shop.sku_id, kept,
        )  # fmt: skip

    return one


async def test_a_scheduled_stream_is_no_surge_and_more_than_it_may_bring_is(known, shop, stream):
    await stream(shop, 1_800, NOW + 2 * MINUTE)  # 30 a minute, three times of which may come
    assert sum(await shop.minutes(0, 0, 30, 80, 85, 90, 60, 40)) == 0
    assert sum(await shop.minutes(300)) == 1
    ((_, _, _, _, expected),) = await shop.surges()
    assert expected == pytest.approx(91, abs=1)


async def test_a_stream_without_a_forecast_may_sell_what_is_kept_for_it(known, shop, stream):
    await stream(shop, 0, NOW, kept=600)
    assert sum(await shop.minutes(10, 25, 20)) == 0
    assert sum(await shop.minutes(200)) == 1


async def test_a_stream_of_another_sku_or_day_accounts_for_nothing(known, tx, make, shop, stream):
    other = await Shop(tx, make).opened()
    await stream(other, 60_000, NOW)
    await stream(shop, 60_000, NOW + timedelta(days=1))
    assert await shop.minutes(60) == [1]


async def test_a_merchant_sees_its_own_surges(database, make_in):
    async def play(tx):
        await tx.fetch("INSERT INTO planning.surge_clock VALUES (true, $1, $2, $2)",
                       NOW - timedelta(days=30), NOW)  # fmt: skip
        shops = [await Shop(tx, make_in(tx)).opened() for _ in range(1)]
        shops.append(await Shop(tx, shops[0].make).opened())
        for shop in shops:
            await shop.sell(40, NOW)
        assert await detect(tx, NOW + MINUTE + BEHIND) == 2
        return shops

    mine, _ = await database.run(OPERATOR, play)
    listed = partial(list_surges, merchant_id=None, going=True, limit=9)
    assert len(await database.run(OPERATOR, listed)) == 2
    (shown,) = await database.run(merchant(mine.merchant_id), listed)
    assert (shown.rate, shown.started_at, shown.ended_at) == (40, NOW, None)


async def test_quiet_is_made_up_for_within_a_turn_however_many_skus(known, monkeypatch, shop):
    monkeypatch.setattr(judge_minutes, "QUIET_POINTS_MAX", 0)
    await shop.minutes(1)
    shop.at += timedelta(days=2)
    await shop.tx.fetch("UPDATE planning.surge_clock SET counted_to = $1", shop.at)
    assert await shop.minutes(60) == [1]
