"""The PostgreSQL driver: asyncpg against psycopg 3, on asyncio's loop and on uvloop.

One connection to a private server does what Penstock does most: write a batch as arrays, read a
batch, and a transaction of three single-row statements. The contestants take turns round by
round, so that a busy moment of the machine meets all. CPU is that of this process alone, because
the server is another one. All send the same SQL from prepared statements and hand JSON over as
text; what each one writes and reads is compared before anything is timed.
"""

import asyncio
import gc
import random
import statistics
import time
import uuid
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.metadata import version
from operator import itemgetter
from typing import Any

import asyncpg
import msgspec
import psycopg
import psycopg.types.json
import uvloop

from benchmarks.result import Report
from benchmarks.server import ask, private_server

ROWS = 1_000
START = datetime(2026, 11, 11, tzinfo=UTC)
SETTINGS = "SET synchronous_commit = off"  # the disk is the same for all and hides the driver
TABLES = """
    CREATE UNLOGGED TABLE line (
        merchant_id bigint, order_id uuid, sku text, note text, quantity int,
        unit_price_minor bigint, currency text, paid_at timestamptz, gift bool, extra jsonb
    );
    CREATE UNLOGGED TABLE sample (LIKE line);
    CREATE UNLOGGED TABLE stock (sku_id bigint PRIMARY KEY, reserved int) WITH (fillfactor = 50);
    CREATE UNLOGGED TABLE movement (sku_id bigint, quantity int, at timestamptz);
    INSERT INTO stock SELECT n, 0 FROM generate_series(1, 10) AS n;
"""
INSERT = """
    INSERT INTO line SELECT a, b, c, d, e, f, g, h, i, j::jsonb FROM unnest(
        {}::bigint[], {}::uuid[], {}::text[], {}::text[], {}::int[],
        {}::bigint[], {}::text[], {}::timestamptz[], {}::bool[], {}::text[]
    ) AS batch (a, b, c, d, e, f, g, h, i, j)
"""
FETCH = "SELECT * FROM sample"
DIFFER = """
    SELECT count(*) FROM (
        (TABLE line EXCEPT ALL TABLE sample) UNION ALL (TABLE sample EXCEPT ALL TABLE line)
    ) AS odd
"""
READ = "SELECT reserved FROM stock WHERE sku_id = {}"
RESERVE = "UPDATE stock SET reserved = reserved + {} WHERE sku_id = {} RETURNING reserved"
MOVE = "INSERT INTO movement VALUES ({}, {}, {})"

Columns = tuple[list[Any], ...]


class Contestant(msgspec.Struct, frozen=True):
    """One driver in one mode, connected; each function does its work once."""

    insert: Callable[[], Awaitable[object]]
    fetch: Callable[[], Awaitable[list[Any]]]
    transact: Callable[[int], Awaitable[object]]
    close: Callable[[], Coroutine[Any, Any, None]]


class Sample(msgspec.Struct, frozen=True):
    """What a row or a transaction took in one round."""

    wall_us: float
    cpu_us: float


async def asyncpg_contestant(url: str, batch: Columns) -> Contestant:
    connection = await asyncpg.connect(url)
    await connection.execute(SETTINGS)
    places = [f"${n}" for n in range(1, 11)]
    insert, read, reserve, move = (text.format(*places) for text in (INSERT, READ, RESERVE, MOVE))

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
    psycopg.types.json.set_json_loads(as_text, connection)
    places = ["%b" if binary else "%s"] * 10
    insert, read, reserve, move = (text.format(*places) for text in (INSERT, READ, RESERVE, MOVE))
    cursors = [connection.cursor(binary=binary) for _ in range(3)]

    async def fetch() -> list[Any]:
        await cursors[0].execute(FETCH, prepare=True)
        return await cursors[0].fetchall()

    async def transact(sku_id: int) -> None:
        async with connection.transaction():
            await cursors[0].execute(read, (sku_id,), prepare=True)
            await cursors[0].fetchone()
            await cursors[0].execute(reserve, (1, sku_id), prepare=True)
            await cursors[0].fetchone()
            await cursors[0].execute(move, (sku_id, 1, START), prepare=True)

    async def transact_in_pipeline(sku_id: int) -> None:
        async with connection.pipeline(), connection.transaction():
            await cursors[0].execute(read, (sku_id,), prepare=True)
            await cursors[1].execute(reserve, (1, sku_id), prepare=True)
            await cursors[2].execute(move, (sku_id, 1, START), prepare=True)
            await cursors[0].fetchone()
            await cursors[1].fetchone()

    return Contestant(
        insert=lambda: cursors[0].execute(insert, batch, prepare=True),
        fetch=fetch,
        transact=transact_in_pipeline if pipeline else transact,
        close=connection.close,
    )


