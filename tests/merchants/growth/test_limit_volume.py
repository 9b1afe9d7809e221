"""A limit begins, holds for its term, is lifted and restored; every act has its reason."""

from datetime import UTC, datetime, timedelta

import pytest

from penstock.kernel.errors import Invalid
from penstock.lending import score_rules
from penstock.merchants.admit import standing
from penstock.merchants.growth import limit_volume as limiting
from penstock.merchants.growth.lift_limits import lift_limits

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


async def limit_volume(tx, now):
    return await limiting.limit_volume(tx, now, score_rules)


async def left(tx, merchant_id, now=NOW):
    found = await standing(tx, merchant_id=merchant_id, now=now)
    return found.orders_left, found.limited_by


async def limits(tx, merchant_id):
    rows = await tx.fetch(
        "SELECT limit_id, daily_cap, mean_orders::float8, until_at, because, lifted_because"
        " FROM merchants.volume_limit WHERE merchant_id = $1 ORDER BY limit_id",
        merchant_id,
    )
    return [tuple(row) for row in rows]


async def test_a_low_score_limits_for_a_week(tx, past):
    low, good, new = [await past.merchant() for _ in range(3)]
    for merchant_id in (low, good):
        await past.days(merchant_id, 200)
    await past.days(new, 10, days=2)
    for merchant_id, score in ((low, 44), (good, 61), (new, 5)):
        await past.score(merchant_id, score)
    assert await limit_volume(tx, NOW) == 1
    ((_, cap, mean, until, because, _),) = await limits(tx, low)
    assert (cap, mean, until) == (140, 200.0, NOW + 7 * DAY)
    assert "70 %" in because
    assert await left(tx, low) == (140, "volume_limit")
    assert await left(tx, good) == await left(tx, new) == (1_000_000, "daily_cap")
    assert await past.told(low, "merchants.volume_limited") == 1
    assert await limit_volume(tx, NOW + 6 * DAY) == 0
    assert (await left(tx, low, NOW + 6 * DAY))[0] == 140
    assert (await left(tx, low, NOW + 7 * DAY))[0] == 1_000_000


async def test_todays_orders_and_those_before_the_window_do_not_count(tx, past):
    merchant_id = await past.merchant()
    await past.days(merchant_id, 100, days=28)
    for day, orders in ((0, 9_000), (29, 9_000)):
        await tx.fetch(
            "INSERT INTO merchants.day VALUES ($1, $2, $3, $3)",
            merchant_id, NOW.date() - day * DAY, orders,
        )  # fmt: skip
    await past.score(merchant_id, 0)
    await limit_volume(tx, NOW)
    ((_, cap, mean, *_),) = await limits(tx, merchant_id)
    assert (cap, mean) == (50, 100.0)


async def test_a_new_term_needs_a_new_look(tx, past):
    merchant_id = await past.merchant()
    await past.days(merchant_id, 100)
    await past.score(merchant_id, 20)
    await limit_volume(tx, NOW)
    await past.score(merchant_id, 80, days_ago=-7)
    assert await limit_volume(tx, NOW + 7 * DAY) == 0
    await past.score(merchant_id, 50, days_ago=-8)
    assert await limit_volume(tx, NOW + 8 * DAY) == 1


async def test_a_limit_is_lifted_restored_and_over(tx, past):
    merchant_id = await past.merchant()
    await past.days(merchant_id, 100)
    await past.score(merchant_id, 20)
    await limit_volume(tx, NOW)
    ((limit_id, *_),) = await limits(tx, merchant_id)
    key = (merchant_id, limit_id)

    async def lift(*keys, lifted=True, now=NOW):
        rows = await lift_limits(tx, keys, now, because="weather", by="op", lifted=lifted)
        return [row.outcome for row in rows]

    unknown = (merchant_id, limit_id + 1)
    assert await lift(key, unknown, key) == ["lifted", "unknown_limit", "lifted"]
    assert await left(tx, merchant_id) == (1_000_000, "daily_cap")
    assert await lift(key) == ["repeated"]
    assert await limit_volume(tx, NOW + DAY) == 0, "lifted for its term, not for a day"
    assert await lift(key, lifted=False) == ["restored"]
    assert await left(tx, merchant_id) == (50, "volume_limit")
    assert await lift(key, now=NOW + 7 * DAY) == ["over"]
    assert await past.told(merchant_id, "merchants.volume_limit_lifted") == 1
    assert await past.told(merchant_id, "merchants.volume_limit_restored") == 1
    with pytest.raises(Invalid):
        await lift_limits(tx, [key], NOW, because="", by="op")
