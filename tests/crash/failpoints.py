"""Die at every named point around commit, outbox, vendor call and acknowledgement, then go on.

One process a life: it is forked, told where to die (`os._exit` at the n-th point of a name), and
the next life does what is left. The vendors are the simulation's, over their own wire format, and
their books tell how often each effect was asked for. The last line printed is one JSON object.
"""

import argparse
import asyncio
import itertools
import json
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec
from benchmarks.last_units import open_shop

from penstock import lending
from penstock.app import prepare
from penstock.channels.order import Address, NewLine, NewOrder
from penstock.db.create import create_database
from penstock.db.relay import relay
from penstock.db.transaction import OPERATOR, Actor, Database, Transaction
from penstock.gateways.intent import Intent
from penstock.gateways.port import Outcome, Request
from penstock.gateways.sandbox import SandboxGateway
from penstock.lifecycle.advance import create, move, new_ids
from penstock.orders.intake import taker
from penstock.orders.receive import Wanted
from penstock.orders.sold_out import SoldOut
from penstock.simulation.books import Books
from penstock.worker.identity import Identity
from penstock.worker.loop import Worker
from penstock.worker.step import Call, Due, Every, Timed

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PARCELS, ORDERS = 3, 4
POINTS = (
    "receipt:before_commit", "receipt:committed",
    "work:before_commit", "work:committed",
    "intended", "sending", "sent", "called", "recorded",
    "relay:before_commit", "relay:committed",
)  # fmt: skip
DEAD = 9
OCCURRENCES = {"work:before_commit": 4, "work:committed": 4}
"""Points that are passed more than once in a life: each time is a point of its own."""


class Life:
    """Where this life ends."""

    def __init__(self, point: str = "", turn: int = 1) -> None:
        self._point, self._left = point, turn

    def pass_by(self, point: str) -> None:
        """End here, if this is the place."""
        if point == self._point:
            self._left -= 1
            if not self._left:
                os._exit(DEAD)


class Mortal(Database):
    """A database whose user may die just before a COMMIT or just after it."""

    life: Life
    name = "work"

    async def _once(
        self, begin: str, actor: Actor, work: Callable[[Transaction], Awaitable[Any]]
    ) -> Any:
        async def dying(tx: Transaction) -> Any:
            answer = await work(tx)
            self.life.pass_by(f"{self.name}:before_commit")
            return answer

        answer = await super()._once(begin, actor, dying)
        self.life.pass_by(f"{self.name}:committed")
        return answer


class MortalGateway(SandboxGateway):
    """A gateway whose user may die before the vendor hears of it, or before we hear of it."""

    life: Life

    async def send(self, vendor: Any, effect: Any, requests: Sequence[Request]) -> list[Outcome]:
        self.life.pass_by("sending")
        answers = await super().send(vendor, effect, requests)
        self.life.pass_by("sent")
        return answers


class Vendors:
    """The vendors' side: the sandbox's wire format on books that survive us; it never refuses."""

    def __init__(self, books: Books) -> None:
        self._books = books

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        more = True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        _, vendor, effect = scope["path"].split("/", 2)
        said = self._found(vendor, body) if effect.endswith(":find") else self._done(vendor, body)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": msgspec.json.encode(said)})

    def _found(self, vendor: str, body: bytes) -> list[dict[str, Any]]:
        names = msgspec.json.decode(body, type=list[str])
        known = {name for name in names if self._books.effect(vendor, "labels", name)}
        return [{"reference": n, "state": "done" if n in known else "absent"} for n in names]

    def _done(self, vendor: str, body: bytes) -> list[dict[str, Any]]:
        names = [item["reference"] for item in msgspec.json.decode(body)]
        rows = [(name, b"", "done", b"{}", "", name) for name in names]
        self._books.book(vendor, "labels", rows)
        return [{"reference": name, "state": "done"} for name in names]


async def prepare_labels(tx: Transaction, subjects: Any, now: datetime) -> list[Intent]:
    """One label a parcel, under the parcel's own reference."""
    return [
        Intent(s, "swift", Request(f"ref-{s.subject_id}", b'{"reference":"ref-%d"}' % s.subject_id))
        for s in subjects
    ]


async def record_labels(tx: Transaction, settled: Any, now: datetime) -> None:
    """Move on what has its label."""
    await move(tx, [s.intent.subject for s in settled], "label_bought", now)


async def pass_on(tx: Transaction, now: datetime) -> int:
    """Empty the outbox."""
    return len(await relay(tx, batch=1_000))


JOURNEY = (
    Call("buy_label", Due("parcel", "awaiting_label"), "labels", prepare_labels, record_labels),
    Timed("pass_on", Every(timedelta(minutes=1)), pass_on),
)


