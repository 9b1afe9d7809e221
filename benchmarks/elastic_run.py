"""One run of the benchmark `elastic`: a world, a slow carrier, `penstock up`, and who acts."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from http import HTTPStatus
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from penstock.app import prepare
from penstock.db.create import create_database
from penstock.db.transaction import OPERATOR, Database
from penstock.simulation.books import Books
from penstock.simulation.chance import Chance
from penstock.simulation.client import Client, Interrupted
from penstock.simulation.line import Line
from penstock.simulation.scenario import Carrier, Lane, Node, Scenario, Seller, Sku
from penstock.simulation.stage import serving
from penstock.simulation.vendor_app import VendorApp
from penstock.simulation.vendors import Vendors
from penstock.simulation.world import Keys, build

CALM_PER_S = 0.5
STEP = 100
ANSWER_S, LABEL_S = 0.1, 0.04
WORKERS_MAX = 6
STREAM = "step"
LOOK = """
    SELECT coalesce(extract(epoch FROM $1 - min(since_at)), 0)::float8, count(*),
        (SELECT count(*) FROM worker.worker WHERE seen_at > $1 - interval '20 seconds'),
        (SELECT count(*) FROM lifecycle.subject
            WHERE kind = 'parcel' AND status IN ('labelled', 'manifested'))
    FROM lifecycle.subject
    WHERE (kind, status) IN (('fulfilment_order', 'open'), ('parcel', 'awaiting_label'))
"""


class Times(msgspec.Struct, frozen=True):
    """Seconds of calm before the step, of the step, and at most until everything is labelled."""

    calm_s: float
    step_s: float
    end_s: float


class Sample(msgspec.Struct, frozen=True):
    """A look: seconds since the step began, and what was found."""

    at_s: float
    oldest_s: float
    waiting: int
    workers: int
    labelled: int


def placed(times: Times) -> int:
    """Orders of the calm before and of the step."""
    return round(CALM_PER_S * (times.calm_s + STEP * times.step_s))


class Calm(Chance):
    """Nothing goes wrong: what is measured is speed."""

    def happens(self, probability: float, *name: object) -> bool:  # noqa: ARG002  Chance's
        """Say no."""
        return False


class SlowVendors:
    """Vendors who take their time for each item, and serve any number of requests at once."""

    def __init__(self, app: VendorApp) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request, when its time has come."""
        parts = [await receive()]
        while parts[-1].get("more_body"):
            parts.append(await receive())
        items = msgspec.json.decode(
            b"".join(part["body"] for part in parts), type=list[msgspec.Raw]
        )
        await asyncio.sleep(ANSWER_S + LABEL_S * len(items))
        replay = iter(parts)

        async def again() -> Any:
            return next(replay)

        await self._app(scope, again, send)


