"""300 buyers at once on the last 100 units: who gets one, who is refused, and whether books agree.

Four API processes serve them over HTTP. Each buyer looks whether the shop is open, orders, sends
the same order once more (as a client does whose answer was lost) and, if it was sold something,
reads its order. First all order at a barrier, then they come one after the other within a second;
then orders of one, two and three lines meet a scarcity of two SKUs in two pools. What was decided
is compared with a plain loop over the orders in their order of arrival, and the counters with
reservations, ledger and receipts.
"""

import asyncio
import json
import os
import random
import re
import secrets
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import asyncpg
import msgspec

from benchmarks.result import Report
from benchmarks.server import ask, private_server
from penstock import lending
from penstock.access.key import SECRET_BYTES, Principal, create_key
from penstock.app import prepare
from penstock.db.transaction import OPERATOR, Database, Transaction
from penstock.lifecycle.open_months import open_ahead

BUYERS, UNITS, PROCESSES = 300, 100, 4
Basket = tuple[tuple[str, int], ...]
"""What one order asks for: (SKU code, units), line by line."""

SHOP = """
    INSERT INTO merchants.merchant (code, title, country, status, daily_cap, applied_at)
        VALUES ($1, 'Shop', 'US', 'approved', 2000000000, $2)
        RETURNING merchant_id
"""
MARKET = "INSERT INTO merchants.market VALUES ($1, 'US', 'USD', 'tiktok_us_regular')"
COUNTER = """
    WITH shop AS (
        SELECT $4::int AS merchant_id
    ), sku AS (
        INSERT INTO merchants.sku (merchant_id, code, title, weight_g, length_mm, width_mm,
                                   height_mm, value_minor, currency, approved_at)
        SELECT merchant_id, $1, 'Lamp', 400, 120, 80, 60, 1500, 'USD', $2 FROM shop
        RETURNING merchant_id, sku_id
    ), node AS (
        INSERT INTO inventory.node (code, title, country, zone, cut_off, orders_per_hour)
        VALUES (format('%s-%s', $4::int, $1::text), 'Node', 'US', 'America/Chicago', '17:00', 500)
        RETURNING node_id
    ), pool AS (
        INSERT INTO inventory.pool (merchant_id, code, family_id)
        SELECT merchant_id, 'pool-' || $1::text, 0 FROM shop
        RETURNING merchant_id, pool_id
    ), market AS (
        INSERT INTO inventory.pool_market SELECT merchant_id, 'US', pool_id, pool_id FROM pool
    ), backed AS (
        INSERT INTO inventory.pool_node
        SELECT merchant_id, node_id, pool_id FROM pool, node
    ), at_node AS (
        INSERT INTO inventory.node_stock (merchant_id, node_id, sku_id, bin, on_hand)
        SELECT merchant_id, node_id, sku_id, 'A-01-01', $3 FROM sku, node
    ), in_pool AS (
        INSERT INTO inventory.pool_stock (merchant_id, pool_id, sku_id, on_hand)
        SELECT merchant_id, pool_id, sku_id, $3 FROM sku JOIN pool USING (merchant_id)
    )
    INSERT INTO inventory.move (merchant_id, sku_id, quantity, from_account, from_holder,
                                to_account, to_holder, reason, subject_id, at)
    SELECT p.merchant_id, sku_id, $3, 'outside', 0, account, holder, 'receive', 0, $2
    FROM sku, node, pool AS p,
        LATERAL (VALUES ('node_free', node_id), ('pool_available', p.pool_id))
            AS leg (account, holder)
"""
"""A SKU with stock at a node of its own, behind a pool of its own."""


class Shop(msgspec.Struct, frozen=True):
    """A merchant, the key of its front end, and the units of each SKU that it began with."""

    merchant_id: int
    key: str
    stock: dict[str, int]


class Answer(msgspec.Struct, frozen=True):
    """What one request got; status 0: no answer."""

    status: int
    body: bytes
    retry_after: bool = False

    @property
    def order_id(self) -> int:
        """The number under which the order was accepted, else 0."""
        return int(json.loads(self.body).get("order_id", 0)) if self.status == 201 else 0

    @property
    def code(self) -> str:
        """Outcome or code of the refusal."""
        said = json.loads(self.body or b"{}")
        return str(said.get("outcome") or said.get("code") or "")


