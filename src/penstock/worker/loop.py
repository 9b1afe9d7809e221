"""The worker: look at what is due, do it, look again."""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from penstock.db.agree import require_agreement
from penstock.db.query import query
from penstock.db.transaction import OPERATOR, Database, Transaction
from penstock.gateways.port import Gateways
from penstock.kernel.clock import Clock
from penstock.kernel.errors import Unavailable
from penstock.lifecycle.advance import Subject
from penstock.lifecycle.claim import claim, put_off
from penstock.worker.broken import step_broke
from penstock.worker.call import Pause, run_call
from penstock.worker.identity import Identity
from penstock.worker.poison import Report, halved, said, set_aside
from penstock.worker.step import Call, Every, Step, Timed, Work

log = logging.getLogger(__name__)
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_BROKEN_AGAIN = timedelta(hours=1)


@query
async def due(
    tx: Transaction,
    *,
    steps: list[str],
    kinds: list[str],
    statuses: list[str],
    timed: list[str],
    now: datetime,
) -> list[str]:
    """Name the steps that have something to do.

    A subject of their kind and status is due, their time has come (a new timed step's has), or
    they have intents to ask after.
    """


@query
async def schedule(tx: Transaction, *, step: str, now: datetime, next_at: datetime) -> str | None:
    """Take one turn of a timed step, unless another worker has taken it."""


class Worker:
    """Runs a journey; any number of workers may run the same one on one database."""

    def __init__(
        self,
        database: Database,
        identity: Identity,
        journey: Sequence[Work],
        gateways: Gateways,
        *,
        pause: Pause = lambda _: None,
        report: Report | None = None,
    ) -> None:
        """Take what `app.py` has composed.

        With `report` a subject that breaks a step by a bug is set aside and reported, and a timed
        step that breaks waits for a while; without, as where nobody reads the list, the bug is
        raised.
        """
        self._report = report
        self._database = database
        self._identity = identity
        self._journey = journey
        self._gateways = gateways
        self._pause = pause

    async def drain(self, now: datetime) -> int:
        """Work until nothing is due at `now`; return how many things were done."""
        total = 0
        while done := await self.turn(now):
            total += done
        return total

    async def turn(self, now: datetime) -> int:
        """Run every step that has something to do at `now` once, in the journey's order.

        Calls that go on beside the steps before them do; what comes after waits for all of these.
        """
        names = await self._database.run(OPERATOR, lambda tx: self._look(tx, now), by_key=True)
        due = [work for work in self._journey if work.name in names]
        apart = [at for at, work in enumerate(due) if isinstance(work, Call) and work.beside]
        if not apart:
            return await self._run(due, now)
        first, last = due[: apart[-1]], due[apart[-1] + 1 :]
        along = [work for at, work in enumerate(first) if at not in apart]
        done = await _together(self._run(along, now), self._run([due[at] for at in apart], now))
        return done + await self._run(last, now)

    async def _run(self, works: Sequence[Work], now: datetime) -> int:
        done = 0
        for work in works:
            match work:
                case Step():
                    done += await self._step(work, now)
                case Timed():
                    done += await self._timed(work, now)
                case Call():
                    worker_id = await self._identity.claim()
                    done += await run_call(
                        self._database, self._gateways, work, worker_id, now, self._pause,
                        self._report,
                    )  # fmt: skip
        return done

    async def _look(self, tx: Transaction, now: datetime) -> set[str]:
        waiting = [work for work in self._journey if not isinstance(work, Timed)]
        names = await due(
            tx,
            steps=[work.name for work in waiting],
            kinds=[work.when.kind for work in waiting],
            statuses=[work.when.status for work in waiting],
            timed=[work.name for work in self._journey if isinstance(work, Timed)],
            now=now,
        )
        return set(names)

    async def _step(self, step: Step, now: datetime) -> int:
        claimed: list[Subject] = []

        async def take(size: int) -> int:
            async def work(tx: Transaction) -> int:
                claimed.clear()
                claimed.extend(
                    await claim(
                        tx, kind=step.when.kind, status=step.when.status, now=now, batch=size
                    )
                )
                if claimed:
                    await step.do(tx, claimed, now)
                    await put_off(tx, claimed, step.when.status, now)
                return len(claimed)

            return await self._database.run(OPERATOR, work)

        report = self._report
        if report is None:
            return await take(step.batch)
        return await halved(
            take,
            step.batch,
            claimed,
            lambda error: set_aside(
                self._database, report, step.name, step.when.status, list(claimed), error, now
            ),
        )

    async def _timed(self, step: Timed, now: datetime) -> int:
        async def work(tx: Transaction) -> int:
            turn = await schedule(tx, step=step.name, now=now, next_at=_next(step.when, now))
            return -1 if turn is None else await step.do(tx, now)

        try:
            done = total = await self._database.run(OPERATOR, work)
            while done >= step.batch:
                done = await self._database.run(OPERATOR, lambda tx: step.do(tx, now))
                total += done
        except Unavailable:
            raise
        except Exception as error:  # whatever a bug in the step raises
            if self._report is None:
                raise
            log.exception("step %s broke", step.name)
            again_at = min(_next(step.when, now), now + _BROKEN_AGAIN)
            told = said(error)
            await self._database.run(
                OPERATOR,
                lambda tx: step_broke(tx, step=step.name, now=now, next_at=again_at, because=told),
            )
            return 0
        return max(total, 0)

    async def serve(self, clock: Clock, stop: asyncio.Event, *, idle_s: float = 0.2) -> None:
        """Work as time goes by until `stop`; what the database cannot serve now is tried later.

        While this machine's clock is astray nothing is done.
        """
        while not stop.is_set():
            try:
                await require_agreement(self._database, clock)
                if await self.turn(clock.now()):
                    continue
            except Unavailable as refusal:
                log.warning("worker waits: %s", refusal)
            try:
                await asyncio.wait_for(stop.wait(), idle_s)
            except TimeoutError:
                continue


async def _together(*runs: Coroutine[Any, Any, int]) -> int:
    """Let all come to their end, whatever becomes of the others; return what they did together."""
    ended = await asyncio.gather(*runs, return_exceptions=True)
    for trouble in ended:
        if isinstance(trouble, BaseException):
            raise trouble
    return sum(done for done in ended if isinstance(done, int))


def _next(every: Every, now: datetime) -> datetime:
    """Return the next point of the interval's grid, which is the same for every worker."""
    turns = (now - _EPOCH) // every.interval
    return _EPOCH + (turns + 1) * every.interval
