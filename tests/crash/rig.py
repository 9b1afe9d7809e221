"""Orders, and processes of every kind killed -9 meanwhile: is anything lost, doubled or oversold?

Runs inside a namespace of its own (`namespace.py`). API processes, a worker and clients are forks
of this process, so that a dead one is back in milliseconds; PostgreSQL is the embedded server. Who
dies when is drawn by seed. The last line printed is one JSON object.
"""

import argparse
import asyncio
import contextlib
import fcntl
import json
import os
import random
import signal
import socket
import statistics
import struct
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import uvicorn
from benchmarks.last_units import Buyer, open_shop, order_body
from checks import corrupt, journals, units_left, violations
from client import AT, Client, Journal

from penstock.app import asgi, clock_of, gateways_of, prepare, worker_of
from penstock.db.embedded import EmbeddedServer
from penstock.db.transaction import Database
from penstock.kernel.errors import Misconfigured, Unavailable
from penstock.settings import Settings
from penstock.worker.identity import Identity

WEIGHTS = {"client": 74, "api": 7, "worker": 5, "backend": 11, "postmaster": 3}
CLIENTS, APIS, PORT = 8, 2, 8075
CHECK_EVERY_S = 5.0


class Seat:
    """A place for one forked process, refilled when it dies."""

    def __init__(self, kind: str, run: Callable[[int], None]) -> None:
        self.kind, self._run, self.times, self.pid = kind, run, 0, 0
        self.failed = False

    def fill(self) -> None:
        """Start the process, if none sits here."""
        if self.pid:
            done, code = os.waitpid(self.pid, os.WNOHANG)
            if not done:
                return
            self.pid = 0
            if code == 0:
                return
            self.failed = True
        self.times += 1
        self.pid = os.fork()
        if not self.pid:
            self._become()

    def _become(self) -> None:
        code = 1
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            self._run(self.times)
            code = 0
        except BaseException as error:  # noqa: BLE001  a fork must never return
            sys.stderr.write(f"{self.kind}: {type(error).__name__}: {error}\n")
        finally:
            os._exit(code)

    def kill(self, number: signal.Signals = signal.SIGKILL) -> bool:
        """End the process, and bury it."""
        if not self.pid:
            return False
        os.kill(self.pid, number)
        os.waitpid(self.pid, 0)
        self.pid = 0
        return True


