"""The forecast on a real database: whole UTC days, per merchant and SKU, replaced when remade."""

from datetime import UTC, date, datetime, timedelta

import pytest

from penstock.planning.forecast import forecast

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
MIDNIGHT = datetime(2026, 11, 20, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@pytest.fixture
async def shop(tx, make):
    """A merchant with one SKU that was approved long ago."""
    merchant_id = await make.merchant()
    sku_id = await make.sku(merchant_id)
    await tx.fetch(
        "UPDATE merchants.sku SET approved_at = $2 WHERE merchant_id = $1",
        merchant_id, NOW - 90 * DAY,
    )  # fmt: skip
    return merchant_id, sku_id


@pytest.fixture
def sell(tx, make):
    async def one(shop, paid_at, units=1, *, outcome="accepted"):
        merchant_id, sku_id = shop
        order_id = make.number()
        await tx.fetch(
            "INSERT INTO orders.receipt VALUES ($1, $2::bigint, 'test', 'T-' || $2, $4, '',"
            " 'US', 'USD', 0, 0, 'available', NULL, '', '{}', $3, $3, $3, $3, $3)",
            merchant_id, order_id, paid_at, outcome,
        )  # fmt: skip
        await tx.fetch(
            "INSERT INTO orders.line VALUES ($1, $2, 1, $3, 1, $4::int + 5, $4, 0, 100)",
            merchant_id, order_id, sku_id, units,
        )  # fmt: skip

    return one


async def forecasts(tx, shop):
    rows = await tx.fetch(
        "SELECT made_on, day, units_mean::float8, units_high::float8 FROM planning.forecast"
        " WHERE (merchant_id, sku_id) = ($1, $2) ORDER BY made_on, day",
        *shop,
    )
    return [tuple(row) for row in rows]


async def test_a_week_from_today_on_of_accepted_units(tx, shop, sell):
    for day in range(1, 29):
        await sell(shop, MIDNIGHT - day * DAY, 4)
    assert await forecast(tx, NOW) == 1
    rows = await forecasts(tx, shop)
    assert [(made_on, day) for made_on, day, _, _ in rows] == [
        (TODAY, TODAY + n * DAY) for n in range(7)
    ]
    assert {(mean, high) for _, _, mean, high in rows} == {(4.0, 7.0)}


async def test_the_window_is_whole_days_of_utc_and_what_was_accepted(tx, shop, sell):
    for day in range(1, 29):
        await sell(shop, MIDNIGHT - day * DAY + 86_399 * SECOND, 4)
    await sell(shop, MIDNIGHT, 500)
    await sell(shop, MIDNIGHT - 28 * DAY - SECOND, 500)
    await sell(shop, MIDNIGHT - DAY, 500, outcome="insufficient_stock")
    await forecast(tx, NOW)
    assert {mean for _, _, mean, _ in await forecasts(tx, shop)} == {4.0}


async def test_made_again_the_same_day_it_is_replaced(tx, shop, sell):
    await sell(shop, MIDNIGHT - DAY, 4)
    await forecast(tx, NOW)
    await sell(shop, MIDNIGHT - DAY, 4)
    await forecast(tx, NOW + timedelta(hours=1))
    rows = await forecasts(tx, shop)
    assert len(rows) == 7
    assert {mean for _, _, mean, _ in rows} == {8.0}
    await forecast(tx, NOW + DAY)
    assert len(await forecasts(tx, shop)) == 14


async def test_a_stream_is_left_out_on_the_days_that_it_was_live(tx, shop, sell):
    merchant_id, sku_id = shop
    for day in range(1, 29):
        await sell(shop, MIDNIGHT - day * DAY, 4)
    await sell(shop, MIDNIGHT - 3 * DAY, 5_000)
    await sell(shop, MIDNIGHT - 2 * DAY, 5_000)
    (row,) = await tx.fetch(
        "INSERT INTO streams.stream (merchant_id, code, title, country, starts_at, ends_at)"
        " VALUES ($1, 'S', 'S', 'US', $2, $3) RETURNING stream_id",
        merchant_id, MIDNIGHT - 2 * DAY - SECOND, MIDNIGHT - DAY,
    )  # fmt: skip
    await tx.fetch(
        "INSERT INTO streams.stream_sku VALUES ($1, $2, $3, 1, 10)", merchant_id, row[0], sku_id
    )
    await forecast(tx, NOW)
    assert {mean for _, _, mean, _ in await forecasts(tx, shop)} == {4.0}


async def test_days_before_the_merchant_traded_are_unknown_and_quiet_days_are_zero(tx, shop, sell):
    for day in (4, 2, 1):
        await sell(shop, MIDNIGHT - day * DAY, 6)
    await forecast(tx, NOW)
    ((_, _, mean, _), *_) = await forecasts(tx, shop)
    assert 4.0 < mean < 6.0  # three days of four, not three of 28


async def test_merchants_do_not_mix(tx, make, shop, sell):
    other = await make.merchant()
    theirs = (other, await make.sku(other))
    await sell(shop, MIDNIGHT - DAY, 4)
    await sell(theirs, MIDNIGHT - DAY, 9)
    assert await forecast(tx, NOW) == 2
    assert {mean for _, _, mean, _ in await forecasts(tx, shop)} == {4.0}
    assert {mean for _, _, mean, _ in await forecasts(tx, theirs)} == {9.0}


async def test_nothing_sold_nothing_forecast(tx, shop):
    assert await forecast(tx, NOW) == 0
    assert await forecasts(tx, shop) == []
