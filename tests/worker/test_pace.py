"""What workers tell of themselves, and what is counted of it, once."""

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec

from penstock.db.transaction import OPERATOR
from penstock.kernel.errors import Unavailable
from penstock.lifecycle.states import TRANSITIONS
from penstock.worker import pace
from penstock.worker.demand import demand, read_signal
from penstock.worker.pace import ALIVE_FOR, COUNTED_EVERY, Stopwatch, counted_topics, report_worker

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
WORKED = (("fulfilment_order", "open"), ("parcel", "awaiting_label"))


async def happen(tx, topic, times, *, passed_on=0):
    await tx.fetch(
        "INSERT INTO outbox.event (merchant_id, topic, subject_id, at)"
        " SELECT 1, $1, n, $3 FROM generate_series(1, $2::int) AS n",
        topic, times - passed_on, NOW,
    )  # fmt: skip
    if passed_on:
        await tx.fetch(
            "INSERT INTO outbox.relayed VALUES (1, $1, $2) ON CONFLICT (merchant_id, topic)"
            " DO UPDATE SET events = relayed.events + excluded.events",
            topic, passed_on,
        )  # fmt: skip


async def measured(tx, at):
    return await demand(tx, now=at, alive_since=at - ALIVE_FOR)


async def test_what_was_moved_is_held_against_the_time_it_took(tx):
    later = NOW + timedelta(seconds=15)
    assert await pace.count(tx, WORKED, NOW)
    await happen(tx, "fulfilment_order.received", 40, passed_on=30)
    await happen(tx, "fulfilment_order.allocated", 35)
    await happen(tx, "parcel.packed", 20)
    await happen(tx, "fulfilment_order.released", 99)
    await happen(tx, "fulfilment_order.cancelled", 7)
    for worker_id, busy_s in ((1, 4.0), (2, 3.0)):
        await report_worker(tx, worker_id=worker_id, busy_s=busy_s, seen_at=later)
    assert not await pace.count(tx, WORKED, NOW + COUNTED_EVERY / 2), "another has counted"
    assert await pace.count(tx, WORKED, later)
    found = await measured(tx, later)
    assert found == msgspec.convert(
        {
            "workers": 2, "received_per_s": 40 / 15, "arrived_per_s": 4.0, "busy_s": 7.0,
            "span_s": 15.0, "day_received": 40, "day_moved": 35, "best_moved": 35,
            "best_busy_s": 7.0,
        },
        type(found),
    )  # fmt: skip


async def test_passing_events_on_changes_no_count_and_nothing_is_counted_twice(tx):
    await happen(tx, "fulfilment_order.allocated", 10)
    await pace.count(tx, WORKED, NOW)
    assert (await measured(tx, NOW)).day_moved == 0, "what was before the first count"
    await tx.fetch("DELETE FROM outbox.event")
    await happen(tx, "fulfilment_order.allocated", 12, passed_on=12)
    await report_worker(tx, worker_id=1, busy_s=5.0, seen_at=NOW)
    await pace.count(tx, WORKED, NOW + COUNTED_EVERY)
    await report_worker(tx, worker_id=1, busy_s=6.0, seen_at=NOW)
    await pace.count(tx, WORKED, NOW + 2 * COUNTED_EVERY)
    found = await measured(tx, NOW + 2 * COUNTED_EVERY)
    assert (found.day_moved, found.busy_s) == (2, 6.0)


async def test_a_worker_that_is_not_heard_of_is_not_counted_on(tx):
    for worker_id, ago in ((1, timedelta(0)), (2, ALIVE_FOR), (3, timedelta(hours=2))):
        await report_worker(tx, worker_id=worker_id, busy_s=1.0, seen_at=NOW - ago)
    assert (await measured(tx, NOW)).workers == 1
    await pace.count(tx, WORKED, NOW)
    rows = await tx.fetch("SELECT worker_id FROM worker.worker ORDER BY 1")
    assert [row[0] for row in rows] == [1, 2], "what is long gone is forgotten"