class Run:
    """One run: a world, a slow carrier, `penstock up`, a channel, a floor, and one who looks."""

    def __init__(
        self, url: str, name: str, seed: int, times: Times, workers: str, *, scheduled: bool
    ) -> None:
        self._admin, self._name, self._seed = url, name, seed
        self._times, self._workers, self._scheduled = times, workers, scheduled
        self._begins = datetime.now(UTC)
        self._line = Line()

    async def play(self) -> list[Sample]:
        """Set all up, let it run, and return what was seen."""
        chance = Calm(self._seed)
        with tempfile.TemporaryDirectory() as folder:
            books = Books(Path(folder) / "books.sqlite")
            url = await create_database(self._admin, self._name, fresh=True)
            await prepare(url)
            self._begins = datetime.now(UTC) + timedelta(seconds=self._times.calm_s + 5)
            scenario = self._scenario()
            vendors = SlowVendors(VendorApp(books, Vendors(scenario, chance), chance))
            async with serving(vendors) as endpoint:
                async with await Database.open(url, connections_max=1) as database:
                    keys = await database.run(
                        OPERATOR, lambda tx: build(tx, scenario, chance, endpoint)
                    )
                async with self._penstock(url):
                    return await self._act(url, keys)

    async def _act(self, url: str, keys: Keys) -> list[Sample]:
        """Let everybody act until all is labelled, or it takes too long."""
        self._begins = datetime.now(UTC) + timedelta(seconds=self._times.calm_s)
        around = [
            asyncio.create_task(self._orders(Client(self._line, keys.merchants["shop"]))),
            asyncio.create_task(self._floor(url, keys)),
        ]
        samples: list[Sample] = []
        connection = await asyncpg.connect(url)
        try:
            while not samples or not self._over(samples[-1]):
                now = datetime.now(UTC)
                row = await connection.fetchrow(LOOK, now)
                samples.append(Sample((now - self._begins).total_seconds(), *row))
                for task in around:
                    if task.done():
                        task.result()
                await asyncio.sleep(0.5)
        finally:
            for task in around:
                task.cancel()
            await asyncio.gather(*around, return_exceptions=True)
            await connection.close()
        return samples

    def _over(self, last: Sample) -> bool:
        return last.labelled >= placed(self._times) or last.at_s > self._times.end_s

    async def _orders(self, channel: Client) -> None:
        """Send the orders of each half second; how many is a matter of time, not of answers."""
        sent, orders = 0, placed(self._times)
        while sent < orders:
            at_s = (datetime.now(UTC) - self._begins).total_seconds()
            due = CALM_PER_S * (min(at_s, 0) + self._times.calm_s + STEP * max(at_s, 0))
            lines = [self._order(n) for n in range(sent, min(orders, int(due)))]
            if lines:
                answer = await channel.post("/v1/orders:batch", b"\n".join(lines), dict)
                refused = {a["outcome"] for a in answer["answers"]} - {"accepted"}
                assert not refused, f"orders were refused: {refused}"
                sent += len(lines)
            await asyncio.sleep(0.5)

    def _order(self, number: int) -> bytes:
        at = datetime.now(UTC)
        order = {
            "channel": "tiktok_shop", "channel_order_id": f"S-{number:06}", "currency": "USD",
            "ordered_at": at, "paid_at": at, "stream": STREAM if self._scheduled else "",
            "ship_to": {"name": "Ada", "line1": "1 High Street", "city": "Austin", "region": "TX",
                        "postal_code": "78701", "country": "US"},
            "lines": [{"sku": "LAMP", "quantity": 1, "unit_price_minor": 1999}],
        }  # fmt: skip
        return msgspec.json.encode(order)

    async def _floor(self, url: str, keys: Keys) -> None:
        """Pick and pack at once what has been released; have it released each second."""
        client = Client(self._line, keys.floors["hub"])
        path, pickers = f"/v1/nodes/{keys.nodes['hub']}", [f"p{n}" for n in range(40)]
        connection = await asyncpg.connect(url)
        try:
            while True:
                await connection.execute(
                    "UPDATE worker.schedule SET next_at = '-infinity' WHERE step = 'release'"
                )
                with suppress(Interrupted):
                    await self._pick_and_pack(client, path, pickers)
                await asyncio.sleep(0.5)
        finally:
            await connection.close()

    async def _pick_and_pack(self, client: Client, path: str, pickers: list[str]) -> None:
        batches = await client.post(f"{path}/picks:next", {"pickers": pickers}, list[dict])
        if batches:
            told = [
                {"batch_id": b["batch_id"], "picker": b["picker"], "complete": True}
                for b in batches
            ]
            await client.post(f"{path}/picks:confirm", {"confirmations": told}, list)
        work = await client.get(f"{path}/work?limit=1000", dict)
        packs = [
            {
                "merchant_id": order["merchant_id"],
                "fulfilment_order_id": order["fulfilment_order_id"],
                "packer": "bench",
            }
            for order in work["to_pack"]
        ]
        if packs:
            await client.post(f"{path}/packs", {"packs": packs}, list)

    @asynccontextmanager
    async def _penstock(self, url: str) -> AsyncIterator[None]:
        """Run `penstock up` as a user does."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [sys.executable, "-m", "penstock", "up", "--port", str(port)]
        command += ["--workers", self._workers, "--max", str(WORKERS_MAX), "--tethered"]
        process = subprocess.Popen(  # noqa: ASYNC220  starting does not block
            command,
            env=os.environ | {"PENSTOCK_DATABASE_URL": url},
            stdin=subprocess.PIPE,
            stdout=sys.stderr,
        )
        self._line.port = port
        try:
            until = time.monotonic() + 60
            while time.monotonic() < until:
                with suppress(OSError, EOFError):
                    status, _ = await self._line.request("GET", "/health")
                    if status == HTTPStatus.OK:
                        break
                await asyncio.sleep(0.2)
            yield
        finally:
            await self._line.close()
            process.send_signal(signal.SIGINT)
            await asyncio.to_thread(process.wait)

    def _scenario(self) -> Scenario:
        """One merchant, one article, one node that never closes, one carrier."""
        units = 2 * placed(self._times)
        begins, step_s = self._begins, self._times.step_s
        return Scenario(
            title="A step of orders", stream=STREAM,
            sets_up_at=datetime.now(UTC) - timedelta(hours=1),
            starts_at=begins, explodes_at=begins, ends_at=begins + timedelta(seconds=step_s + 60),
            curtain_at=begins + timedelta(days=1),
            calm_per_s=CALM_PER_S, peak_per_s=STEP * CALM_PER_S, decay_s=1, after_per_s=CALM_PER_S,
            nodes=(
                Node(code="hub", title="Hub", country="US", zone="UTC",
                     cut_off=time_of_day(23, 59), orders_per_hour=1_000_000, pickers=40,
                     opens=time_of_day(0), closes=time_of_day(23, 59)),
            ),
            vendors=(
                Carrier(vendor="swift", title="Swift", role="carrier", vocabulary="swift",
                        zone="UTC"),
            ),
            lanes=(Lane("swift", "hub", "US", "ground", 690, 1490, "USD", 3, 1_000_000),),
            sellers=(
                Seller(
                    code="shop", title="Shop", country="US", origin="US", nodes=("hub",),
                    markets={"US": ("USD", "tiktok_us_regular", 1.0)}, daily_cap=1_000_000,
                    hold=timedelta(0), demand_share=1.0,
                    skus=(
                        Sku(code="LAMP", title="Lamp", hs6="940521", weight_g=400,
                            size_mm=(120, 80, 60), price_minor={"USD": 1999}, weight=1.0,
                            units={"hub": units},
                            ring_fenced=placed(self._times) if self._scheduled else 0),
                    ),
                ),
            ),
        )  # fmt: skip
