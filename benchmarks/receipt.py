"""Receipt on one hot SKU: beside binary COPY of the same rows, over HTTP, and with much stored.

Server, database and load generator share the same cores; PostgreSQL is durable. `*_cpu_us` is CPU
of the API processes and of PostgreSQL together for one order. The raw limit is measured in the
same run: the rows that receipt has written, copied into the same tables in binary, in the same
batches and transactions. Figures of one kind take turns, so that a busy moment meets all.
"""

import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg
import msgspec
import uvloop

from benchmarks.load import Sent, closed_loop, cpu_s, http_post, open_loop, rss_mib
from benchmarks.result import Report
from benchmarks.server import ask, private_server
from benchmarks.shop import Shop, made_shop
from penstock import lending
from penstock.app import prepare
from penstock.channels.order import NewOrder
from penstock.cli.processes import collect_seldom
from penstock.db.transaction import Database
from penstock.orders.intake import taker
from penstock.orders.receive import Wanted
from penstock.orders.sold_out import SoldOut

BATCH = 1_000
SHARED_BUFFERS_MB = 1_024
"""Less than a server for floods would be given; the embedded one's 128 are for a small machine."""
STORED = 20_000_000
TABLES = {
    "orders.key": ("order_id", "channel_order_id"),
    "orders.receipt": ("order_id", "channel_order_id"),
    "orders.line": ("order_id",),
    "inventory.reservation": ("order_id",),
    "inventory.move": ("subject_id", "move_id"),
    "lifecycle.subject": ("subject_id",),
    "lifecycle.history": ("subject_id", "history_id"),
    "outbox.batch": ("subject_ids", "batch_id"),
}
"""All that a batch of accepted orders writes, and the columns that are each order's own."""
_GENERATED = {"move_id", "history_id", "batch_id"}
_COUNT = "UPDATE inventory.pool_stock SET reserved = reserved + $1 WHERE merchant_id = $2"


def measure(*, seed: int, quick: bool) -> Report:
    """Measure everything; a quick run leaves the 20 million and the 256 connections out."""
    figures: dict[str, object] = {
        "python_loop_ns": _python_loop_ns(),
        "shared_buffers_mb": SHARED_BUFFERS_MB,
    }
    with private_server(shared_buffers_mb=SHARED_BUFFERS_MB) as url:
        uvloop.run(_measure(url, seed, quick, figures))
        version = asyncio.run(ask(url, None, "SHOW server_version"))
    return Report(figures=figures, postgres=str(version))


def _python_loop_ns() -> float:
    """Tell how fast this machine is today: shared ones differ by a factor from hour to hour."""
    total, begun_s = 0, time.perf_counter()
    for n in range(2_000_000):
        total += n
    return round(1e9 * (time.perf_counter() - begun_s) / 2_000_000, 1)


async def _measure(url: str, seed: int, quick: bool, figures: dict[str, object]) -> None:
    await prepare(url)
    shop = await made_shop(url, datetime.now(UTC))
    numbers = Numbers(seed)
    rounds = 3 if quick else 8
    await _transaction_alone(url, shop, numbers, rounds, figures)
    seconds = 2.0 if quick else 10.0
    await _over_http(url, shop, numbers, seconds, figures, (64,) if quick else (64, 256))
    await _overload(url, shop, numbers, seconds, figures)
    if not quick:
        await _much_stored(url, shop, numbers, rounds, figures)
    figures["oversold"] = await ask(
        url,
        None,
        "SELECT coalesce(sum(greatest(reserved - on_hand, 0)), 0)::int FROM inventory.pool_stock",
    )
    figures["counters_differ"] = await ask(
        url,
        None,
        "SELECT count(*)::int FROM inventory.pool_stock AS s WHERE reserved <> (SELECT"
        " coalesce(sum(quantity), 0) FROM inventory.reservation AS r WHERE"
        " (r.merchant_id, r.pool_id, r.sku_id) = (s.merchant_id, s.pool_id, s.sku_id))",
    )


class Numbers:
    """Order numbers that look like a channel's: 18 digits that grow."""

    def __init__(self, seed: int) -> None:
        self._next = 576_000_000_000_000_000 + seed * 1_000

    def __next__(self) -> str:
        self._next += 1
        return str(self._next)


