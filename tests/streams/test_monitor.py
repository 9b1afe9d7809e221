"""The monitor tells the same whether orders were counted already or not, and costs no scan."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from penstock import lending
from penstock.streams.count_minutes import count_minutes
from penstock.streams.draw_tickets import Wish, draw_tickets, sell_by_ticket
from penstock.streams.monitor import monitor_of
from penstock.streams.set_brake import BrakeWish

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def ago(minutes):
    return NOW - timedelta(minutes=minutes)


async def seen(tx, friday, at=NOW):
    return await monitor_of(tx, friday.merchant, "friday", at)


async def test_there_is_none(tx, friday):
    assert await monitor_of(tx, friday.merchant, "monday", NOW) is None
    assert await monitor_of(tx, friday.merchant + 1, "friday", NOW) is None


@pytest.mark.parametrize("counted_at", [None, 3, 0])
async def test_pace_and_stock(tx, friday, counted_at):
    for minutes in (0.5, 0.6, 1.5, 3.5, 4.5, 12.5, 40):
        await friday.order(ago(minutes), units=2)
    await friday.order(ago(2), outcome="insufficient_stock")
    if counted_at is not None:
        await count_minutes(tx, ago(counted_at))
    told = await seen(tx, friday)
    assert told.accepted_orders == 7
    pace = told.orders_per_minute
    assert (pace.last_1, pace.last_5, pace.last_15) == (2, 1, pytest.approx(0.4))
    assert told.refused == {"insufficient_stock": 1}
    assert told.planned_per_minute == pytest.approx(0.5)
    assert told.planned_by_now == pytest.approx(30)
    (lamp,) = told.skus
    assert (lamp.sku, lamp.sold, lamp.left, lamp.ring_fenced) == ("LAMP", 14, 6, 6)
    assert (lamp.units_per_minute.last_1, lamp.units_per_minute.last_5) == (4, 2)
    assert lamp.stock_out_min == 3
    assert told.low <= told.expected_total <= told.high
    assert 7 < told.expected_total < 25, "seven in half the time, where thirty were planned"


async def test_a_minute_that_lies_partly_in_the_window_counts_partly(tx, friday):
    for second in range(0, 60, 6):
        await friday.order(ago(6) + timedelta(seconds=second))
    await count_minutes(tx, NOW)
    for seconds, part in ((0, 0), (15, 0), (-30, 5), (-60, 10)):
        told = await seen(tx, friday, NOW + timedelta(seconds=seconds))
        assert told.orders_per_minute.last_5 == pytest.approx(part / 5)


async def test_brakes_tickets_and_who_was_turned_away(tx, friday):
    wish = BrakeWish(kind="pause", because="too much", by="mia", sku_id=friday.lamp)
    await lending.SET_BRAKE(tx, friday.merchant, "friday", wish, NOW)
    await sell_by_ticket(tx, friday.merchant, "friday", friday.lamp, NOW, per_minute=5, valid_s=60)
    await draw_tickets(
        tx, friday.merchant, "friday", [Wish(sku_id=friday.lamp, client_key="a")], NOW
    )
    await tx.fetch(
        "INSERT INTO streams.minute (merchant_id, stream_id, sku_id, outcome, minute, turned_away)"
        " VALUES ($1, $2, 0, 'paused', $3, 4)", friday.merchant, friday.stream_id, NOW,
    )  # fmt: skip
    told = await seen(tx, friday)
    assert [(b.sku, b.kind, b.because) for b in told.brakes] == [("LAMP", "pause", "too much")]
    assert told.skus[0].tickets.waiting == 1
    assert told.refused == {"paused": 4}


async def test_it_reads_only_the_end_of_the_orders(tx, friday):
    """Once counted, the orders of an hour ago are not read: their index range ends at the count."""
    for minutes in range(10, 50):
        await friday.order(ago(minutes))
    await friday.order(ago(0.5))
    await count_minutes(tx, NOW)
    from penstock.db.query import QUERIES

    (query,) = (q for q in QUERIES if q.name == "penstock.streams.monitor.monitor")
    values = {"merchant_id": friday.merchant, "code": "friday", "now": NOW}
    await tx.fetch("SET LOCAL enable_seqscan = off")
    await tx.fetch("SET LOCAL enable_bitmapscan = off")  # it would read whole ranges of pages
    # As in a large table: of forty rows the planner may as well read all, and now and then does.
    await tx.fetch("SET LOCAL cpu_tuple_cost = 10")
    plan = await tx.fetch(
        "EXPLAIN (ANALYZE, COSTS off, TIMING off) " + query.sql,
        *[values[name] for name in query.parameters],
    )
    text = "\n".join(row[0] for row in plan)
    read = re.findall(r"(?:Scan|on) (?:using )?\w*receipt\w*.*?rows=(\d+)", text)
    assert read, text
    assert sum(int(n) for n in read) <= 1 + len(read), text