class Play:
    """One database, one merchant, and the books of the vendor."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self.rounds = 0

    async def parcels(self) -> list[int]:
        """Bring parcels to life that want labels."""

        async def work(tx: Transaction) -> list[int]:
            ids = await new_ids(tx, count=PARCELS, at=NOW)
            await create(
                tx, kind="parcel", merchant_ids=[1] * PARCELS, subject_ids=ids,
                events=["packed"] * PARCELS, due_at=[None] * PARCELS, at=NOW,
            )  # fmt: skip
            return ids

        async with await Database.open(self.url, connections_max=1) as database:
            return await database.run(OPERATOR, work)

    def live(self, life: Life, keys: Sequence[str], now: datetime) -> bool:
        """Live once in a fork; return whether it came to its natural end."""
        process = os.fork()
        if not process:
            code = 1
            try:
                asyncio.run(self._live(life, keys, now))
                code = 0
            except BaseException as error:  # noqa: BLE001  a fork must never return
                sys.stderr.write(f"{type(error).__name__}: {error}\n")
            finally:
                os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        assert code in {0, DEAD}, f"a life ended with {code}"
        return code == 0

    async def _live(self, life: Life, keys: Sequence[str], now: datetime) -> None:
        books = Books(self.folder / "books")
        transport = httpx.ASGITransport(Vendors(books))
        async with (
            await Mortal.open(self.url, connections_max=2) as database,
            Identity(self.url) as identity,
            httpx.AsyncClient(transport=transport) as client,
        ):
            database.life, database.name = life, "receipt"
            take = taker(database, lambda: now, lending.RECEIPT, SoldOut(timedelta(0)))
            answers = await take(1, [Wanted(order(key)) for key in keys])
            assert {a.outcome for a in answers} == {"accepted"}, answers
            gateway = MortalGateway(client)
            gateway.life = life
            for name, journey in (("work", JOURNEY[:1]), ("relay", JOURNEY[1:])):
                database.name = name
                worker = Worker(
                    database, identity, journey, {"sandbox": gateway}, pause=life.pass_by
                )
                await worker.drain(now)

    def round(self, lives: Sequence[Life]) -> tuple[int, list[str]]:
        """Die as told and then live on; return how many died, and what is wrong afterwards."""
        self.rounds += 1
        now = NOW + timedelta(minutes=10 * self.rounds)
        ids = asyncio.run(self.parcels())
        keys = [f"{self.rounds}-{n}" for n in range(ORDERS)]
        died = sum(not self.live(life, keys, now) for life in lives)
        assert self.live(Life(), keys, now + timedelta(minutes=5))
        return died, asyncio.run(self._wrong(ids, keys))

    async def _wrong(self, ids: Sequence[int], keys: Sequence[str]) -> list[str]:
        books = Books(self.folder / "books")
        found = []
        for parcel in ids:
            effect = books.effect("swift", "labels", f"ref-{parcel}")
            if effect is None or effect.asked != 1:
                found.append(f"parcel {parcel}: {effect}")
        books.close()
        connection = await asyncpg.connect(self.url)
        labelled = await connection.fetchval(
            "SELECT count(*) FROM lifecycle.subject WHERE subject_id = ANY ($1)"
            " AND status = 'labelled'", ids,
        )  # fmt: skip
        taken = await connection.fetchval(
            "SELECT count(*) FROM orders.receipt WHERE channel_order_id = ANY ($1)", keys
        )
        reserved = await connection.fetchval("SELECT sum(reserved) FROM inventory.pool_stock")
        left = await connection.fetchval("SELECT count(*) FROM outbox.events")
        told = await connection.fetchval("SELECT sum(events) FROM outbox.relayed")
        moved = await connection.fetchval("SELECT count(*) FROM lifecycle.history")
        await connection.close()
        seen = (labelled, taken, reserved, left, told)
        meant = (PARCELS, ORDERS, ORDERS * self.rounds, 0, moved)
        return found if seen == meant else [*found, f"{seen} is not {meant}"]


def order(key: str) -> NewOrder:
    """Return one order."""
    return NewOrder(
        channel="test", channel_order_id=key, currency="USD", ordered_at=NOW, paid_at=NOW,
        ship_to=Address(name="Ada", line1="1 High Street", city="Austin", country="US"),
        lines=(NewLine(sku="HOT", quantity=1, unit_price_minor=1999),),
    )  # fmt: skip


async def opened(url: str) -> None:
    """Make the shop and the vendor."""
    await prepare(url)
    await open_shop(url, "shop", {"HOT": 1_000_000}, NOW)
    connection = await asyncpg.connect(url)
    await connection.execute(
        "INSERT INTO vendors.vendor (vendor, title, role, gateway, endpoint, joined_at)"
        " VALUES ('swift', 'Swift', 'carrier', 'sandbox', 'http://vendors/swift', now())"
    )
    await connection.close()


def points() -> list[tuple[str, int]]:
    """Every point, each time that it is passed."""
    return [(p, turn) for p in POINTS for turn in range(1, OCCURRENCES.get(p, 1) + 1)]


def main() -> int:
    """Die at each point, or at each ordered pair of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--once", action="store_true", help="the first time of each point only")
    parser.add_argument("--pairs", action="store_true")
    asked = parser.parse_args()
    name = f"failpoints_{os.getpid()}"
    url = asyncio.run(create_database(asked.url, name, fresh=True))
    asyncio.run(opened(url))
    plans = [(point,) for point in points() if point[1] == 1 or not asked.once]
    if asked.pairs:
        plans = list(itertools.product(points(), repeat=2))
    deaths, wrong, reached = 0, [], set()
    with tempfile.TemporaryDirectory() as folder:
        play = Play(url, Path(folder))
        for plan in plans:
            died, found = play.round([Life(*point) for point in plan])
            deaths += died
            wrong += [f"{plan}: {said}" for said in found]
            if died:
                reached.add(plan[0][0])
    asyncio.run(drop(asked.url, name))
    print(
        json.dumps(
            {
                "plans": len(plans),
                "deaths": deaths,
                "never_reached": sorted(set(POINTS) - reached),
                "double_or_lost": len(wrong),
                "examples": wrong[:5],
            }
        )
    )
    return 0


async def drop(url: str, name: str) -> None:
    """Remove the database of this run."""
    connection = await asyncpg.connect(url)
    await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await connection.close()


if __name__ == "__main__":
    sys.exit(main())
