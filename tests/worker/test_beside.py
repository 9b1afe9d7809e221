"""A call that goes on beside the steps before it: neither waits, and what comes after does."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from penstock.db.transaction import OPERATOR
from penstock.gateways.intent import Intent
from penstock.gateways.port import Outcome, Request
from penstock.lifecycle.advance import create, move, new_ids
from penstock.worker.identity import Identity
from penstock.worker.loop import Worker
from penstock.worker.step import Call, Due, Every, Timed

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SOON_S = 20


class Slow:
    """A vendor that answers only once a step of ours has been done."""

    def __init__(self, until):
        self.until = until
        self.asked = asyncio.Event()

    async def send(self, vendor, effect, requests):
        self.asked.set()
        await asyncio.wait_for(self.until.wait(), SOON_S)
        return [Outcome(r.reference, "done", r.body) for r in requests]


def call(ran, *, beside):
    async def prepare(tx, subjects, now):
        return [Intent(s, "swift", Request(f"ref-{s.subject_id}", b"{}")) for s in subjects]

    async def record(tx, settled, now):
        ran.append("label")
        await move(tx, [s.intent.subject for s in settled], "label_bought", now)

    due = Due("parcel", "awaiting_label")
    return Call("label", due, "labels", prepare, record, beside=beside)


def timed(name, do):
    return Timed(name, Every(timedelta(hours=1)), do)


async def parcel(database):
    async def work(tx):
        await tx.fetch(
            "INSERT INTO vendors.vendor VALUES"
            " ('swift', 'Swift', 'carrier', 'slow', 'http://127.0.0.1', 'UTC', $1)",
            NOW,
        )
        ids = await new_ids(tx, count=1, at=NOW)
        await create(
            tx,
            kind="parcel",
            merchant_ids=[1],
            subject_ids=ids,
            events=["packed"],
            due_at=[None],
            at=NOW,
        )

    await database.run(OPERATOR, work)


async def test_a_slow_vendor_keeps_only_what_comes_after_waiting(database, database_url):
    await parcel(database)
    ran, done = [], asyncio.Event()
    slow = Slow(done)

    async def before(tx, now):
        await asyncio.wait_for(slow.asked.wait(), SOON_S)
        ran.append("before")
        done.set()
        return 0

    async def after(tx, now):
        ran.append("after")
        return 0

    steps = [timed("before", before), call(ran, beside=True), timed("after", after)]
    async with Identity(database_url) as identity:
        assert await Worker(database, identity, steps, {"slow": slow}).turn(NOW) == 1
    assert ran == ["before", "label", "after"]


async def test_a_call_that_is_not_beside_waits_for_the_steps_before_it(database, database_url):
    await parcel(database)
    ran, done = [], asyncio.Event()
    slow = Slow(done)

    async def before(tx, now):
        ran.append(f"before, asked: {slow.asked.is_set()}")
        done.set()
        return 0

    steps = [timed("before", before), call(ran, beside=False)]
    async with Identity(database_url) as identity:
        await Worker(database, identity, steps, {"slow": slow}).turn(NOW)
    assert ran == ["before, asked: False", "label"]


async def test_what_breaks_is_told_once_the_others_have_come_to_their_end(database, database_url):
    await parcel(database)
    ran, done = [], asyncio.Event()
    slow = Slow(done)

    async def before(tx, now):
        done.set()
        raise ZeroDivisionError

    steps = [timed("before", before), call(ran, beside=True)]
    async with Identity(database_url) as identity:
        with pytest.raises(ZeroDivisionError):
            await Worker(database, identity, steps, {"slow": slow}).turn(NOW)
    assert ran == ["label"]
