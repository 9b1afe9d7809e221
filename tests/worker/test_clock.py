"""T1: a process whose clock jumps does nothing until it agrees with the others again."""

import asyncio
import random
from datetime import UTC, datetime, timedelta

import pytest

from penstock.db.agree import require_agreement
from penstock.db.transaction import OPERATOR
from penstock.kernel.clock import SystemClock
from penstock.kernel.errors import Unavailable
from penstock.lifecycle.advance import create, move, new_ids
from penstock.worker.identity import Identity
from penstock.worker.loop import Worker
from penstock.worker.step import Due, Every, Step, Timed

JUMPS = [timedelta(hours=1), timedelta(hours=-1), timedelta(days=3_653), timedelta(days=-3_653)]
SEED = 20261111


class Jumping(SystemClock):
    """A machine's clock, and how far it is off."""

    off = timedelta(0)

    def now(self):
        return super().now() + self.off


class Agenda:
    """A step that ends what is due in half an hour, and a schedule of a tenth of a second."""

    def __init__(self):
        self.turns, self.expired = [], 0

    @property
    def journey(self):
        every = Every(timedelta(milliseconds=100))
        return [
            Step("expire", Due("return", "requested"), self.expire),
            Timed("count", every, self.count),
        ]

    async def expire(self, tx, subjects, now):
        self.expired += len(subjects)
        await move(tx, subjects, "rejected", now)

    async def count(self, tx, now):
        self.turns.append(now)
        return 0


async def due_later(database):
    async def work(tx):
        now = datetime.now(UTC)
        ids = await new_ids(tx, count=3, at=now)
        await create(
            tx, kind="return", merchant_ids=[1] * 3, subject_ids=ids, events=["requested"] * 3,
            due_at=[now + timedelta(minutes=30)] * 3, at=now,
        )  # fmt: skip

    await database.run(OPERATOR, work)


async def test_jumps_of_each_worker_end_nothing_early_and_run_nothing_twice(database, database_url):
    await due_later(database)
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    agenda, clocks, stop = Agenda(), [Jumping() for _ in range(3)], asyncio.Event()
    async with Identity(database_url) as identity:
        running = [
            asyncio.create_task(
                Worker(database, identity, agenda.journey, {}).serve(clock, stop, idle_s=0.01)
            )
            for clock in clocks
        ]
        for _ in range(20):
            chance.choice(clocks).off = chance.choice([*JUMPS, timedelta(0), timedelta(0)])
            await asyncio.sleep(0.05)
        stop.set()
        await asyncio.gather(*running)
    grid = [at.timestamp() // 0.1 for at in agenda.turns]
    assert grid == sorted(set(grid)), "a turn of a schedule ran twice, or out of order"
    assert agenda.turns, "those whose clocks were right went on"
    assert agenda.expired == 0
    wrong = [at for at in agenda.turns if abs(at - datetime.now(UTC)) > timedelta(minutes=5)]
    assert wrong == []


@pytest.mark.parametrize("jump", JUMPS)
async def test_who_is_astray_is_told_how_far(database, jump):
    clock = Jumping()
    await require_agreement(database, clock)
    clock.off = jump
    with pytest.raises(Unavailable, match=r"this machine's clock is \d+ s (ahead|behind)"):
        await require_agreement(database, clock)
