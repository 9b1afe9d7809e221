"""A load generator that costs little beside what it loads: raw HTTP/1.1 over kept connections."""

import asyncio
import os
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, cast

import msgspec

_TICKS = os.sysconf("SC_CLK_TCK")


class Answer(NamedTuple):
    """An answer: its status, when it came, and seconds since its request was really sent."""

    status: int
    at_s: float
    took_s: float


class Sent(msgspec.Struct):
    """What came back: answers by status, and seconds from when each was due to its answer."""

    statuses: Counter[int] = msgspec.field(default_factory=Counter)
    took_s: list[float] = msgspec.field(default_factory=list)
    answers: list[Answer] = msgspec.field(default_factory=list)
    seconds: float = 0.0
    unsent: int = 0

    def take(self, status: int, due_s: float, sent_s: float) -> float:
        """Note an answer that came now; return the time."""
        now_s = time.perf_counter()
        self.statuses[status] += 1
        self.took_s.append(now_s - due_s)
        self.answers.append(Answer(status, now_s, now_s - sent_s))
        return now_s

    def quantile_ms(self, share: float) -> float:
        """Return the time within which that share of the answers came."""
        ordered = sorted(self.took_s)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class _Connection(asyncio.Protocol):
    """One kept connection with one request in flight."""

    def __init__(self, told: Callable[["_Connection", int, float, float], None]) -> None:
        self._told = told
        self._buffer = b""
        self._due_s = 0.0
        self._sent_s = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own is of no such class

    def send(self, request: bytes, due_s: float) -> None:
        assert self._transport is not None
        self._due_s = due_s
        self._sent_s = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data if self._buffer else data
        head = buffer.find(b"\r\n\r\n")
        if head < 0:
            self._buffer = buffer
            return
        at = buffer.find(b"content-length: ", 0, head) + 16
        end = head + 4 + int(buffer[at : buffer.find(b"\r", at)])
        if len(buffer) < end:
            self._buffer = buffer
            return
        self._buffer = b""
        self._told(self, int(buffer[9:12]), self._due_s, self._sent_s)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


async def closed_loop(
    ports: list[int], connections: int, requests: Iterator[bytes], seconds: float
) -> Sent:
    """Keep every connection busy for a time: as much as can be served."""
    sent = Sent()
    loop = asyncio.get_running_loop()
    ends_s = time.perf_counter() + seconds
    open_connections = connections
    done = loop.create_future()

    def told(connection: _Connection, status: int, due_s: float, sent_s: float) -> None:
        nonlocal open_connections
        now_s = sent.take(status, due_s, sent_s)
        request = next(requests, None) if now_s < ends_s else None
        if request is not None:
            connection.send(request, now_s)
            return
        connection.close()
        open_connections -= 1
        if not open_connections:
            done.set_result(None)

    pairs = [
        await loop.create_connection(lambda: _Connection(told), "127.0.0.1", ports[i % len(ports)])
        for i in range(connections)
    ]
    begun_s = time.perf_counter()
    ends_s = begun_s + seconds
    for _, connection in pairs:
        connection.send(next(requests), time.perf_counter())
    await done
    sent.seconds = time.perf_counter() - begun_s
    return sent


class _Open:
    """Connections that are free, and requests that are due and found none."""

    def __init__(self, requests: Iterator[bytes]) -> None:
        self._requests = requests
        self.sent = Sent()
        self.free: deque[_Connection] = deque()
        self.late: deque[float] = deque()
        self.in_flight = 0
        self.settled = asyncio.Event()

    def told(self, connection: _Connection, status: int, due_s: float, sent_s: float) -> None:
        self.sent.take(status, due_s, sent_s)
        self.in_flight -= 1
        self.free.append(connection)
        if self.late:
            self.ask(self.late.popleft())
        elif not self.in_flight:
            self.settled.set()

    def ask(self, due_s: float) -> None:
        if not self.free:
            self.late.append(due_s)
            return
        self.in_flight += 1
        self.settled.clear()
        self.free.popleft().send(next(self._requests), due_s)


async def open_loop(
    ports: list[int],
    connections: int,
    requests: Iterator[bytes],
    per_s: float,
    seconds: float,
    *,
    patient: bool = True,
) -> Sent:
    """Send at a rate whatever comes back; what finds no free connection waits, and that counts.

    Who is not `patient` drops at the end what still waits for a connection: `unsent`.
    """
    state = _Open(requests)
    loop = asyncio.get_running_loop()
    for i in range(connections):
        _, connection = await loop.create_connection(
            lambda: _Connection(state.told), "127.0.0.1", ports[i % len(ports)]
        )
        state.free.append(connection)
    begun_s = time.perf_counter()
    for n in range(int(per_s * seconds)):
        due_s = begun_s + n / per_s
        ahead_s = due_s - time.perf_counter()
        if ahead_s > 0.0005:
            await asyncio.sleep(ahead_s)
        elif n % 16 == 0:
            await asyncio.sleep(0)
        state.ask(due_s)
    if not patient:
        state.sent.unsent = len(state.late)
        state.late.clear()
    await state.settled.wait()
    state.sent.seconds = time.perf_counter() - begun_s
    for connection in state.free:
        connection.close()
    return state.sent


def http_post(path: str, key: str, body: bytes) -> bytes:
    """Return the bytes of one request."""
    return (
        f"POST {path} HTTP/1.1\r\nhost: penstock\r\nauthorization: Bearer {key}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    ).encode() + body


def cpu_s(root: int) -> float:
    """Return the CPU seconds of a process and of all below it, the ended ones included."""
    parents: dict[int, list[int]] = {}
    used: dict[int, float] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(") ")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(entry.name))
        used[int(entry.name)] = sum(map(int, fields[11:15])) / _TICKS
    total, queue = 0.0, [root]
    while queue:
        process = queue.pop()
        total += used.get(process, 0.0)
        queue += parents.get(process, [])
    return total


def rss_mib(process: int) -> float:
    """Return the resident memory of one process."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024 / 1024
