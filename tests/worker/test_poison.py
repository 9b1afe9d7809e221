"""P5 in the worker: what breaks a step is set aside with its cause, and all others go on."""

from datetime import UTC, datetime, timedelta

import pytest

from penstock.db.transaction import OPERATOR
from penstock.kernel.errors import Unavailable
from penstock.lifecycle.advance import create, move, new_ids
from penstock.tracking.escalate import exceptions, report
from penstock.worker.identity import Identity
from penstock.worker.loop import Worker
from penstock.worker.poison import halved
from penstock.worker.step import Due, Step

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
        await halved(take, 500, alone)
    assert asked == [500]
