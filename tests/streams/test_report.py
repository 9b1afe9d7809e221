"""A closed stream is counted from first to last, and followed until nothing is under way."""

from datetime import UTC, datetime, timedelta

from penstock.inventory.ring_fence import give_back
from penstock.streams.demand import shapes
from penstock.streams.report import close_out, report_of, settle_reports
from penstock.streams.turn import turn

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
END = NOW + timedelta(hours=1)


async def closed(tx, at=END):
    await turn(tx, at, give_back=give_back)
    return await close_out(tx, at)


async def test_close_out(tx, friday):
    for minutes in (-30, -29.5, -29.2, 10):
        await friday.order(NOW + timedelta(minutes=minutes), units=2)
    await friday.order(outcome="insufficient_stock")
    await tx.fetch(
        "INSERT INTO streams.minute (merchant_id, stream_id, sku_id, outcome, minute, turned_away)"
        " VALUES ($1, $2, 0, 'paused', $3, 4)", friday.merchant, friday.stream_id, NOW,
    )  # fmt: skip
    assert await report_of(tx, friday.merchant, "friday") is None
    await closed(tx)
    told = await report_of(tx, friday.merchant, "friday")
    assert (told.accepted_orders, told.sold_units, told.expected_orders) == (4, 8, 60)
    assert told.refused == {"insufficient_stock": 1, "paused": 4}
    assert (told.peak_orders_per_minute, told.peak_at) == (3, NOW - timedelta(minutes=30))
    assert told.forecast_error == -0.9333
    assert (told.given_back, told.dispatched, told.late, told.under_way) == (6, 0, 0, 4)
    assert (told.closed_at, told.settled_at) == (END, None)
    (shape,) = await shapes(tx, streams=5)
    assert shape.shape == [0] * 5 + [3] + [0] * 5 + [1] + [0] * 8
    assert await closed(tx, END + timedelta(minutes=1)) == 0
    assert (await report_of(tx, friday.merchant, "friday")).closed_at == END


async def test_it_is_followed_until_all_is_served(tx, friday):
    due = NOW + timedelta(hours=5)
    ids = [await friday.order(dispatch_by=due) for _ in range(4)]
    await closed(tx)

    async def status(order_id, word, dispatched_at=None):
        await tx.fetch("UPDATE lifecycle.subject SET status = $2 WHERE subject_id = $1",
                       order_id, word)  # fmt: skip
        if dispatched_at:
            await tx.fetch(
                "INSERT INTO experience.journey (merchant_id, fulfilment_order_id, order_ref,"
                " ordered_at, dispatched_at) VALUES ($1, $2, $2::bigint::text, $3, $4)",
                friday.merchant, order_id, NOW, dispatched_at,
            )  # fmt: skip

    async def told(at):
        await settle_reports(tx, at)
        found = await report_of(tx, friday.merchant, "friday")
        return found.dispatched, found.late, found.cancelled, found.under_way, found.settled_at

    await status(ids[0], "shipped", due)
    await status(ids[1], "delivered", due + timedelta(seconds=1))
    await status(ids[2], "cancelled")
    assert await told(due) == (2, 1, 1, 1, None)
    assert await told(due + timedelta(days=1)) == (2, 2, 1, 1, None), "and one should have left"
    await status(ids[3], "shipped", due + timedelta(days=1))
    at = due + timedelta(days=2)
    assert await told(at) == (3, 2, 1, 0, at)
    assert await settle_reports(tx, at) == 0


async def test_a_stream_without_orders_is_settled_at_once(tx, friday):
    await closed(tx)
    told = await report_of(tx, friday.merchant, "friday")
    assert (told.accepted_orders, told.refused, told.peak_at, told.settled_at) == (0, {}, None, END)
    assert await shapes(tx, streams=5) == []
