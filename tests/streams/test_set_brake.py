"""A brake is in force from the next order on, is logged and told, and counts what it met."""

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from penstock import lending
from penstock.db.transaction import OPERATOR
from penstock.kernel.errors import Conflict, Invalid, NotFound
from penstock.merchants.admit import day_admission
from penstock.streams.brake import BrakeAsk, apply_brakes, brakes_in_force
from penstock.streams.count_brakes import count_brakes
from penstock.streams.set_brake import BrakeWish, brakes_of

NOW = datetime(2026, 11, 20, 12, 0, 30, tzinfo=UTC)


async def put(tx, friday, kind, value=0, at=NOW, **more):
    wish = BrakeWish(kind=kind, value=value, because="the floor is full", by="mia", **more)
    return await lending.SET_BRAKE(tx, friday.merchant, "friday", wish, at)


async def in_force(tx, friday, at=NOW):
    found = await brakes_in_force(
        tx, merchant_id=friday.merchant, stream_ids=[friday.stream_id], now=at
    )
    return [(b.kind, b.sku_id, b.value, b.in_minute, b.taken) for b in found]


async def test_it_is_in_force_until_it_is_released(tx, friday):
    assert await in_force(tx, friday) == []
    first = await put(tx, friday, "pause", sku_id=friday.lamp)
    assert await in_force(tx, friday) == [("pause", friday.lamp, 0, 0, 0)]
    again = await put(tx, friday, "pause", at=NOW + timedelta(seconds=1), sku_id=friday.lamp)
    assert (again.brake_id, again.repeated) == (first.brake_id, True)
    ended = await lending.RELEASE_BRAKES(
        tx, friday.merchant, "friday", NOW + timedelta(minutes=1), because="caught up", by="mia"
    )
    assert [b.brake_id for b in ended] == [first.brake_id]
    assert await in_force(tx, friday, NOW + timedelta(minutes=1)) == []
    (logged,) = await brakes_of(tx, friday.merchant, "friday")
    assert (logged.sku, logged.because, logged.by) == ("LAMP", "the floor is full", "mia")
    assert (logged.released_because, logged.to_at) == ("caught up", NOW + timedelta(minutes=1))
    rows = await tx.fetch("SELECT topic, payload FROM outbox.events WHERE topic LIKE 'stream.%'"
                          " ORDER BY event_id")  # fmt: skip
    assert [row["topic"] for row in rows] == ["stream.braked", "stream.brake_released"]
    said = msgspec.json.decode(rows[0]["payload"])
    assert (said["stream"], said["kind"], said["because"]) == (
        "friday",
        "pause",
        "the floor is full",
    )


async def test_another_value_replaces_it(tx, friday):
    await put(tx, friday, "throttle", 10)
    await put(tx, friday, "throttle", 5, NOW + timedelta(seconds=1))
    assert await in_force(tx, friday, NOW + timedelta(seconds=1)) == [("throttle", 0, 5, 0, 0)]
    log = await brakes_of(tx, friday.merchant, "friday")
    assert [(b.value, b.released_because) for b in log] == [(5, ""), (10, "replaced")]


async def test_a_cap_counts_what_was_sold_before(tx, friday):
    await friday.order(units=3)
    await friday.order(units=2, outcome="insufficient_stock")
    assert (await put(tx, friday, "cap", 5, sku_id=friday.lamp)).taken == 3
    assert await in_force(tx, friday) == [("cap", friday.lamp, 5, 0, 3)]


async def test_what_makes_no_sense_is_refused(tx, friday, shop):
    for kind, value, more in (
        ("throttle", 0, {}),
        ("pause", 1, {}),
        ("cap", -1, {}),
        ("pause", 0, {"sku_id": shop.vase}),
    ):
        with pytest.raises(Invalid):
            await put(tx, friday, kind, value, **more)
    wish = BrakeWish(kind="pause", because="x", by="mia")
    with pytest.raises(NotFound):
        await lending.SET_BRAKE(tx, friday.merchant, "monday", wish, NOW)
    await tx.fetch("UPDATE streams.stream SET state = 'closed'")
    with pytest.raises(Conflict):
        await put(tx, friday, "pause")


async def batch(tx, friday, asks, ids, at=NOW):
    """What receipt does around its own decision; `ids` has 0 for an order without stock."""
    on = await brakes_in_force(
        tx, merchant_id=friday.merchant, stream_ids=[friday.stream_id], now=at
    )
    told = apply_brakes(asks, on)
    taken = [i if v.outcome == "" else 0 for i, v in zip(ids, told, strict=True)]
    await count_brakes(tx, friday.merchant, on, asks, told, taken, at)
    return [v.outcome for v in told]


