"""Merge what waits: one lane a merchant, one batch of it in flight, the next forming behind it.

A batch is whatever came while the last one committed: alone when it is quiet, hundreds in a
flood, so the cost of a transaction is shared the more, the more come. Whoever was just answered
often asks again at once: so after a batch of many, the next one is waited for until as many are
there again, for a few milliseconds at most. What waits holds no connection, and what may wait in a
lane is bounded.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

import msgspec

from penstock.kernel.errors import Overloaded, Refusal
from penstock.orders.gradient import Gradient

T = TypeVar("T")
R = TypeVar("R")
Take = Callable[[int, Sequence[T]], Awaitable[Sequence[R]]]
"""Takes one merchant's things in one transaction: one answer each, in their order."""


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """How much is merged and how much may wait: things and bytes, a batch and a merchant.

    What waits does so beside what is in flight, which is `at_once` batches at most. `company_s` is
    how long a batch waits to become as large as the last one, in seconds.
    """

    batch_max: int = 1_000
    batch_max_bytes: int = 4 * 1024 * 1024
    waiting_max: int = 5_000
    all_waiting_least: int = 1_000
    all_waiting_max: int = 20_000
    at_once: int = 6
    company_s: float = 0.005


class _Entry(Generic[T, R]):
    """What one caller waits for."""

    __slots__ = ("answer", "things", "weight_bytes")

    def __init__(self, things: Sequence[T], weight_bytes: int) -> None:
        self.things = things
        self.weight_bytes = weight_bytes
        self.answer: asyncio.Future[Sequence[R]] = asyncio.get_running_loop().create_future()


class _Lane(Generic[T, R]):
    __slots__ = ("company", "entries", "expected", "waiting")

    def __init__(self) -> None:
        self.entries: deque[_Entry[T, R]] = deque()
        self.waiting = 0
        self.expected = 0
        self.company = asyncio.Event()

    async def wait_for_company(self, expected: int, company_s: float) -> None:
        """Wait until `expected` wait, or `company_s` at most; nobody waits for one."""
        if expected <= 1 or self.waiting >= expected:
            return
        self.expected = expected
        self.company.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(company_s):
                await self.company.wait()


class Lanes(Generic[T, R]):
    """Merges callers into batches; the order within a merchant is the order of arrival."""

    def __init__(self, take: Take[T, R], bounds: Bounds) -> None:
        """Start empty; `take` may be called for `bounds.at_once` merchants at a time."""
        self._take = take
        self._bounds = bounds
        self._lanes: dict[int, _Lane[T, R]] = {}
        self._turn = asyncio.Semaphore(bounds.at_once)
        self._running: set[asyncio.Task[None]] = set()
        self._limit = Gradient(
            min(bounds.all_waiting_least, bounds.all_waiting_max), bounds.all_waiting_max
        )
        self.waiting = 0

    @property
    def limit(self) -> int:
        """How many may wait now, of all merchants together."""
        return self._limit.limit

    async def submit(self, merchant_id: int, things: Sequence[T], weight_bytes: int) -> Sequence[R]:
        """Wait for a batch to take `things`; who gives up waiting leaves them in it.

        Raises:
            Overloaded: too much waits already, of this merchant or of all.
            Refusal, Exception: what taking them raised; nothing of them was taken.

        """
        bounds = self._bounds
        assert len(things) <= bounds.batch_max, "the caller cuts"
        lane = self._lanes.get(merchant_id)
        if self.waiting and self.waiting + len(things) > self._limit.limit:
            raise Overloaded("too many orders wait here; nothing was taken, try again")
        if lane and lane.waiting and lane.waiting + len(things) > bounds.waiting_max:
            raise Overloaded("too many of your orders wait here; nothing was taken, try again")
        entry: _Entry[T, R] = _Entry(things, weight_bytes)
        if lane is None:
            lane = self._lanes[merchant_id] = _Lane()
            task = asyncio.create_task(self._run(merchant_id, lane))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        lane.entries.append(entry)
        lane.waiting += len(things)
        self.waiting += len(things)
        if lane.waiting >= lane.expected:
            lane.company.set()
        return await entry.answer

    async def settle(self) -> None:
        """Wait until nothing waits."""
        while self._running:
            await asyncio.wait(self._running)

    async def _run(self, merchant_id: int, lane: _Lane[T, R]) -> None:
        while lane.entries:
            async with self._turn:
                batch = self._cut(lane)
                taken = sum(len(entry.things) for entry in batch)
                # What is in flight waits no more: a full batch of it must not keep out the next.
                lane.waiting -= taken
                self.waiting -= taken
                begun_s = time.monotonic()
                await self._answer(merchant_id, batch)
            self._limit.sample(time.monotonic() - begun_s, self.waiting)
            await lane.wait_for_company(taken, self._bounds.company_s)
        del self._lanes[merchant_id]

    def _cut(self, lane: _Lane[T, R]) -> list[_Entry[T, R]]:
        batch: list[_Entry[T, R]] = []
        count = weight_bytes = 0
        while lane.entries:
            entry = lane.entries[0]
            count += len(entry.things)
            weight_bytes += entry.weight_bytes
            if batch and (
                count > self._bounds.batch_max or weight_bytes > self._bounds.batch_max_bytes
            ):
                break
            batch.append(lane.entries.popleft())
        return batch

    async def _answer(self, merchant_id: int, batch: Sequence[_Entry[T, R]]) -> None:
        """Take a batch; where a bug breaks it, halve it until the poison is alone."""
        things = [thing for entry in batch for thing in entry.things]
        try:
            answers = await self._take(merchant_id, things)
        except Exception as error:  # noqa: BLE001  each caller gets it, at its own edge
            if isinstance(error, Refusal) or len(batch) == 1:
                _tell(batch, error)
                return
            half = len(batch) // 2
            await self._answer(merchant_id, batch[:half])
            await self._answer(merchant_id, batch[half:])
            return
        start = 0
        for entry in batch:
            end = start + len(entry.things)
            if not entry.answer.done():
                entry.answer.set_result(answers[start:end])
            start = end


def _tell(batch: Sequence[_Entry[T, R]], error: Exception) -> None:
    for entry in batch:
        if not entry.answer.done():
            entry.answer.set_exception(error)
