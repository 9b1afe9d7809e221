"""The PostgreSQL driver: asyncpg against psycopg 3, on asyncio's loop and on uvloop.

One connection to a private server does what Penstock does most: write a batch as arrays, read a
batch, and a transaction of single-row statements. The contestants take turns round by round, so
that a busy moment of the machine meets all; a figure is the median of its rounds. CPU is that of
this process alone, because the server is another one. Every contestant sends the same SQL from
prepared statements, and what each one reads is compared before anything is timed.
"""

import asyncio
import json
import random
import statistics
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import psycopg
import uvloop

from benchmarks.result import Report
from penstock.db.embedded import EmbeddedServer

ROWS = 1_000
TABLES = """
    CREATE UNLOGGED TABLE line (
        merchant_id bigint, order_id uuid, sku text, note text, quantity int,
        unit_price_minor bigint, currency text, paid_at timestamptz, gift bool, extra jsonb
    );
    CREATE UNLOGGED TABLE sample (LIKE line);
    CREATE UNLOGGED TABLE stock (sku_id bigint PRIMARY KEY, on_hand int, reserved int);
    CREATE UNLOGGED TABLE movement (sku_id bigint, quantity int, at timestamptz);
    INSERT INTO stock SELECT n, 1000000000, 0 FROM generate_series(1, 1000) AS n;
"""
INSERT = """
    INSERT INTO {table} SELECT a, b, c, d, e, f, g, h, i, j::jsonb FROM unnest(
        {}::bigint[], {}::uuid[], {}::text[], {}::text[], {}::int[],
        {}::bigint[], {}::text[], {}::timestamptz[], {}::bool[], {}::text[]
    ) AS batch (a, b, c, d, e, f, g, h, i, j)
"""
FETCH = "SELECT * FROM sample"
READ = "SELECT on_hand, reserved FROM stock WHERE sku_id = {}"
RESERVE = "UPDATE stock SET reserved = reserved + {} WHERE sku_id = {} RETURNING reserved"
MOVE = "INSERT INTO movement VALUES ({}, {}, {})"

Columns = tuple[list[Any], ...]


class Contestant(msgspec.Struct, frozen=True):
    """One driver in one mode, connected; each function does the work once."""

    insert: Callable[[], Awaitable[object]]
    fetch: Callable[[], Awaitable[list[Any]]]
    transact: Callable[[int], Awaitable[object]]
    close: Callable[[], Awaitable[None]]


class Workload(msgspec.Struct, frozen=True):
    """What is repeated within a round, how often, and by how many rows (or transactions) each."""

    run: Callable[[Contestant], Awaitable[object]]
    units: int
    repeat: int


async def asyncpg_contestant(url: str, batch: Columns) -> Contestant:
    connection = await asyncpg.connect(url)
    await connection.execute(SETTINGS)
    numbered = [f"${n}" for n in range(1, 11)]
    insert = INSERT.format(*numbered)
    reserve, read, move = RESERVE.format("$1", "$2"), READ.format("$1"), MOVE.format(*numbered[:3])

    async def transact(sku_id: int) -> None:
        async with connection.transaction():
            await connection.fetchrow(read, sku_id)
            await connection.fetchrow(reserve, 1, sku_id)
            await connection.execute(move, sku_id, 1, START)

    return Contestant(
        insert=lambda: connection.execute(insert, *batch),
        fetch=lambda: connection.fetch(FETCH),
        transact=transact,
        close=connection.close,
    )


async def psycopg_contestant(
    url: str, batch: Columns, *, binary: bool, pipeline: bool = False
) -> Contestant:
    connection = await psycopg.AsyncConnection.connect(url, autocommit=True)
    await connection.execute(SETTINGS)
    place = "%b" if binary else "%s"
    cursor = connection.cursor(binary=binary)
    insert, fetch = INSERT.format(*[place] * 10), FETCH
    reserve, read, move = (text.format(*[place] * 3) for text in (RESERVE, READ, MOVE))

    async def rows() -> list[Any]:
        await cursor.execute(fetch, prepare=True)
        return await cursor.fetchall()

    async def transact(sku_id: int) -> None:
        async with connection.transaction():
            await cursor.execute(read, (sku_id,), prepare=True)
            await cursor.fetchone()
            await cursor.execute(reserve, (1, sku_id), prepare=True)
            await cursor.fetchone()
            await cursor.execute(move, (sku_id, 1, START), prepare=True)

    async def transact_in_pipeline(sku_id: int) -> None:
        async with connection.pipeline(), connection.transaction():
            first, second = connection.cursor(binary=binary), connection.cursor(binary=binary)
            await first.execute(read, (sku_id,), prepare=True)
            await second.execute(reserve, (1, sku_id), prepare=True)
            await cursor.execute(move, (sku_id, 1, START), prepare=True)
            await first.fetchone()
            await second.fetchone()

    return Contestant(
        insert=lambda: cursor.execute(insert, batch, prepare=True),
        fetch=rows,
        transact=transact_in_pipeline if pipeline else transact,
        close=connection.close,
    )


ENTRANTS: dict[str, Callable[[str, Columns], Awaitable[Contestant]]] = {
    "asyncpg": asyncpg_contestant,
    "psycopg_text": partial(psycopg_contestant, binary=False),
    "psycopg_binary": partial(psycopg_contestant, binary=True),
    "psycopg_binary_pipeline": partial(psycopg_contestant, binary=True, pipeline=True),
}
LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
PIPELINED = ("psycopg_binary_pipeline", "transaction")


