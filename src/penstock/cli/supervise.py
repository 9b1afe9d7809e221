"""A supervisor of processes: as many of each kind as are wanted, healed, and ended with it.

Each process has a *seat*, which starts it again when it dies and lets it finish when it is given
up. A process is tethered to its supervisor by a pipe on its standard input, so that it ends when
the supervisor does, even if that is killed.
"""

import asyncio
import contextlib
import os
import signal
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence

import msgspec

_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 30.0
_SETTLED_S = 60.0
"""Who has lived for so long and dies then is started again without a growing pause."""
_FINISH_S = 60.0
_STOP_S = 10.0

Say = Callable[[str], object]


class Kind(msgspec.Struct, frozen=True):
    """A kind of process: its command, and the descriptors that it inherits."""

    name: str
    command: tuple[str, ...]
    inherits: tuple[int, ...] = ()


class Seat:
    """A place for one process, which is kept filled until it is given up."""

    def __init__(self, kind: Kind, say: Say) -> None:
        """Prepare; `keep` fills it."""
        self.kind = kind
        self._say = say
        self._given_up = asyncio.Event()
        self._finish_s = _FINISH_S
        self._process: Process | None = None

    @property
    def pid(self) -> int | None:
        """The process that sits here now."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if self._process is not None and running else None

    def give_up(self, finish_s: float = _FINISH_S) -> None:
        """Let the process finish what it is at within `finish_s`; 0 ends it at once."""
        self._finish_s = finish_s
        self._given_up.set()
        if not finish_s:
            self._signal(signal.SIGKILL)

    async def keep(self) -> None:
        """Start the process, and again whenever it dies, until the seat is given up."""
        pause_s = _FIRST_PAUSE_S
        while not self._given_up.is_set():
            started = time.monotonic()
            try:
                code = str(await self._sit())
            except OSError as error:
                code = error.strerror or "cannot be started"
            if self._given_up.is_set():
                return
            if time.monotonic() - started > _SETTLED_S:
                pause_s = _FIRST_PAUSE_S
            self._say(f"{self.kind.name} ended ({code}); starting it again in {pause_s:.0f} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._given_up.wait(), pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    async def _sit(self) -> int:
        """Run one process to its end, whatever brings it; none is left when this is cancelled."""
        self._process = process = await asyncio.create_subprocess_exec(
            *self.kind.command,
            stdin=PIPE,
            pass_fds=self.kind.inherits,
            start_new_session=True,  # Ctrl-C goes to the supervisor, which ends it in order
        )
        ended = asyncio.create_task(process.wait())
        given_up = asyncio.create_task(self._given_up.wait())
        try:
            await asyncio.wait({ended, given_up}, return_when=asyncio.FIRST_COMPLETED)
            if not ended.done():
                self._signal(signal.SIGTERM)
                await asyncio.wait({ended}, timeout=self._finish_s)
            if not ended.done():
                self._say(f"{self.kind.name} {process.pid} does not finish; it is killed")
        finally:
            given_up.cancel()
            if process.returncode is None:
                self._signal(signal.SIGKILL)
            code = await ended
        return code

    def _signal(self, number: signal.Signals) -> None:
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)


class Supervisor:
    """Keeps as many processes of each kind as `scale` says, until `stop`."""

    def __init__(self, kinds: Sequence[Kind], say: Say) -> None:
        """Begin with none; `say` is told each change in one line."""
        self._kinds = {kind.name: kind for kind in kinds}
        self._say = say
        self._seats: dict[str, list[Seat]] = {kind.name: [] for kind in kinds}
        self._tasks: set[asyncio.Task[None]] = set()
        self._leaving: set[Seat] = set()
        self._stopped = asyncio.Event()

    def count(self, name: str) -> int:
        """Return how many processes of a kind are wanted now."""
        return len(self._seats[name])

    def pids(self, name: str) -> list[int]:
        """Return the processes of a kind that run and have not been given up."""
        return [seat.pid for seat in self._seats[name] if seat.pid is not None]

    def scale(self, name: str, wanted: int, because: str = "") -> None:
        """Start or retire processes of a kind until `wanted` are left; the newest go first.

        It returns at once: who goes finishes its unit of work, who comes takes a moment to start.
        """
        seats, kind = self._seats[name], self._kinds[name]
        if self._stopped.is_set() or wanted == len(seats):
            return
        if because:
            self._say(f"{name}: {len(seats)} → {wanted}, {because}")
        while len(seats) < wanted:
            seat = Seat(kind, self._say)
            seats.append(seat)
            task = asyncio.create_task(seat.keep())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        while len(seats) > wanted:
            seat = seats.pop()
            self._leaving.add(seat)
            seat.give_up()

    @property
    def stopping(self) -> bool:
        """Whether all processes are being ended."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """End all processes in order; asked a second time, at once."""
        finish_s = 0.0 if self._stopped.is_set() else _STOP_S
        self._stopped.set()
        for seat in [*self._leaving, *(s for seats in self._seats.values() for s in seats)]:
            seat.give_up(finish_s)

    async def run(self) -> None:
        """Supervise until `stop`, and return when nothing runs any more."""
        try:
            await self._stopped.wait()
            await asyncio.gather(*self._tasks)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
