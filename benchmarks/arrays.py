"""Sending a batch as arrays: asyncpg as it comes, and with its element checks spared.

One connection sends the columns of 1,000 orders, round by round in turns. CPU is that of this
process; what comes back is compared before anything is timed.
"""

import asyncio
import hashlib
import statistics
import time
from collections.abc import Iterable, Sized
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from types import ModuleType

import asyncpg
from asyncpg.protocol import protocol

from benchmarks.result import Report
from benchmarks.server import ask, private_server
from penstock.db.arrays import only_lists_nest

ROWS = 1_000
START = datetime(2026, 11, 11, tzinfo=UTC)
TYPES = ("bigint", "text", "text", "bytea", "text", "bigint", "text", "timestamptz", "timestamptz")
NAMES = [f"c{n}" for n in range(len(TYPES))]
UNNEST = ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(TYPES, 1))
COUNT = f"SELECT count(*) FROM unnest({UNNEST}) AS sent ({', '.join(NAMES)})"
BACK = f"SELECT * FROM unnest({UNNEST}) AS sent ({', '.join(NAMES)})"
AS_IT_COMES = {"IterableABC": Iterable, "SizedABC": Sized}


def measure(*, seed: int, quick: bool) -> Report:
    """Take turns; a quick run takes few."""
    with private_server() as url:
        figures = asyncio.run(_measure(url, seed, 3 if quick else 15))
        postgres = asyncio.run(ask(url, None, "SHOW server_version"))
    return Report(figures=figures | {"asyncpg": version("asyncpg")}, postgres=str(postgres))


async def _measure(url: str, seed: int, rounds: int) -> dict[str, object]:
    columns = _columns(seed)
    connection = await asyncpg.connect(url)
    taken: dict[str, list[float]] = {"as_it_comes": [], "spared": []}
    for _ in range(rounds):
        for name, samples in taken.items():
            _use(protocol, name)
            back = await connection.fetch(BACK, *columns)
            assert [list(column) for column in zip(*back, strict=True)] == columns, name
            begun_s = time.process_time()
            for _ in range(10):
                await connection.fetch(COUNT, *columns)
            samples.append(1e6 * (time.process_time() - begun_s) / (10 * ROWS))
    await connection.close()
    as_it_comes, spared = (statistics.median(taken[name]) for name in ("as_it_comes", "spared"))
    return {
        "columns": len(TYPES),
        "as_it_comes_cpu_us_per_row": round(as_it_comes, 2),
        "spared_cpu_us_per_row": round(spared, 2),
        "ratio": round(spared / as_it_comes, 3),
    }


def _use(module: ModuleType, name: str) -> None:
    for attribute, kind in AS_IT_COMES.items():
        setattr(module, attribute, kind)
    if name == "spared":
        assert only_lists_nest(module)


def _columns(seed: int) -> list[list[object]]:
    rows = [
        (
            seed + n,
            "tiktok_shop",
            f"57{n:016d}",
            hashlib.sha256(b"%d" % n).digest(),
            "US",
            1999,
            '{"name":"Ada Okafor","line1":"1 High Street","city":"Austin","country":"US"}',
            START + timedelta(seconds=n),
            START + timedelta(seconds=2 * n),
        )
        for n in range(ROWS)
    ]
    return [list(column) for column in zip(*rows, strict=True)]
