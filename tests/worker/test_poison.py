"""P5 in the worker: what breaks a step is set aside with its cause, and all others go on."""

from datetime import UTC, datetime, timedelta

import pytest

from penstock.db.transaction import OPERATOR
from penstock.gateways.intent import Intent
from penstock.gateways.port import Outcome, Request
from penstock.kernel.errors import Unavailable
from penstock.lifecycle.advance import create, move, new_ids
from penstock.tracking.escalate import exceptions, report
from penstock.worker.broken import broken_steps
from penstock.worker.identity import Identity
from penstock.worker.loop import Worker
from penstock.worker.poison import halved
from penstock.worker.step import Call, Due, Every, Step, Timed

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def returns(database, count):
    async def work(tx):
        ids = await new_ids(tx, count=count, at=NOW)
        await create(
            tx, kind="return", merchant_ids=[1] * count, subject_ids=ids,
            events=["requested"] * count, due_at=[None] * count, at=NOW,
        )  # fmt: skip
        return ids

    return await database.run(OPERATOR, work)


def approving(poison):
    async def approve(tx, subjects, now):
        await move(tx, subjects, "approved", now)
        for subject in subjects:
            if subject.subject_id in poison:
                raise ZeroDivisionError("a bug\nwith a second line")

    return Step("approve", Due("return", "requested"), approve, batch=500)


async def statuses(database):
    rows = await database.run(
        OPERATOR, lambda tx: tx.fetch("SELECT status, count(*) FROM lifecycle.subject GROUP BY 1")
    )
    return {row[0]: row[1] for row in rows}


async def test_10_poisons_among_10000_are_set_aside_alone(database, database_url):
    ids = await returns(database, 10_000)
    poison = set(ids[7:7_000:777]) | {ids[-1]}
    assert len(poison) == 10
    async with Identity(database_url) as identity:
        worker = Worker(database, identity, [approving(poison)], {}, report=report)
        assert await worker.drain(NOW) == 10_000
        assert await statuses(database) == {"approved": 9_990, "requested": 10}
        listed = await database.run(OPERATOR, exceptions)
        assert {x.subject_id for x in listed} == poison
        assert {(x.reason, x.detail) for x in listed} == {
            ("step_broke", "approve: ZeroDivisionError: a bug")
        }
        assert await worker.drain(NOW + timedelta(seconds=59)) == 0
        assert await worker.drain(NOW + timedelta(minutes=1)) == 10, "each is tried again"
        assert await worker.drain(NOW + timedelta(minutes=2)) == 0, "the pause has doubled"
        mended = Worker(database, identity, [approving(set())], {}, report=report)
        await mended.drain(NOW + timedelta(minutes=3))
    assert await statuses(database) == {"approved": 10_000}


async def test_what_was_tried_is_halved_and_not_what_might_have_been():
    due, claimed, tried = list(range(10)), [], []

    async def take(size):
        claimed[:] = due[:size]
        tried.append(len(claimed))
        if 3 in claimed:
            raise ZeroDivisionError
        del due[: len(claimed)]
        return len(claimed)

    async def alone(_):
        assert claimed == [3]
        due.remove(3)

    done = 0
    while due:
        done += await halved(take, 500, claimed, alone)
    assert done == 10
    assert tried == [10, 5, 2, 2, 1, 1, 6]


async def test_without_a_list_a_bug_is_raised(database, database_url):
    ids = await returns(database, 3)
    async with Identity(database_url) as identity:
        with pytest.raises(ZeroDivisionError):
            await Worker(database, identity, [approving({ids[1]})], {}).drain(NOW)
    assert await statuses(database) == {"requested": 3}


async def test_a_database_that_cannot_serve_is_nobodys_poison():
    asked = []

    async def take(size):
        asked.append(size)
        raise Unavailable("gone")

    async def alone(error):
        raise AssertionError("nobody is to be blamed")

    with pytest.raises(Unavailable):
        await halved(take, 500, [], alone)
    assert asked == [500]


