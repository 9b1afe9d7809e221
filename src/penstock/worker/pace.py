"""How fast workers are: each says how long it was busy, and one of them counts what was moved.

Throughput alone tells no capacity: workers that idle half the time move half of what they could.
So what was moved is held against the time in which workers were busy moving it.
"""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

import msgspec

from penstock.db.query import query
from penstock.db.transaction import OPERATOR, Database, Transaction
from penstock.gateways.port import Gateways
from penstock.kernel.clock import Clock
from penstock.kernel.errors import Unavailable
from penstock.lifecycle.states import BORN, TRANSITIONS
from penstock.worker.identity import Identity
from penstock.worker.loop import Worker, schedule
from penstock.worker.poison import Report
from penstock.worker.step import Work

REPORTED_EVERY_S = 5.0
COUNTED_EVERY = timedelta(seconds=5)
ALIVE_FOR = timedelta(seconds=20)
"""A worker that was not heard of for so long is not counted on any more."""
_STALE = timedelta(minutes=5)
"""After a longer pause counting begins anew: what came in between says nothing of today's pace."""

Worked = Sequence[tuple[str, str]]
"""Kind and status of each step that takes from a queue."""


@query
async def report_worker(
    tx: Transaction, *, worker_id: int, busy_s: float, seen_at: datetime
) -> None:
    """Say that a worker lives, and how many seconds it was busy since it started."""


@query
async def count_pace(
    tx: Transaction,
    *,
    topics: list[str],
    receives: list[bool],
    arrives: list[bool],
    moves: list[bool],
    now: datetime,
    stale_at: datetime,
) -> None:
    """Count what happened since the last count, and the busy seconds that nobody counted yet."""


async def count(tx: Transaction, worked: Worked, now: datetime) -> bool:
    """Count, if it is time and no other worker does; tell whether it was done."""
    if await schedule(tx, step="count", now=now, next_at=now + COUNTED_EVERY) is None:
        return False
    topics = counted_topics(worked)
    await count_pace(
        tx,
        topics=[t.topic for t in topics],
        receives=[t.receives for t in topics],
        arrives=[t.arrives for t in topics],
        moves=[t.moves for t in topics],
        now=now,
        stale_at=now - _STALE,
    )
    return True


class Topic(msgspec.Struct, frozen=True):
    """What an event in the outbox means for workers."""

    topic: str
    receives: bool
    arrives: bool
    moves: bool


def counted_topics(worked: Worked) -> list[Topic]:
    """Derive from the legal moves which events bring an order, bring work, or are work done."""
    queues = set(worked)
    born = "fulfilment_order"
    found: dict[str, Topic] = {}
    for t in TRANSITIONS:
        topic = f"{t.kind}.{t.event}"
        known = found.get(topic, Topic(topic, receives=False, arrives=False, moves=False))
        found[topic] = Topic(
            topic,
            receives=t.kind == born and t.from_status == BORN and t.event.startswith("received"),
            arrives=known.arrives or (t.kind, t.to_status) in queues,
            moves=known.moves or ((t.kind, t.from_status) in queues and t.event != "cancelled"),
        )
    return [t for t in found.values() if t.receives or t.arrives or t.moves]


class Stopwatch:
    """The seconds in which a worker was busy, the present turn included once it has lasted."""

    def __init__(self) -> None:
        self._spent_s = 0.0
        self._since: float | None = None

    def start(self) -> None:
        """Begin a turn."""
        self._since = time.monotonic()

    def stop(self, *, count: bool) -> None:
        """End the turn; one that found nothing to do is not counted."""
        if self._since is not None and count:
            self._spent_s += time.monotonic() - self._since
        self._since = None

    @property
    def busy_s(self) -> float:
        """Seconds so far; a turn that lasts longer than a look at an empty queue is under way."""
        under_way = 0.0 if self._since is None else time.monotonic() - self._since
        return self._spent_s + (under_way if under_way > 1.0 else 0.0)


class TimedWorker(Worker):
    """A worker whose turns are timed by its `stopwatch`."""

    def __init__(
        self,
        database: Database,
        identity: Identity,
        journey: Sequence[Work],
        gateways: Gateways,
        stopwatch: Stopwatch,
        *,
        report: Report | None = None,
    ) -> None:
        """Take what any worker takes, and the stopwatch."""
        super().__init__(database, identity, journey, gateways, report=report)
        self._stopwatch = stopwatch

    async def turn(self, now: datetime) -> int:
        """Run a turn as any worker does, and time it."""
        self._stopwatch.start()
        done = 0
        try:
            done = await super().turn(now)
        finally:
            self._stopwatch.stop(count=done > 0)
        return done


class Pace(msgspec.Struct, frozen=True):
    """What a worker's process tells of it, every few seconds and once more at its end."""

    database: Database
    worker_id: int
    stopwatch: Stopwatch
    worked: Worked
    clock: Clock

    async def tell(self, stop: asyncio.Event) -> None:
        """Tell until `stop`."""
        while not stop.is_set():
            await self._report(self.clock.now())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), REPORTED_EVERY_S)

    async def tell_end(self) -> None:
        """Tell what is left to tell, as one who is not seen any more."""
        await self._report(self.clock.now() - ALIVE_FOR)

    async def _report(self, at: datetime) -> None:
        report = partial(
            report_worker, worker_id=self.worker_id, busy_s=self.stopwatch.busy_s, seen_at=at
        )
        counting = partial(count, worked=self.worked, now=self.clock.now())
        with contextlib.suppress(Unavailable):  # the worker says so; a report needs no second word
            # Two transactions: who counts locks the reports of all, and must hold none meanwhile.
            await self.database.run(OPERATOR, report)
            await self.database.run(OPERATOR, counting)
