"""What is gathered of an evening, held against rows that are counted in another way."""

from datetime import UTC, datetime, timedelta

import pytest

from penstock.simulation.evening import gather
from penstock.simulation.evening_rows import Refused, hot_stock, oversold_units, promises_kept

START = datetime(2026, 11, 20, 19, tzinfo=UTC)
CURTAIN = datetime(2026, 12, 4, 19, tzinfo=UTC)
DAY = timedelta(days=1)


async def rows(tx, sql, *arguments):
    return [tuple(row) for row in await tx.fetch(sql, *arguments)]


async def test_every_order_is_either_accepted_or_refused(made, evening):
    outcomes = dict(await rows(made, "SELECT outcome, count(*) FROM orders.receipt GROUP BY 1"))
    assert evening.accepted == outcomes.pop("accepted")
    assert {r.reason: r.orders for r in evening.refusals} == outcomes
    assert evening.received == evening.accepted + evening.refused == 400
    assert evening.received == sum(s.counts.received for s in evening.sellers)
    assert evening.accepted == sum(a.accepted for a in evening.arrivals)
    assert evening.refused == sum(a.refused for a in evening.arrivals)


async def test_an_example_is_the_first_of_its_reason(made, evening):
    for refused in evening.refusals:
        (first,) = await rows(
            made,
            "SELECT channel_order_id FROM orders.receipt WHERE outcome = $1"
            " ORDER BY ordered_at, order_id LIMIT 1",
            refused.reason,
        )
        assert refused.example.startswith(f"{first[0]}: ")


async def test_a_channel_may_hand_in_its_whole_book(made, evening):
    told = [
        Refused("accepted", 300, ""),
        Refused("insufficient_stock", 60, ""),
        Refused("unknown_sku", 4, "bramble-1: who knows"),
    ]
    more = await gather(made, CURTAIN, turned_away=told)
    assert set(more.refusals) - set(evening.refusals) == {told[2]}
    assert (more.received, more.refused) == (404, evening.refused + 4)


async def test_who_still_waits_is_who_has_the_status(made, evening):
    held = dict(
        await rows(
            made,
            "SELECT status, count(*) FROM lifecycle.subject WHERE kind = 'parcel' GROUP BY 1",
        )
    )
    waiting = {queue.title: queue.waiting for queue in evening.flows.queues}
    assert waiting["on the road"][-1] == held.get("in_transit", 0) + held.get("handed_over", 0)
    assert waiting["at the door"][-1] == held.get("out_for_delivery", 0)
    assert all(min(units) >= 0 for units in waiting.values())
    assert all(units[0] == 0 for units in waiting.values())


async def test_waits_are_exact_although_the_counts_are_hourly(made, evening):
    ((mean_s, entered),) = await rows(
        made,
        "SELECT avg(extract(epoch FROM left_at - at))::float8, count(*) FROM (SELECT to_status, at,"
        " lead(at, 1, $1) OVER (PARTITION BY subject_id ORDER BY history_id) AS left_at"
        " FROM lifecycle.history WHERE kind = 'fulfilment_order') AS m"
        " WHERE to_status = 'released'",
        CURTAIN,
    )
    (queue,) = [q for q in evening.flows.queues if q.title == "to be picked"]
    assert queue.entered == entered > 100
    assert queue.wait_h == pytest.approx(mean_s / 3600)


async def test_stages_tell_what_their_tables_hold(made, evening):
    stages = {stage.title: stage for stage in evening.stages}
    assert list(stages) == [
        "received", "held", "cancelled", "allocated", "released", "picked", "packed", "declared",
        "labelled", "manifested", "handed over", "delivered", "returns asked for", "returned",
    ]  # fmt: skip
    for title, table in (
        ("cancelled", "orders.cancellation"),
        ("packed", "warehouse.parcel"),
        ("labelled", "shipping.label"),
        ("returns asked for", "returns.rma"),
    ):
        assert [(stages[title].number,)] == await rows(made, f"SELECT count(*) FROM {table}")
    assert evening.returned == stages["returned"].number > 0
    assert all(part.number for stage in evening.stages for part in stage.parts)


async def test_money_is_borne_by_debit_legs_alone(made, evening):
    ((fees,),) = await rows(
        made, "SELECT sum(amount_minor) FROM ledger.transfer WHERE reason = 'return_fee'"
    )
    borne = [m for m in evening.money if m.purpose == "return_fee"]
    assert sum(m.amount_minor for m in borne) == fees
    assert "vendor:renew" not in {m.party for m in borne}


async def test_an_evening_without_anything(empty_evening):
    assert (empty_evening.received, empty_evening.delivered, empty_evening.oversold) == (0, 0, 0)
    assert empty_evening.kept("dispatch") == (0, 0)
    assert empty_evening.peak_per_min == 0


