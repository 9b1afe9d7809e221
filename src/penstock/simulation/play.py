"""The play: everybody acts, the workers work, the auditor looks, tick by tick in virtual time.

A tick has phases, and how far the play has come is on disk after each, so a play that is killed
goes on where it was. Whatever it repeats then is idempotent, so it ends as if nothing had happened.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from penstock.kernel.clock import VirtualClock
from penstock.simulation.auditor import Auditor
from penstock.simulation.floor import Floor
from penstock.simulation.healing import Heal, healing
from penstock.simulation.outside import Outside
from penstock.simulation.position import PHASES, Phase, Position, write_position
from penstock.simulation.scenario import Scenario
from penstock.simulation.ticks import acting, hourly, telling, ticks
from penstock.worker.loop import Worker

Watch = Callable[[datetime, float], Awaitable[None]]
"""Told the virtual time and the share of the play that is done, after each tick."""


class Cast(msgspec.Struct, frozen=True):
    """All who act; `watcher` is a worker that only looks after deadlines."""

    outside: Outside
    floors: Sequence[Floor]
    worker: Worker
    watcher: Worker
    observer: Worker
    auditor: Auditor


class Beside:
    """The one thing that goes on beside the play: the observer, one tick behind."""

    def __init__(self) -> None:
        """Start with nothing going on."""
        self._task: asyncio.Task[int] | None = None

    async def follow(self, worker: Worker, now: datetime) -> None:
        """Let `worker` do what is due at `now`, once what it had to do before is done."""
        await self.settle()
        self._task = asyncio.create_task(worker.drain(now))

    async def settle(self) -> None:
        """Wait until nothing goes on."""
        task, self._task = self._task, None
        if task is not None:
            await task


async def play(
    scenario: Scenario,
    cast: Cast,
    clock: VirtualClock,
    position: Position,
    path: Path,
    heal: Heal,
    watch: Watch,
) -> Position:
    """Play from `position` to the curtain; return the last position.

    Raises:
        Unavailable: what broke could not be healed.

    """
    moments = ticks(scenario)
    beside = Beside()
    begun = time.monotonic()
    for tick in range(position.tick, len(moments)):
        before = moments[tick - 1] if tick else scenario.starts_at
        now = moments[tick]
        clock.set(now)
        for phase in PHASES[PHASES.index(position.phase) :]:
            await healing(partial(_act, scenario, cast, beside, phase, before, now), heal)
            position = _after(position, tick, phase, position.spent_s + time.monotonic() - begun)
            begun = time.monotonic()
            write_position(path, position)
        await watch(now, (tick + 1) / len(moments))
    await healing(partial(_end, cast, beside, moments[-1]), heal)
    position = msgspec.structs.replace(position, finished=True)
    write_position(path, position)
    return position


async def _act(
    scenario: Scenario, cast: Cast, beside: Beside, phase: Phase, before: datetime, now: datetime
) -> None:
    match phase:
        case "people":
            floors = cast.floors if acting(scenario, before, now) else ()
            await _all(cast.outside.act(before, now), *(floor.act(now) for floor in floors))
        case "worker":
            await (cast.worker if acting(scenario, before, now) else cast.watcher).drain(now)
            if telling(scenario, before, now):
                await beside.follow(cast.observer, now)
        case "audit":
            if hourly(before, now):
                await cast.auditor.begin(now)


async def _all(*acts: Coroutine[Any, Any, None]) -> None:
    """Let them act at the same time, each to its end; none touches what another works on."""
    ended = await asyncio.gather(*acts, return_exceptions=True)
    for trouble in ended:
        if trouble is not None:
            raise trouble


async def _end(cast: Cast, beside: Beside, now: datetime) -> None:
    """Let everybody finish, and look once more when nothing moves."""
    await beside.settle()
    await cast.observer.drain(now)
    await cast.auditor.begin(now)
    await cast.auditor.settle()


def _after(position: Position, tick: int, phase: Phase, spent_s: float) -> Position:
    done = PHASES.index(phase) + 1
    if done == len(PHASES):
        return msgspec.structs.replace(position, tick=tick + 1, phase=PHASES[0], spent_s=spent_s)
    return msgspec.structs.replace(position, tick=tick, phase=PHASES[done], spent_s=spent_s)