class Bought(msgspec.Struct, frozen=True):
    """One buyer: what it wanted, both answers to its order, and what it read of it."""

    key: str
    basket: Basket
    first: Answer
    again: Answer
    read: Answer | None


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """The answers of one round, and how many facts two books tell differently."""

    sold: int
    refused: int
    told_to_retry: int
    server_errors: int
    other_answers: int
    counters_differ: int
    seconds: float


# The shop -----------------------------------------------------------------------------------------


async def open_shop(url: str, code: str, stock: Mapping[str, int], now: datetime) -> Shop:
    """Make a merchant that sells `stock`, each SKU out of a pool of its own."""
    connection = await asyncpg.connect(url)
    try:
        merchant_id = await connection.fetchval(SHOP, code, now)
        await connection.execute(MARKET, merchant_id)
        for sku, units in stock.items():
            await connection.execute(COUNTER, sku, now, units, merchant_id)
        await connection.execute("UPDATE inventory.pool SET family_id = pool_id")
    finally:
        await connection.close()
    principal = Principal(key_id=code.replace("_", ""), role="merchant", merchant_id=merchant_id)

    async def open_up(tx: Transaction) -> str:
        await open_ahead(tx, now)
        return await create_key(tx, principal, "bench", secrets.token_bytes(SECRET_BYTES), now)

    async with await Database.open(url, connections_max=1) as database:
        return Shop(merchant_id, await database.run(OPERATOR, open_up), dict(stock))


def order_body(key: str, basket: Basket, at: datetime, policy: str = "all_or_nothing") -> bytes:
    """Return an order as it goes over HTTP."""
    return json.dumps(
        {
            "channel": "tiktok_shop",
            "channel_order_id": key,
            "currency": "USD",
            "ordered_at": at.isoformat(),
            "paid_at": at.isoformat(),
            "policy": policy,
            "ship_to": {
                "name": "Ada Okafor", "line1": "1 High Street", "city": "Austin", "country": "US",
                "region": "TX", "postal_code": "78701",
            },
            "lines": [
                {"sku": sku, "quantity": units, "unit_price_minor": 1999} for sku, units in basket
            ],
        }
    ).encode()  # fmt: skip


@contextmanager
def api_processes(url: str, count: int, **settings: object) -> Iterator[list[int]]:
    """Start API processes on the database; yield their ports."""
    environment = os.environ | {
        "PENSTOCK_DATABASE_URL": url,
        **{f"PENSTOCK_{name.upper()}": str(value) for name, value in settings.items()},
    }
    command = [sys.executable, "-m", "penstock", "serve", "--port", "0", "--tethered"]
    started = [
        subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(count)
    ]
    try:
        lines = [process.stdout.readline() for process in started if process.stdout]
        ports = [int(re.findall(r":(\d+)", line)[0]) for line in lines]
        for port in ports:
            _wait_until_it_serves(port)
        yield ports
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.communicate(timeout=20)


def _wait_until_it_serves(port: int) -> None:
    """Wait, as the port is told before it listens: the database is opened first."""
    for _ in range(600):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
            return
        time.sleep(0.1)
    raise TimeoutError(f"nothing serves port {port}")


# The buyers ---------------------------------------------------------------------------------------