class Rig:
    """The processes, the server, and what has been done to them."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.chance = folder, random.Random(seed)
        self.server = EmbeddedServer(folder / "data")
        self.server.start()
        self.url = self.server.url()
        asyncio.run(prepare(self.url))
        self.stock = {"HOT": 400, "COLD": 500, "WARM": 1_000_000}
        shop = asyncio.run(open_shop(self.url, "shop", self.stock, datetime.now(UTC)))
        self.key, self.stop = shop.key, folder / "stop"
        self.settings = Settings(database_url=self.url, merchant_orders_per_s=1e6)
        self.app = asgi(self.settings)  # before the forks, which then start at once
        self.listening = socket.create_server(("127.0.0.1", PORT), backlog=512)
        self.api = [Seat("api", self._serve) for _ in range(APIS)]
        self.workers = [Seat("worker", self._work)]
        self.clients = [Seat("client", self._client(n, seed)) for n in range(CLIENTS)]
        self.kills: Counter[str] = Counter()
        self.ready_s: list[float] = []
        self.violations: list[str] = []
        self.checks = 0

    # What runs in the forks -----------------------------------------------------------------------

    def _serve(self, _: int) -> None:
        signal.signal(signal.SIGUSR1, _tell_tasks)
        config = uvicorn.Config(self.app, log_level="error", lifespan="on")
        uvicorn.Server(config).run(sockets=[self.listening])

    def _work(self, _: int) -> None:
        asyncio.run(self._works())

    async def _works(self) -> None:
        async with (
            await Database.open(self.url, connections_max=2) as database,
            Identity(self.url) as identity,
            gateways_of() as gateways,
        ):
            worker = worker_of(database, identity, gateways)
            await worker.serve(clock_of(self.settings), asyncio.Event())

    def _client(self, number: int, seed: int) -> Callable[[int], None]:
        def run(times: int) -> None:
            journal = Journal(self.folder / f"client-{number}")
            own = seed * 1_000_003 + number * 10_007 + times
            Client(journal, f"c{number}", PORT, self.key, own).run(self.stop)

        return run

    # Killing --------------------------------------------------------------------------------------

    def tend(self) -> None:
        """Refill what died; the server first."""
        if not self.server.alive():
            self.server.ensure()
        for seat in [*self.api, *self.workers, *self.clients]:
            if seat.kind != "client" or not self.stop.exists() or seat.pid:
                seat.fill()
            if seat.kind == "client" and seat.failed:
                self._ask_why()

    def _ask_why(self) -> None:
        """A client gave up: let API processes say what they wait for, and end the run."""
        for seat in self.api:
            if seat.pid:
                os.kill(seat.pid, signal.SIGUSR1)
        asyncio.run(_tell_sessions(self.url))
        time.sleep(2)
        raise AssertionError("a client had no answer for long, though it asked again and again")

    def kill(self) -> None:
        """Kill one process of a kind that is drawn."""
        (kind,) = self.chance.choices(list(WEIGHTS), list(WEIGHTS.values()))
        begun_s = time.monotonic()
        match kind:
            case "client" | "api" | "worker":
                seats = {"client": self.clients, "api": self.api, "worker": self.workers}[kind]
                done = self.chance.choice(seats).kill()
            case "backend":
                done = self._kill_backend()
            case _:
                pid = self.server.pid
                done = pid is not None
                if pid is not None:
                    os.kill(pid, signal.SIGKILL)
        self.kills[kind] += done
        if done and kind in {"backend", "postmaster"}:
            self._until_ready()
            self.ready_s.append(time.monotonic() - begun_s)
        self.tend()

    def _kill_backend(self) -> bool:
        backends = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                command = (process / "cmdline").read_bytes()
                if command.startswith(b"postgres: penstock"):
                    backends.append(int(process.name))
        with contextlib.suppress(ProcessLookupError, IndexError):
            os.kill(self.chance.choice(sorted(backends)), signal.SIGKILL)
            return True
        return False

    def _until_ready(self) -> None:
        """Wait until the server takes a connection again, started anew where it must be."""
        time.sleep(0.01)  # the postmaster hears of it by a signal
        while True:
            if not self.server.alive():
                self.server.ensure()
            with contextlib.suppress(OSError, asyncpg.PostgresError, TimeoutError):
                asyncio.run(_answers(self.url))
                return
            time.sleep(0.02)

    # The run --------------------------------------------------------------------------------------

    def check(self) -> None:
        """Hold everything against everything while the clients go on."""
        for again in range(3):
            try:
                self.violations += asyncio.run(violations(self.url, self.folder))
                break
            except (OSError, asyncpg.PostgresError, Misconfigured, Unavailable):
                assert again < 2, "the server does not answer though nobody kills it"
                self._until_ready()
        self.checks += 1

    def run(self, seconds: float, kills_per_s: float) -> None:
        """Kill for some time, with a check now and then."""
        begun_s = checked_s = time.monotonic()
        n = 0
        while (now_s := time.monotonic()) < begun_s + seconds:
            if now_s > checked_s + CHECK_EVERY_S:
                self.check()
                checked_s = time.monotonic()
            # A recovery or a check takes its time: what is missed then is caught up with.
            due_s = begun_s + n / kills_per_s
            if now_s < due_s:
                time.sleep(min(due_s - now_s, 0.2))
                self.tend()
                continue
            n += 1
            self.kill()

    def settle(self) -> None:
        """Let clients have all their answers, and end."""
        self.stop.touch()
        ends_s = time.monotonic() + 120
        while any(seat.pid for seat in self.clients):
            if time.monotonic() > ends_s:
                self._ask_why()
            self.tend()
            time.sleep(0.05)
        # One that was dead just then has not settled its journal.
        for number, _ in enumerate(self.clients):
            last = Seat("client", self._client(number, 0))
            last.fill()
            assert os.waitpid(last.pid, 0)[1] == 0, "a client could not settle its journal"

    def sell_out(self) -> None:
        """Buy what is left, so that nothing can hide."""
        time.sleep(1.1)  # what was found sold out is remembered for a second
        asyncio.run(self._sell_out())

    async def _sell_out(self) -> None:
        journal = Journal(self.folder / "client-last")
        journal.open()
        for sku in ("HOT", "COLD"):
            left = (await units_left(self.url))[sku]
            for name, units, hoped in (("rest", left, 201), ("none", 1, 409)):
                if units:
                    buyer, basket = Buyer(PORT, self.key), ((sku, units),)
                    await buyer.connect()
                    journal.write("order", f"{sku}-{name}", basket)
                    body = order_body(f"{sku}-{name}", basket, AT)
                    answer = await buyer.ask("POST", "/v1/orders", body)
                    entry = (answer.status, answer.order_id, answer.code)
                    journal.write("answer", f"{sku}-{name}", *entry)
                    if answer.status != hoped:
                        self.violations.append(f"sell-out of {units} {sku}: {entry}")

    def end(self) -> None:
        """End what was started."""
        for seat in [*self.clients, *self.api, *self.workers]:
            seat.kill()
        self.server.stop()


def _tell_tasks(*_: object) -> None:
    """Say what an API process waits for, where it answers nobody."""
    for task in asyncio.all_tasks():
        task.print_stack(file=sys.stderr)


async def _tell_sessions(url: str) -> None:
    """Say what the server's sessions wait for."""
    connection = await asyncpg.connect(url, timeout=10)
    for row in await connection.fetch(
        "SELECT pid, state, wait_event, left(query, 80), clock_timestamp() - state_change"
        " FROM pg_stat_activity WHERE backend_type = 'client backend'"
    ):
        sys.stderr.write(f"{tuple(row)}\n")
    await connection.close()