async def order(tx, make, merchant_id, *parts, due_at):
    """An order due at one moment; `parts` are the moves (event, at) of its fulfilment orders."""
    order_id = 100 * make.number()
    await tx.fetch(
        "INSERT INTO orders.receipt SELECT $1, $2::bigint, 'test', $2::bigint::text,"
        " 'accepted', '', 'US', 'USD', 0, 0, 'available', NULL, '', '{}', $3, $3, $3, $4, $4",
        merchant_id, order_id, START, due_at,
    )  # fmt: skip
    for i, moves in enumerate(parts):
        await tx.fetch(
            "INSERT INTO allocation.fulfilment_order (merchant_id, fulfilment_order_id, order_id)"
            " VALUES ($1, $2, $3)", merchant_id, order_id + i, order_id,
        )  # fmt: skip
        await tx.fetch(
            "INSERT INTO lifecycle.subject VALUES"
            " ($1, $2, 'fulfilment_order', 'open', $3, $3, $3)",
            merchant_id, order_id + i, START,
        )  # fmt: skip
        for event, at in moves:
            await tx.fetch(
                "INSERT INTO lifecycle.history (merchant_id, subject_id, kind, from_status, event,"
                " to_status, at) SELECT $1, $2, kind, from_status, event, to_status, $4"
                " FROM lifecycle.transition WHERE (kind, event) = ('fulfilment_order', $3) LIMIT 1",
                merchant_id, order_id + i, event, at,
            )  # fmt: skip


@pytest.mark.parametrize(
    ("parts", "due", "kept", "done"),
    [
        ([[("handed_over", START + DAY)]], 1, 1, 1),
        ([[("handed_over", START + 3 * DAY)]], 1, 0, 1),
        ([[]], 1, 0, 0),
        ([[("handed_over", START + DAY)], [("handed_over", START + 3 * DAY)]], 1, 0, 1),
        ([[("handed_over", START + DAY)], []], 1, 0, 0),
        ([[("handed_over", START + DAY)], [("cancelled", START + DAY)]], 1, 1, 1),
        ([[("cancelled", START + DAY)]], 0, 0, 0),
        ([[("cancelled", START + 3 * DAY)]], 1, 0, 0),
    ],
    ids=[
        "in time", "late", "not at all", "the last one late", "half of it", "the rest cancelled",
        "cancelled before it was due", "cancelled too late",
    ],
)  # fmt: skip
async def test_a_promise_is_kept_by_the_whole_order(tx, make, parts, due, kept, done):
    merchant_id = await make.merchant()
    await order(tx, make, merchant_id, *parts, due_at=START + 2 * DAY)
    found = await promises_kept(tx, as_of=START + 5 * DAY)
    (whole,) = [k for k in found if k.at is None and k.promise == "dispatch"]
    assert (whole.due, whole.kept, whole.done) == (due, kept, done)
    hourly = [k for k in found if k.at is not None and k.promise == "dispatch"]
    assert (sum(k.due for k in hourly), sum(k.done for k in hourly)) == (due, done)


async def test_what_is_not_due_yet_does_not_count(tx, make):
    merchant_id = await make.merchant()
    for days in (1, 9):
        await order(tx, make, merchant_id, [("handed_over", START)], due_at=START + days * DAY)
    found = await promises_kept(tx, as_of=START + 5 * DAY)
    (whole,) = [k for k in found if k.at is None and k.promise == "dispatch"]
    assert (whole.due, whole.kept, whole.done) == (1, 1, 2)


async def moved(tx, merchant_id, sku_id, units, source, target, at):
    """A stock move; accounts are (account, holder)."""
    await tx.fetch(
        "INSERT INTO inventory.move (merchant_id, sku_id, quantity, from_account, from_holder,"
        " to_account, to_holder, reason, subject_id, at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, 'test', 0, $8)",
        merchant_id, sku_id, units, *source, *target, at,
    )  # fmt: skip


async def test_hot_stock_follows_the_streams_pool_alone(tx, make):
    merchant_id = await make.merchant()
    sku_id = await make.sku(merchant_id, code="HOT")
    await tx.fetch(
        "INSERT INTO streams.stream_sku (merchant_id, stream_id, sku_id, pool_id, ring_fenced)"
        " VALUES ($1, 1, $2, 77, 10)",
        merchant_id, sku_id,
    )  # fmt: skip
    market, stream = ("pool_available", 76), ("pool_available", 77)
    reserved = ("pool_reserved", 77)
    for units, source, target, second in (
        (20, ("outside", 0), market, -60), (10, market, stream, -30), (4, stream, reserved, 5),
        (5, market, ("pool_reserved", 76), 5), (1, reserved, stream, 25), (3, stream, market, 65),
    ):  # fmt: skip
        at = START + timedelta(seconds=second)
        await moved(tx, merchant_id, sku_id, units, source, target, at)
    left = await hot_stock(tx, from_at=START, to_at=START + timedelta(seconds=40), bin_s=10, skus=3)
    assert [s.units for s in left] == [6, 6, 7, 7]


async def test_units_that_were_not_there_are_oversold(tx, make):
    merchant_id = await make.merchant()
    sku_id = await make.sku(merchant_id)
    available, reserved = ("pool_available", 5), ("pool_reserved", 5)
    await moved(tx, merchant_id, sku_id, 3, ("outside", 0), available, START)
    await moved(tx, merchant_id, sku_id, 3, available, reserved, START)
    assert await oversold_units(tx) == 0
    await moved(tx, merchant_id, sku_id, 2, available, reserved, START)
    await moved(tx, merchant_id, sku_id, 9, ("outside", 0), available, START)
    assert await oversold_units(tx) == 2
