"""A worker runs what has something to do, and nothing else."""

from datetime import UTC, datetime, timedelta

from penstock.db.transaction import OPERATOR
from penstock.lifecycle.advance import create, move, new_ids
from penstock.worker.identity import Identity
from penstock.worker.loop import Worker
from penstock.worker.step import Due, Every, Step, Timed

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def recording(ran):
    """A journey of two steps and a timed one, each of which writes its name into `ran`."""

    async def approve(tx, subjects, now):
        ran.append("approve")
        await move(tx, subjects, "approved", now)

    async def settle(tx, subjects, now):
        ran.append("settle")

    async def count(tx, now):
        ran.append("count")
        return 0

    return [
        Step("approve", Due("return", "requested"), approve, batch=2),
        Step("settle", Due("return", "graded"), settle),
        Timed("count", Every(timedelta(hours=1)), count),
    ]


async def returns(database, number, due_at):
    async def work(tx):
        ids = await new_ids(tx, count=number, at=NOW)
        await create(
            tx,
            kind="return",
            merchant_ids=[1] * number,
            subject_ids=ids,
            events=["requested"] * number,
            due_at=[due_at] * number,
            at=NOW,
        )

    await database.run(OPERATOR, work)


async def test_only_what_is_due_runs(database, database_url):
    await returns(database, 3, NOW)
    await returns(database, 1, NOW + timedelta(minutes=10))
    ran = []
    async with Identity(database_url) as identity:
        worker = Worker(database, identity, recording(ran), {})
        assert await worker.drain(NOW) == 3
        assert ran == ["approve", "count", "approve"]
        ran.clear()
        assert await worker.drain(NOW + timedelta(minutes=9)) == 0
        assert ran == []
        assert await worker.drain(NOW + timedelta(minutes=10)) == 1
        assert ran == ["approve"]
        ran.clear()
        await worker.drain(NOW + timedelta(hours=1))
        assert ran == ["count"]