class Carrier:
    """A vendor that does what it is asked for, unless `broken`."""

    def __init__(self):
        self.done = set()
        self.broken = False

    async def send(self, vendor, effect, requests):
        if self.broken:
            raise ZeroDivisionError
        self.done |= {request.reference for request in requests}
        return [Outcome(request.reference, "done") for request in requests]

    async def find(self, vendor, effect, references):
        return [Outcome(r, "done" if r in self.done else "absent") for r in references]


async def announced(database, *vendors):
    async def work(tx):
        for vendor in vendors:
            await tx.fetch(
                "INSERT INTO vendors.vendor VALUES"
                " ($1, $1, 'carrier', $1, 'http://127.0.0.1', 'UTC', $2)", vendor, NOW,
            )  # fmt: skip

    await database.run(OPERATOR, work)


def announcing(vendor_of, poison_prepared=frozenset(), poison_recorded=frozenset()):
    def check(poison, subjects):
        if poison & {subject.subject_id for subject in subjects}:
            raise ZeroDivisionError

    async def prepare(tx, subjects, now):
        check(poison_prepared, subjects)
        return [Intent(s, vendor_of(s), Request(f"R{s.subject_id}", b"{}")) for s in subjects]

    async def record(tx, settled, now):
        subjects = [s.intent.subject for s in settled]
        check(poison_recorded, subjects)
        await move(tx, subjects, "approved", now)

    return Call("tell", Due("return", "requested"), "returns", prepare, record)


async def test_poison_in_a_call_is_alone_whether_it_breaks_before_or_after(database, database_url):
    ids = await returns(database, 40)
    await announced(database, "swift")
    swift = Carrier()
    async with Identity(database_url) as identity:
        call = announcing(lambda _: "swift", {ids[3]}, {ids[20], ids[21]})
        await Worker(database, identity, [call], {"swift": swift}, report=report).drain(NOW)
        assert await statuses(database) == {"approved": 37, "requested": 3}
        listed = await database.run(OPERATOR, exceptions)
        assert {x.subject_id for x in listed} == {ids[3], ids[20], ids[21]}
        assert swift.done == {f"R{i}" for i in ids if i != ids[3]}
        mended = announcing(lambda _: "swift")
        later = NOW + timedelta(hours=5)
        await Worker(database, identity, [mended], {"swift": swift}, report=report).drain(later)
    assert await statuses(database) == {"approved": 40}


async def test_a_vendor_that_cannot_be_talked_to_delays_no_other(database, database_url):
    ids = await returns(database, 10)
    await announced(database, "swift", "slow")
    swift, slow = Carrier(), Carrier()
    slow.broken = True
    gateways = {"swift": swift, "slow": slow}
    async with Identity(database_url) as identity:
        call = announcing(lambda s: "slow" if s.subject_id in ids[:4] else "swift")
        worker = Worker(database, identity, [call], gateways, report=report)
        await worker.drain(NOW)
        assert await statuses(database) == {"approved": 6, "requested": 4}
        slow.broken = False
        await worker.drain(NOW + timedelta(minutes=2))
    assert await statuses(database) == {"approved": 10}
    assert slow.done == {f"R{i}" for i in ids[:4]}


async def test_a_timed_step_that_breaks_waits_is_told_and_mended(database, database_url):
    done, broken = [], True

    async def breaks(tx, now):
        if broken:
            raise ZeroDivisionError("by\0nought")
        return 0

    async def goes_on(tx, now):
        done.append(now)
        return 0

    async def told():
        return [(s.step, s.broke_at, s.because) for s in await database.run(OPERATOR, broken_steps)]

    steps = [
        Timed("breaks", Every(timedelta(days=1)), breaks),
        Timed("goes_on", Every(timedelta(minutes=1)), goes_on),
    ]
    async with Identity(database_url) as identity:
        worker = Worker(database, identity, steps, {}, report=report)
        for minutes in (0, 1, 59):
            await worker.drain(NOW + timedelta(minutes=minutes))
        assert len(done) == 3
        assert await told() == [("breaks", NOW, "ZeroDivisionError: by�nought")]
        broken = False
        await worker.drain(NOW + timedelta(hours=1))
        assert await told() == []
        broken = True
        with pytest.raises(ZeroDivisionError):
            await Worker(database, identity, steps, {}).drain(NOW + timedelta(days=2))