async def test_after_a_long_pause_counting_begins_anew(tx):
    await pace.count(tx, WORKED, NOW)
    await happen(tx, "fulfilment_order.allocated", 10)
    later = NOW + timedelta(hours=1)
    await pace.count(tx, WORKED, later)
    await report_worker(tx, worker_id=1, busy_s=1.0, seen_at=later)
    await pace.count(tx, WORKED, later + COUNTED_EVERY)
    found = await measured(tx, later + COUNTED_EVERY)
    assert (found.best_moved, found.arrived_per_s, found.busy_s) == (0, 0.0, 1.0)


async def test_a_long_calls_moves_are_held_against_all_of_its_time(tx):
    for n in range(5):
        at = NOW + n * COUNTED_EVERY
        if n == 4:
            await happen(tx, "parcel.label_bought", 100)
        await report_worker(tx, worker_id=1, busy_s=5.0 * n, seen_at=at)
        await pace.count(tx, WORKED, at)
    found = await measured(tx, NOW + 4 * COUNTED_EVERY)
    assert (found.best_moved, found.best_busy_s) == (100, 20.0)


async def test_the_best_pace_is_that_of_the_busiest_minutes(tx):
    for n in range(60):
        at = NOW + timedelta(seconds=n)
        moved = 1000 if n % 2 else 1
        await tx.fetch(
            "INSERT INTO worker.pace VALUES ($1, $1, 0, 0, 0, 0, $2, 1.0, 0, 0, 0)", at, moved
        )
    found = await measured(tx, NOW + timedelta(minutes=1))
    assert (found.best_moved, found.best_busy_s) == (30_000, 30.0)


async def test_the_signal_is_read_from_the_database(tx, make):
    async def stream(_tx, now, lead):
        assert (now, lead) == (NOW, timedelta(minutes=5))
        return []

    signal = await read_signal(tx, NOW, timedelta(minutes=5), worked=WORKED, expect=stream)
    assert (signal.workers, signal.backlog, signal.moves_per_s) == (0, 0, None)


def test_every_counted_event_is_one_that_can_happen():
    told = {f"{t.kind}.{t.event}" for t in TRANSITIONS}
    topics = {t.topic: t for t in counted_topics(WORKED)}
    assert topics.keys() <= told
    assert topics["parcel.label_bought"].moves
    assert not topics["parcel.label_bought"].arrives
    assert topics["fulfilment_order.received"].receives
    assert not topics["fulfilment_order.split_off"].receives
    assert "fulfilment_order.cancelled" not in topics
    assert "parcel.delivered" not in topics


def test_the_stopwatch_counts_turns_that_did_something(monkeypatch):
    now = 100.0
    monkeypatch.setattr(pace.time, "monotonic", lambda: now)
    stopwatch = Stopwatch()
    stopwatch.start()
    now += 3
    assert stopwatch.busy_s == 3, "a long turn is counted while it lasts"
    stopwatch.stop(count=True)
    stopwatch.start()
    now += 0.5
    assert stopwatch.busy_s == 3
    stopwatch.stop(count=False)
    assert stopwatch.busy_s == 3


async def test_a_worker_is_on_the_list_while_it_works(database, monkeypatch):
    monkeypatch.setattr(pace, "REPORTED_EVERY_S", 0.01)

    class Clock:
        def now(self):
            return NOW

    stop = asyncio.Event()
    told = pace.Pace(database, 7, Stopwatch(), WORKED, Clock())
    task = asyncio.create_task(told.tell(stop))

    async def workers():
        return (await database.run(OPERATOR, lambda tx: measured(tx, NOW))).workers

    while not await workers():  # noqa: ASYNC110  the database has no event to wait for
        await asyncio.sleep(0.01)
    stop.set()
    await task
    await told.tell_end()
    assert await workers() == 0


async def test_a_database_that_is_away_stops_no_worker():
    class Away:
        async def run(self, *_):
            raise Unavailable("away")

    class Clock:
        def now(self):
            return NOW

    await pace.Pace(Away(), 1, Stopwatch(), WORKED, Clock()).tell_end()