async def test_batches_count_on_and_a_new_minute_begins_anew(tx, friday):
    await put(tx, friday, "throttle", 3)
    await put(tx, friday, "cap", 6)
    asks = [BrakeAsk(friday.stream_id, ((friday.lamp, 1),))] * 2
    assert await batch(tx, friday, asks, [1, 0]) == ["", ""], "the second found no stock"
    assert await batch(tx, friday, asks, [2, 3]) == ["", ""]
    assert await batch(tx, friday, asks, [4, 5]) == ["throttled", "throttled"]
    later = NOW + timedelta(minutes=1)
    assert await batch(tx, friday, asks, [6, 7], later) == ["", ""]
    assert await in_force(tx, friday, later) == [("throttle", 0, 3, 2, 5), ("cap", 0, 6, 2, 5)]
    assert await batch(tx, friday, asks, [8, 9], later) == ["", "stream_cap_reached"]
    rows = await tx.fetch("SELECT outcome, minute, turned_away FROM streams.minutes ORDER BY 1")
    assert [(r[0], r[1].minute, r[2]) for r in rows] == [
        ("stream_cap_reached", 1, 1), ("throttled", 0, 2),
    ]  # fmt: skip
    log = await brakes_of(tx, friday.merchant, "friday")
    assert {b.kind: (b.taken, b.turned_away) for b in log} == {"throttle": (6, 2), "cap": (6, 1)}


async def test_without_brakes_nothing_is_written(tx, friday):
    assert await batch(tx, friday, [BrakeAsk(friday.stream_id, ((friday.lamp, 1),))], [1]) == [""]
    assert not await tx.fetch("SELECT FROM streams.minute")


async def test_every_order_is_counted_before_a_cap_or_meets_it(database, make_in):
    """A receipt under way when a cap is set: the cap waits for it, and counts it."""

    async def shop(tx):
        make = make_in(tx)
        merchant = await make.merchant()
        lamp = await make.sku(merchant)
        stream = await make.one(
            "INSERT INTO streams.stream (merchant_id, code, title, country, starts_at, ends_at,"
            " state) VALUES ($1, 'friday', 'F', 'US', $2, $3, 'live') RETURNING stream_id",
            merchant, NOW, NOW + timedelta(hours=1),
        )  # fmt: skip
        await tx.fetch("INSERT INTO streams.stream_sku VALUES ($1, $2, $3, 1, 9)",
                       merchant, stream, lamp)  # fmt: skip
        return merchant, stream, lamp

    merchant, stream, lamp = await database.run(OPERATOR, shop)
    holds, go_on = asyncio.Event(), asyncio.Event()

    async def receipt(tx):
        await day_admission(tx, merchant, NOW)
        assert not await brakes_in_force(tx, merchant_id=merchant, stream_ids=[stream], now=NOW)
        await tx.fetch(
            "INSERT INTO orders.receipt (merchant_id, order_id, channel, channel_order_id, outcome,"
            " country, currency, goods_minor, shipping_minor, policy, stream_id, buyer_id, ship_to,"
            " ordered_at, paid_at, received_at, dispatch_by_at, deliver_by_at) VALUES ($1, 1, 't',"
            " '1', 'accepted', 'US', 'USD', 0, 0, 'x', $2, '', '{}', $3, $3, $3, $3, $3)",
            merchant, stream, NOW,
        )  # fmt: skip
        await tx.fetch(
            "INSERT INTO orders.line (merchant_id, order_id, line_no, sku_id, pool_id, quantity,"
            " accepted, unit_price_minor) VALUES ($1, 1, 0, $2, 1, 4, 4, 0)", merchant, lamp,
        )  # fmt: skip
        holds.set()
        await go_on.wait()

    async def cap(tx):
        wish = BrakeWish(kind="cap", value=4, because="enough", by="mia")
        return await lending.SET_BRAKE(tx, merchant, "friday", wish, NOW)

    first = asyncio.create_task(database.run(OPERATOR, receipt))
    await holds.wait()
    second = asyncio.create_task(database.run(OPERATOR, cap))
    done, _ = await asyncio.wait({second}, timeout=0.3)
    assert not done, "the cap waits for the receipt under way"
    go_on.set()
    await first
    assert (await second).taken == 4