async def _answers(url: str) -> None:
    connection = await asyncpg.connect(url, timeout=2)
    try:
        await connection.fetchval("SELECT count(*) FROM orders.key")
    finally:
        await connection.close()


def figures(rig: Rig) -> dict[str, Any]:
    """Count by the clients' own journals what was sold, and compare it with what there was."""
    known = journals(rig.folder)
    sold: Counter[str] = Counter()
    for order in known.values():
        if order.status == 201 and order.cancel != "cancelled":
            for sku, units in order.basket:
                sold[sku] += units
    left = asyncio.run(units_left(rig.url))
    how, wrong = asyncio.run(corrupt(rig.url))
    differences = {sku: sold[sku] + left[sku] - units for sku, units in rig.stock.items()}
    return {
        "kills": sum(rig.kills.values()),
        "kills_by_kind": dict(rig.kills),
        "recoveries": len(rig.ready_s),
        "ready_s_max": round(max(rig.ready_s, default=0.0), 2),
        "ready_s_median": round(statistics.median(rig.ready_s or [0.0]), 2),
        "orders": len(known),
        "answered": sum(1 for order in known.values() if order.status),
        "accepted": sum(1 for order in known.values() if order.status == 201),
        "cancelled": sum(1 for order in known.values() if order.cancel == "cancelled"),
        "lost": sum(1 for said in rig.violations if "lost" in said),
        "doubled": sum(1 for said in rig.violations if "times" in said),
        "oversold": sum(max(0, units) for units in differences.values()),
        "undersold": sum(max(0, -units) for units in differences.values())
        + left["HOT"] + left["COLD"],
        "checks": rig.checks,
        "violations": len(rig.violations),
        "corrupt": len(wrong),
        "heap_and_indexes_by": how,
        "examples": sorted(set(rig.violations))[:10] + wrong[:5],
    }  # fmt: skip


def bring_up_loopback() -> None:
    """A new network namespace has its loopback down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh", b"lo", 0x1 | 0x40)  # IFF_UP, IFF_RUNNING
        fcntl.ioctl(any_socket, 0x8914, request)  # SIOCSIFFLAGS


def main() -> int:
    """Run; 1 if anything does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--kills-per-s", type=float, default=6.0)
    parser.add_argument("--seed", type=int, default=20261111)
    asked = parser.parse_args()
    bring_up_loopback()
    with tempfile.TemporaryDirectory(prefix="crash-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)  # the server's own account must get to its data
        rig = Rig(folder, asked.seed)
        begun_s = time.monotonic()
        rig.tend()
        try:
            rig.run(asked.seconds, asked.kills_per_s)
            rig.settle()
            rig.sell_out()
            rig.check()
            found = {"seed": asked.seed, "seconds": round(time.monotonic() - begun_s, 1)}
            found |= figures(rig)
        finally:
            rig.end()
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