def as_text(document: str | bytes) -> str:
    return document if isinstance(document, str) else document.decode()


ENTRANTS: dict[str, Callable[[str, Columns], Coroutine[Any, Any, Contestant]]] = {
    "asyncpg": asyncpg_contestant,
    "psycopg_text": partial(psycopg_contestant, binary=False),
    "psycopg_binary": partial(psycopg_contestant, binary=True),
    "psycopg_binary_pipeline": partial(psycopg_contestant, binary=True, pipeline=True),
}
LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
Samples = dict[tuple[str, str, str], list[Sample]]


def measure(*, seed: int, quick: bool) -> Report:
    rounds, repeat = (3, 5) if quick else (20, 12)
    batch = columns(random.Random(seed))
    samples: Samples = defaultdict(list)
    with private_server() as url, ExitStack() as stack:
        runners = {
            loop: stack.enter_context(asyncio.Runner(loop_factory=factory))
            for loop, factory in LOOPS.items()
        }
        postgres = asyncio.run(prepare(url, batch))
        contestants = {
            (entrant, loop): runner.run(enter(url, batch))
            for entrant, enter in ENTRANTS.items()
            for loop, runner in runners.items()
        }
        for (_, loop), contestant in contestants.items():
            runners[loop].run(verify(url, contestant, batch))
        for _ in range(rounds):
            for (entrant, loop), contestant in contestants.items():
                for workload, sample in runners[loop].run(play(contestant, repeat)).items():
                    if workload == "transaction" or not entrant.endswith("pipeline"):
                        samples[workload, entrant, loop].append(sample)
            asyncio.run(ask(url, "TRUNCATE line, movement"))
        for (_, loop), contestant in contestants.items():
            runners[loop].run(contestant.close())
    return Report(postgres=postgres, figures=figures(samples, rounds))


async def play(contestant: Contestant, repeat: int) -> dict[str, Sample]:
    async def ten_transactions() -> None:
        for sku_id in range(1, 11):
            await contestant.transact(sku_id)

    return {
        "insert": await timed(contestant.insert, repeat, ROWS),
        "fetch": await timed(contestant.fetch, 2 * repeat, ROWS),
        "transaction": await timed(ten_transactions, repeat, 10),
    }


async def timed(work: Callable[[], Awaitable[object]], repeat: int, units: int) -> Sample:
    await work()
    gc.collect()
    wall, cpu = time.perf_counter_ns(), time.process_time_ns()
    for _ in range(repeat):
        await work()
    wall, cpu = time.perf_counter_ns() - wall, time.process_time_ns() - cpu
    return Sample(wall_us=wall / 1e3 / repeat / units, cpu_us=cpu / 1e3 / repeat / units)


def figures(samples: Samples, rounds: int) -> dict[str, object]:
    return {
        "asyncpg": version("asyncpg"),
        "psycopg": f"{version('psycopg')} ({psycopg.pq.__impl__})",
        "uvloop": version("uvloop"),
        "rounds": rounds,
        "rows_a_batch": ROWS,
        "columns": 10,
        "wall_us and client_cpu_us are": "per row; per transaction of three statements",
        "cells": [
            {
                "workload": workload,
                "driver": entrant,
                "loop": loop,
                "wall_us": quartiles([sample.wall_us for sample in found]),
                "client_cpu_us": quartiles([sample.cpu_us for sample in found]),
            }
            for (workload, entrant, loop), found in sorted(samples.items())
        ],
    }


def quartiles(found: list[float]) -> dict[str, float]:
    low, middle, high = statistics.quantiles(found, n=4, method="inclusive")
    return {"median": round(middle, 3), "q1": round(low, 3), "q3": round(high, 3)}


def columns(seeded: random.Random) -> Columns:
    """Ten columns of order lines, with absent notes and characters of several bytes."""
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


async def prepare(url: str, batch: Columns) -> str:
    await ask(url, TABLES)
    first = await asyncpg_contestant(url, batch)
    await first.insert()
    await first.close()
    await ask(url, "INSERT INTO sample TABLE line; TRUNCATE line")
    return str(await ask(url, None, "SHOW server_version"))


async def verify(url: str, contestant: Contestant, batch: Columns) -> None:
    """Stop where a driver writes or reads anything but the batch."""
    by_order = itemgetter(1)
    found = sorted((tuple(row) for row in await contestant.fetch()), key=by_order)
    written = sorted(zip(*batch, strict=True), key=by_order)
    assert found == written, "a driver reads other values than were written"
    await contestant.insert()
    assert await ask(url, None, DIFFER) == 0, "a driver writes other values than it was given"
    await ask(url, "TRUNCATE line")