class Buyer:
    """One connection to one API process, as a shop's front end holds it."""

    def __init__(self, port: int, key: str) -> None:
        self._port, self._key = port, key

    async def connect(self) -> None:
        """Open the connection, so that the barrier is about orders and nothing else."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)

    async def ask(self, method: str, path: str, body: bytes = b"") -> Answer:
        """Send one request and read its answer."""
        head = (
            f"{method} {path} HTTP/1.1\r\nhost: penstock\r\nauthorization: Bearer {self._key}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        self._writer.write(head.encode() + body)
        try:
            top = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = int(top.partition("content-length:")[2].partition("\r")[0] or 0)
            answer = await self._reader.readexactly(length)
        except (asyncio.IncompleteReadError, OSError):
            return Answer(0, b"")
        return Answer(int(top.split(" ", 2)[1]), answer, "\r\nretry-after:" in top)

    def close(self) -> None:
        """Give the connection up."""
        self._writer.close()

    async def buy(self, key: str, basket: Basket, at: datetime, go: asyncio.Event,
                  after_s: float) -> Bought:  # fmt: skip
        """Go through the whole flow."""
        open_ = await self.ask("GET", "/health")
        assert open_.status == 200, open_
        await go.wait()
        await asyncio.sleep(after_s)
        body = order_body(key, basket, at)
        first = await self.ask("POST", "/v1/orders", body)
        again = await self.ask("POST", "/v1/orders", body)
        read = None
        if first.order_id:
            read = await self.ask("GET", f"/v1/orders/{first.order_id}")
        self.close()
        return Bought(key, basket, first, again, read)


async def rush(
    ports: Sequence[int], key: str, baskets: Sequence[Basket], name: str, spread_s: Sequence[float]
) -> list[Bought]:
    """Let one buyer a basket go, each after its own delay."""
    buyers = [Buyer(ports[i % len(ports)], key) for i in range(len(baskets))]
    for buyer in buyers:
        await buyer.connect()
    go, at = asyncio.Event(), datetime.now(UTC)
    flows = [
        asyncio.create_task(buyer.buy(f"{name}-{i}", basket, at, go, after_s))
        for i, (buyer, basket, after_s) in enumerate(zip(buyers, baskets, spread_s, strict=True))
    ]
    await asyncio.sleep(0.5)
    go.set()
    return list(await asyncio.gather(*flows))


# What must hold -----------------------------------------------------------------------------------


def in_order(stock: Mapping[str, int], baskets: Sequence[Basket]) -> list[str]:
    """Decide as plainly as can be: one after the other, all or nothing."""
    left = dict(stock)
    outcomes = []
    for basket in baskets:
        wanted: Counter[str] = Counter()
        for sku, units in basket:
            wanted[sku] += units
        if all(left[sku] >= units for sku, units in wanted.items()):
            left = {sku: units - wanted[sku] for sku, units in left.items()}
            outcomes.append("accepted")
        else:
            outcomes.append("insufficient_stock")
    return outcomes


async def differences(url: str, shop: Shop, bought: Sequence[Bought]) -> list[str]:
    """Return what differs between answers, receipts, the plain loop, counters and ledger."""
    stock = shop.stock
    async with await Database.open(url, connections_max=1) as database:
        found = [str(d) for d in await database.run(OPERATOR, lending.audit, snapshot=True)]
        rows = await database.run(
            OPERATOR,
            lambda tx: tx.fetch(
                "SELECT channel_order_id, order_id, outcome FROM orders.receipt"
                " WHERE merchant_id = $1 ORDER BY order_id",
                shop.merchant_id,
            ),
        )
        left = await database.run(
            OPERATOR,
            lambda tx: tx.fetch(
                "SELECT k.code, p.on_hand - p.reserved FROM inventory.pool_stock AS p"
                " JOIN merchants.sku AS k USING (merchant_id, sku_id) WHERE merchant_id = $1",
                shop.merchant_id,
            ),
        )
    by_key = {b.key: b for b in bought}
    plain = in_order(stock, [by_key[row[0]].basket for row in rows])
    found += [
        f"{row[0]} was {row[2]}, in order of arrival it is {outcome}"
        for row, outcome in zip(rows, plain, strict=True)
        if row[2] != outcome
    ]
    stored = {row[0]: (row[1], row[2]) for row in rows}
    units_left = {row[0]: row[1] for row in left}
    for b in bought:
        order_id, outcome = stored.get(b.key, (0, ""))
        if b.first.order_id and (order_id, outcome) != (b.first.order_id, "accepted"):
            found.append(f"{b.key} was told {b.first.order_id}, stored is {order_id} {outcome}")
        if b.first.order_id != b.again.order_id:
            found.append(f"{b.key} got {b.first.order_id}, then {b.again.order_id}")
        if not b.first.order_id and outcome == "accepted":
            found.append(f"{b.key} was refused, stored is accepted")
        if b.first.code == "sold_out" and all(units_left[sku] for sku, _ in b.basket):
            found.append(f"{b.key} was told sold out, and {units_left} are left")
    sold: Counter[str] = Counter()
    for b in bought:
        sold.update(dict(b.basket) if b.first.order_id else {})
    found += [
        f"{sku}: {stock[sku]} − {sold[sku]} sold ≠ {units_left[sku]}"
        for sku in stock
        if stock[sku] - sold[sku] != units_left[sku]
    ]
    return found


def told(bought: Sequence[Bought], counters_differ: int, seconds: float) -> Told:
    """Count the answers of one round."""
    answers = [a for b in bought for a in (b.first, b.again, b.read) if a is not None]
    return Told(
        sold=sum(1 for b in bought if b.first.order_id),
        refused=sum(1 for b in bought if b.first.status == 409),
        told_to_retry=sum(1 for a in answers if a.retry_after or a.status in {429, 503}),
        server_errors=sum(1 for a in answers if a.status >= 500 or not a.status),
        other_answers=sum(1 for a in answers if a.status not in {200, 201, 409}),
        counters_differ=counters_differ,
        seconds=round(seconds, 2),
    )


# The rounds ---------------------------------------------------------------------------------------


def rounds(seed: int) -> dict[str, tuple[dict[str, int], list[Basket], list[float]]]:
    """Return stock, baskets and delays (s) of each round."""
    chance = random.Random(seed)
    one: list[Basket] = [(("HOT", 1),)] * BUYERS
    mixed: list[Basket] = [
        chance.choice(
            (
                (("HOT", 1),),
                (("COLD", 2),),
                (("HOT", 1), ("COLD", 1)),
                (("COLD", 3), ("HOT", 2)),
                (("HOT", 1), ("WARM", 1), ("COLD", 1)),
            )
        )
        for _ in range(BUYERS)
    ]
    at_once = [0.0] * BUYERS
    spread = [chance.random() for _ in range(BUYERS)]
    scarce = {"HOT": UNITS, "COLD": 120, "WARM": 1_000}
    return {
        "barrier": ({"HOT": UNITS}, one, at_once),
        "staggered": ({"HOT": UNITS}, one, spread),
        "two_skus_barrier": (scarce, mixed, at_once),
        "two_skus_staggered": (scarce, mixed, spread),
    }


def measure(*, seed: int, quick: bool) -> Report:
    """Play every round with a merchant of its own; quick leaves the staggered two SKUs out."""
    played = rounds(seed)
    if quick:
        del played["two_skus_staggered"]
    begun_s = time.perf_counter()
    with private_server() as url:
        postgres = str(asyncio.run(ask(url, None, "SHOW server_version")))
        asyncio.run(prepare(url))
        with api_processes(url, PROCESSES) as ports:
            figures = {
                name: asyncio.run(_round(url, ports, name, *played[name])) for name in played
            }
    return Report(
        postgres=postgres,
        figures={
            "sold": [figures[name].sold for name in ("barrier", "staggered")],
            "refused": [figures[name].refused for name in ("barrier", "staggered")],
            "told_to_retry": sum(f.told_to_retry for f in figures.values()),
            "server_errors": sum(f.server_errors for f in figures.values()),
            "counters_differ": sum(f.counters_differ for f in figures.values()),
            "seconds": round(time.perf_counter() - begun_s, 1),
            "buyers": BUYERS,
            "units": UNITS,
            "api_processes": PROCESSES,
            "rounds": msgspec.to_builtins(figures),
        },
    )


async def _round(
    url: str,
    ports: Sequence[int],
    name: str,
    stock: Mapping[str, int],
    baskets: Sequence[Basket],
    spread: Sequence[float],
) -> Told:
    shop = await open_shop(url, name, stock, datetime.now(UTC))
    begun_s = time.perf_counter()
    bought = await rush(ports, shop.key, baskets, name, spread)
    seconds = time.perf_counter() - begun_s
    wrong = await differences(url, shop, bought)
    for difference in wrong[:5]:
        print(f"{name}: {difference}", file=sys.stderr)
    return told(bought, len(wrong), seconds)


if __name__ == "__main__":
    from benchmarks.__main__ import main

    sys.argv.insert(1, "last_units")
    sys.exit(main())