def _orders(shop: Shop, numbers: Numbers, count: int) -> list[NewOrder]:
    return [
        msgspec.structs.replace(shop.order, channel_order_id=next(numbers)) for _ in range(count)
    ]


# The transaction alone ------------------------------------------------------------------------


async def _transaction_alone(
    url: str, shop: Shop, numbers: Numbers, rounds: int, figures: dict[str, object]
) -> None:
    """Two callers each, so that one batch is prepared while another is written; turn by turn."""
    collect_seldom()  # as the process does that serves receipt
    async with await Database.open(url, connections_max=2) as database:
        await _receive(database, shop, numbers, 2)
        rows = await _rows_of_a_batch(url)
        copiers = [await asyncpg.connect(url) for _ in range(2)]
        received: list[float] = []
        copied: list[float] = []
        for _ in range(rounds):
            received.append(await _receive(database, shop, numbers, 10))
            copied.append(await _copy(copiers, shop, rows, numbers, 10))
        for copier in copiers:
            await copier.close()
    receive_per_s, copy_per_s = max(received), max(copied)
    figures["receive_per_s"] = round(receive_per_s)
    figures["copy_per_s"] = round(copy_per_s)
    figures["receive_vs_copy"] = round(
        sorted(r / c for r, c in zip(received, copied, strict=True))[rounds // 2], 3
    )


async def _receive(database: Database, shop: Shop, numbers: Numbers, batches: int) -> float:
    """Return the orders a second of `batches` batches of the receive transaction."""
    take = taker(database, lambda: datetime.now(UTC), lending.RECEIPT, SoldOut(shop.never))
    todo = [[Wanted(o) for o in _orders(shop, numbers, BATCH)] for _ in range(batches)]
    begun_s = time.perf_counter()

    async def caller() -> None:
        while todo:
            answers = await take(shop.merchant_id, todo.pop())
            assert all(answer.outcome == "accepted" for answer in answers)

    await asyncio.gather(caller(), caller())
    return batches * BATCH / (time.perf_counter() - begun_s)


async def _rows_of_a_batch(url: str) -> dict[str, tuple[list[str], list[tuple[Any, ...]]]]:
    connection = await asyncpg.connect(url)
    rows = {}
    for table in TABLES:
        only = " WHERE reason = 'reserve'" if table == "inventory.move" else ""
        rows_max = 1 if table == "outbox.batch" else BATCH
        records = await connection.fetch(f"SELECT * FROM {table}{only} LIMIT {rows_max}")
        columns = [name for name in records[0].keys() if name not in _GENERATED]  # noqa: SIM118  a Record
        rows[table] = (columns, [tuple(record[name] for name in columns) for record in records])
    await connection.close()
    return rows


async def _copy(
    copiers: Sequence[Any],
    shop: Shop,
    rows: dict[str, tuple[list[str], list[tuple[Any, ...]]]],
    numbers: Numbers,
    batches: int,
) -> float:
    """Return the orders a second of copying the rows of `batches` batches in binary."""
    (month_id,) = await copiers[0].fetchrow(
        "SELECT lifecycle.month_of(now()) * 10000000000000 + 5000000000000"
    )
    todo = [_renumbered(rows, numbers, month_id) for _ in range(batches)]
    begun_s = time.perf_counter()

    async def caller(copier: Any) -> None:
        while todo:
            batch = todo.pop()
            async with copier.transaction():
                await copier.execute(_COUNT, BATCH, shop.merchant_id)
                for table, (columns, records) in batch.items():
                    schema, _, name = table.partition(".")
                    await copier.copy_records_to_table(
                        name, schema_name=schema, columns=columns, records=records
                    )

    await asyncio.gather(*(caller(copier) for copier in copiers))
    return batches * BATCH / (time.perf_counter() - begun_s)


def _renumbered(
    rows: dict[str, tuple[list[str], list[tuple[Any, ...]]]], numbers: Numbers, month_id: int
) -> dict[str, tuple[list[str], list[tuple[Any, ...]]]]:
    fresh = [next(numbers) for _ in range(BATCH)]
    ids = [month_id + int(number) % 10**12 for number in fresh]
    batch = {}
    for table, (columns, records) in rows.items():
        own = [(columns.index(name), name) for name in TABLES[table] if name not in _GENERATED]
        renumbered = []
        for i, record in enumerate(records):
            values = list(record)
            for at, name in own:
                numbered = {"channel_order_id": fresh[i], "subject_ids": ids}
                values[at] = numbered.get(name, ids[i])
            renumbered.append(tuple(values))
        batch[table] = (columns, renumbered)
    return batch


# Over HTTP --------------------------------------------------------------------------------------


@contextmanager
def servers(url: str, count: int, **settings: object) -> Iterator[list[tuple[int, int]]]:
    """Start API processes; yield (process, port) of each."""
    unlimited = {"merchant_orders_per_s": 10_000_000, "merchant_orders_burst": 10_000_000}
    environment = os.environ | {
        "PENSTOCK_DATABASE_URL": url,
        **{f"PENSTOCK_{n.upper()}": str(v) for n, v in (unlimited | settings).items()},
    }
    started = []
    try:
        for _ in range(count):
            process = subprocess.Popen(
                [sys.executable, "-m", "penstock", "serve", "--port", "0", "--tethered"],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            assert process.stdout is not None
            found = re.search(r"127\.0\.0\.1:(\d+)", process.stdout.readline())
            assert found, "the server did not say where it listens"
            started.append((process, int(found[1])))
            _await_ready(int(found[1]))
        yield [(process.pid, port) for process, port in started]
    finally:
        for process, _ in started:
            process.terminate()
        for process, _ in started:
            process.wait(20)


def _await_ready(port: int) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server does not get ready")


def singles(shop: Shop, numbers: Numbers) -> Iterator[bytes]:
    head, _, tail = json.dumps(shop.body).partition('"NUMBER"')
    while True:
        yield http_post("/v1/orders", shop.key, f'{head}"{next(numbers)}"{tail}'.encode())


def bulks(shop: Shop, numbers: Numbers, orders: int) -> Iterator[bytes]:
    head, _, tail = json.dumps(shop.body).partition('"NUMBER"')
    while True:
        body = "\n".join(f'{head}"{next(numbers)}"{tail}' for _ in range(orders))
        yield http_post("/v1/orders:batch", shop.key, body.encode())


async def _over_http(
    url: str,
    shop: Shop,
    numbers: Numbers,
    seconds: float,
    figures: dict[str, object],
    crowds: Sequence[int],
) -> None:
    """Send bulks, and orders one by one from each number of connections in `crowds`."""
    server = int(
        str(await ask(url, None, "SELECT split_part(pg_read_file('postmaster.pid'), chr(10), 1)"))
    )

    async def busy(
        processes: list[tuple[int, int]], connections: int, requests: Iterator[bytes]
    ) -> tuple[Sent, float]:
        """Return what came back and the CPU seconds of API and database."""
        roots = [server, *(process for process, _ in processes)]
        await closed_loop([port for _, port in processes], connections, requests, 1.0)
        before = sum(map(cpu_s, roots))
        sent = await closed_loop([port for _, port in processes], connections, requests, seconds)
        return sent, sum(map(cpu_s, roots)) - before

    async def each(processes: list[tuple[int, int]], connections: int) -> tuple[float, float, Sent]:
        """Return CPU µs an order, orders a second, and what came back, one order a request."""
        sent, used_s = await busy(processes, connections, singles(shop, numbers))
        assert set(sent.statuses) == {201}, sent.statuses
        orders = sent.statuses[201]
        return 1e6 * used_s / orders, orders / sent.seconds, sent

    with servers(url, 1) as processes:
        sent, used_s = await busy(processes, 8, bulks(shop, numbers, 100))
        assert set(sent.statuses) == {200}, sent.statuses
        orders = 100 * sent.statuses[200]
        figures["bulk_cpu_us"] = round(1e6 * used_s / orders, 1)
        figures["bulk_per_s"] = round(orders / sent.seconds)
        alone_us: dict[int, float] = {}
        for crowd in reversed(crowds):  # 64 come last: half of their rate is offered next
            alone_us[crowd], per_s, sent = await each(processes, crowd)
            figures[_of("single_cpu_us", crowd)] = round(alone_us[crowd], 1)
            figures[_of("single_per_s", crowd)] = round(per_s)
            figures[f"p99_ms_{crowd}_connections"] = round(sent.quantile_ms(0.99), 1)
        ports = [port for _, port in processes]
        half = await open_loop(ports, 64, singles(shop, numbers), per_s / 2, seconds)
        figures["half_load_per_s"] = round(per_s / 2)
        figures["p50_ms_half_load"] = round(half.quantile_ms(0.5), 1)
        figures["p99_ms_half_load"] = round(half.quantile_ms(0.99), 1)
    with servers(url, 4) as processes:
        for crowd in crowds:
            four_us, per_s, _ = await each(processes, crowd)
            figures[_of("processes_4_cpu_us", crowd)] = round(four_us, 1)
            figures[_of("processes_4_per_s", crowd)] = round(per_s)
            figures[_of("processes_4_cpu_ratio", crowd)] = round(four_us / alone_us[crowd], 3)


def _of(figure: str, crowd: int) -> str:
    """Name a figure; where nothing is said it is of 64 connections."""
    return figure if crowd == 64 else f"{figure}_{crowd}_connections"


async def _overload(
    url: str, shop: Shop, numbers: Numbers, seconds: float, figures: dict[str, object]
) -> None:
    """Twenty times the connections of a busy moment, each asking again at once, refused or not."""
    limits = {"requests_max": 512, "waiting_max_orders": 1_024}
    with servers(url, 1, **limits) as ((process, port),):
        rss: list[float] = [rss_mib(process)]
        for _ in range(3):
            sent = await closed_loop([port], 1_280, singles(shop, numbers), seconds)
            assert set(sent.statuses) <= {201, 503}, sent.statuses
            rss.append(rss_mib(process))
    figures["overload_rss_mib"] = round(max(rss), 1)
    figures["overload_rss_mib_by_third"] = [round(value, 1) for value in rss]
    figures["overload_accepted_per_s"] = round(sent.statuses[201] / sent.seconds)
    figures["overload_refused_per_s"] = round(sent.statuses[503] / sent.seconds)


# Much stored ------------------------------------------------------------------------------------


async def _much_stored(
    url: str, shop: Shop, numbers: Numbers, rounds: int, figures: dict[str, object]
) -> None:
    """Fill another server with 20 million orders of months gone by, and let the two take turns."""
    with private_server(shared_buffers_mb=SHARED_BUFFERS_MB) as full_url:
        full = await filled_shop(full_url, numbers, figures)
        await take_turns(url, shop, full_url, full, numbers, rounds, figures)


async def filled_shop(url: str, numbers: Numbers, figures: dict[str, object]) -> Shop:
    await prepare(url)
    shop = await made_shop(url, datetime.now(UTC))
    async with await Database.open(url, connections_max=2) as database:
        await _receive(database, shop, numbers, 1)
    begun_s = time.perf_counter()
    await shop.fill(url, STORED)
    figures["fill_s"] = round(time.perf_counter() - begun_s)
    return shop


async def take_turns(
    url: str,
    shop: Shop,
    full_url: str,
    full: Shop,
    numbers: Numbers,
    rounds: int,
    figures: dict[str, object],
) -> None:
    """Receive on the empty server and on the full one, turn by turn; compare the medians."""
    none: list[float] = []
    much: list[float] = []
    async with (
        await Database.open(url, connections_max=2) as empty_database,
        await Database.open(full_url, connections_max=2) as full_database,
    ):
        for _ in range(rounds):
            none.append(await _receive(empty_database, shop, numbers, 10))
            much.append(await _receive(full_database, full, numbers, 10))
    figures["stored_none_per_s"] = round(statistics.median(none))
    figures["stored_20m_per_s"] = round(statistics.median(much))
    figures["stored_20m_ratio"] = round(statistics.median(much) / statistics.median(none), 3)


if __name__ == "__main__":
    from benchmarks.__main__ import main

    sys.argv.insert(1, "receipt")
    sys.exit(main())