async def insert_batch(contestant: Contestant) -> None:
    await contestant.insert()


async def fetch_batch(contestant: Contestant) -> None:
    await contestant.fetch()


async def small_statements(contestant: Contestant) -> None:
    for sku_id in range(1, 11):
        await contestant.transact(sku_id)


def measure(*, seed: int, quick: bool) -> Report:
    rounds, scale = (3, 1) if quick else (25, 3)
    workloads = {
        "insert": Workload(insert_batch, ROWS, 4 * scale),
        "fetch": Workload(fetch_batch, ROWS, 6 * scale),
        "transaction": Workload(small_statements, 10, 6 * scale),
    }
    batch = columns(random.Random(seed))
    with private_server() as url, ExitStack() as stack:
        version = asyncio.run(prepare(url, batch))
        runners = {
            name: stack.enter_context(asyncio.Runner(loop_factory=loop))
            for name, loop in LOOPS.items()
        }
        contestants = {
            (entrant, loop): runner.run(enter(url, batch))
            for loop, runner in runners.items()
            for entrant, enter in ENTRANTS.items()
        }
        for (_, loop), contestant in contestants.items():
            agree(runners[loop].run(collected(contestant)), batch)
        samples: dict[tuple[str, str, str], list[Sample]] = defaultdict(list)
        for _ in range(rounds):
            for name, workload in workloads.items():
                for (entrant, loop), contestant in contestants.items():
                    if entrant == PIPELINED and name != "transaction":
                        continue
                    gc.collect()
                    sample = runners[loop].run(timed(contestant, workload))
                    samples[name, entrant, loop].append(sample)
                asyncio.run(execute(url, "TRUNCATE line, movement"))
        for (_, loop), contestant in contestants.items():
            runners[loop].run(contestant.close())
    return Report(postgres=version, figures=figures(samples, rounds))


async def timed(contestant: Contestant, workload: Workload) -> Sample:
    for _ in range(WARM):
        await workload.run(contestant)
    wall, cpu = time.perf_counter_ns(), time.process_time_ns()
    for _ in range(workload.repeat):
        await workload.run(contestant)
    cpu, wall = time.process_time_ns() - cpu, time.perf_counter_ns() - wall
    units = 1_000 * workload.repeat * workload.units
    return Sample(wall_us=wall / units, cpu_us=cpu / units)


def figures(samples: dict[tuple[str, str, str], list[Sample]], rounds: int) -> dict[str, object]:
    """Give medians for a row, or for a transaction of three statements; each with its quartiles."""
    cells = [
        {
            "workload": workload,
            "driver": entrant,
            "loop": loop,
            "wall_us": quartiles([sample.wall_us for sample in found]),
            "client_cpu_us": quartiles([sample.cpu_us for sample in found]),
        }
        for (workload, entrant, loop), found in sorted(samples.items())
    ]
    return {
        "asyncpg": asyncpg.__version__,
        "psycopg": f"{psycopg.__version__} ({psycopg.pq.__impl__})",
        "uvloop": uvloop.__version__,
        "rows_a_batch": ROWS,
        "columns": 10,
        "rounds": rounds,
        "unit": {"insert": "row", "fetch": "row", "transaction": "transaction of 3 statements"},
        "cells": cells,
    }


def quartiles(found: list[float]) -> dict[str, float]:
    low, middle, high = statistics.quantiles(found, n=4, method="inclusive")
    return {"median": round(middle, 3), "q1": round(low, 3), "q3": round(high, 3)}


def columns(seeded: random.Random) -> Columns:
    """Ten columns of order lines, with absent notes and text of several bytes a character."""
    numbers = range(ROWS)
    return (
        [7_000_000_000 + n % 50 for n in numbers],
        [uuid.UUID(int=seeded.getrandbits(128)) for _ in numbers],
        [f"LIPSTICK-{seeded.randrange(1000):04d}-RED" for _ in numbers],
        [None if seeded.random() < 0.5 else "请放门口，谢谢 – ring twice" for _ in numbers],
        [seeded.randint(1, 5) for _ in numbers],
        [seeded.randint(99, 99_999) for _ in numbers],
        [seeded.choice(("USD", "VND", "CNY")) for _ in numbers],
        [START + timedelta(microseconds=seeded.getrandbits(40)) for _ in numbers],
        [seeded.random() < 0.1 for _ in numbers],
        [f'{{"host": "h{seeded.randrange(9)}", "seat": {n}}}' for n in numbers],
    )


def agree(found: list[tuple[Any, ...]], batch: Columns) -> None:
    """Stop where a driver reads other values than were written."""
    assert sorted(found, key=lambda row: row[1]) == sorted(
        zip(*batch, strict=True), key=lambda row: row[1]
    ), "a driver does not read what was written"


async def collected(contestant: Contestant) -> list[tuple[Any, ...]]:
    """Let the contestant write the batch too, so that both directions are compared."""
    await contestant.insert()
    written = [tuple(row) for row in await contestant.fetch_written()]
    return written


async def execute(url: str, sql: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
        return str(await connection.fetchval("SHOW server_version"))
    finally:
        await connection.close()


@contextmanager
def private_server() -> Iterator[str]:
    """Start a server in a folder of its own, which goes with it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # where root runs this, the server's own account must get in
        with EmbeddedServer(folder) as server:
            yield server.url()
