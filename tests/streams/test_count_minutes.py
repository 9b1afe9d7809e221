"""Orders are counted by the minute, each once, whenever they are seen."""

from datetime import UTC, datetime, timedelta

from penstock.streams.count_minutes import count_minutes

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def before(minutes, seconds=0):
    return NOW - timedelta(minutes=minutes, seconds=-seconds)


async def counted(tx, friday):
    rows = await tx.fetch(
        "SELECT sku_id, outcome, minute, orders, units FROM streams.minutes"
        " WHERE stream_id = $1 ORDER BY sku_id, outcome, minute", friday.stream_id,
    )  # fmt: skip
    return [(r[0], r[1], (NOW - r[2]) // timedelta(minutes=1), r[3], r[4]) for r in rows]


async def test_whole_minutes_by_outcome_and_sku(tx, friday):
    await friday.order(before(5), units=2)
    await friday.order(before(5, 59))
    await friday.order(before(3))
    await friday.order(before(3), outcome="insufficient_stock")
    await friday.order(NOW + timedelta(seconds=10))
    assert await count_minutes(tx, NOW + timedelta(seconds=30)) == 5
    assert await counted(tx, friday) == [
        (0, "accepted", 5, 2, 3), (0, "accepted", 3, 1, 1), (0, "insufficient_stock", 3, 1, 0),
        (friday.lamp, "accepted", 5, 2, 3), (friday.lamp, "accepted", 3, 1, 1),
    ]  # fmt: skip
    assert await count_minutes(tx, NOW + timedelta(seconds=50)) == 0, "once a minute"


async def test_an_order_of_two_lines_is_one_order(tx, friday, shop):
    order_id = await friday.order(before(2))
    await tx.fetch(
        "INSERT INTO orders.line (merchant_id, order_id, line_no, sku_id, pool_id, quantity,"
        " accepted, unit_price_minor) VALUES ($1, $2, 1, $3, 0, 2, 2, 0), ($1, $2, 2, $4, 0, 4, 4,"
        " 0)", friday.merchant, order_id, friday.lamp, shop.vase,
    )  # fmt: skip
    await count_minutes(tx, NOW)
    assert await counted(tx, friday) == [
        (0, "accepted", 2, 1, 7), (friday.lamp, "accepted", 2, 1, 3),
        (shop.vase, "accepted", 2, 1, 4),
    ]  # fmt: skip


async def test_what_commits_late_is_counted_and_nothing_twice(tx, friday):
    await friday.order(before(2))
    assert await count_minutes(tx, NOW) == 2
    await friday.order(before(2))
    await friday.order(before(1))
    assert await count_minutes(tx, NOW + timedelta(minutes=1)) == 4, "two minutes, both anew"
    assert [row[2:4] for row in await counted(tx, friday) if not row[0]] == [(2, 2), (1, 1)]
    assert await count_minutes(tx, NOW + timedelta(minutes=2)) == 0
