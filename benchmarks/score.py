"""Scores: milestones folded into every shipped profile, and all of it counted again.

Two lanes, each a connection, take in milestones in the order of their time and fold what they
changed, as the API and a worker do; the orders of a lane are other merchants' than the other
lane's. Then orders that are over are taken in and folded by slices, and a full recomputation counts
all journeys anew and is compared with what was folded, tally by tally. `cpu_us` is CPU of this
process and of PostgreSQL together, which a busy machine does not change much.
"""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random

import asyncpg
import msgspec
import uvloop

from benchmarks.load import cpu_s
from benchmarks.result import Report
from benchmarks.server import ask, private_server
from penstock.app import prepare
from penstock.db.transaction import OPERATOR, Database
from penstock.experience.journeys.record_milestones import Milestone, Word, take_milestones
from penstock.experience.profiles.load import shipped
from penstock.experience.tallies.enlist import wanted
from penstock.experience.tallies.fold import fold
from penstock.experience.tallies.recompute import recompute

SEED = 20261111
ORDERS = 10_000_000
BEGIN = datetime(2026, 9, 1, tzinfo=UTC)
NOW = datetime(2026, 12, 31, tzinfo=UTC)
LANES = 2
MERCHANTS = 100
"""In each lane."""
BATCH = 25_000
SLICE = 200_000
CHANNELS = (("tiktok_shop", "US"), ("tiktok_shop", "GB"), ("tiktok_shop", "VN"), ("douyin", "CN"),
            ("amazon", "US"), ("shopee", "ID"))  # fmt: skip

_SLICE = """
    INSERT INTO experience.journey (merchant_id, fulfilment_order_id, order_ref, market, channel,
        ordered_at, paid_at, accepted_at, dispatch_by_at, deliver_by_at, allocated_at, released_at,
        picked_at, packed_at, labelled_at, dispatched_at, scanned_at, delivered_at, cancelled_at,
        cancel_fault, returned_at, return_fault, lost_at, exception_fault, excluded)
    SELECT 1 + n % 997, n, 'past-' || n, ($4::text[])[1 + n % 6], ($5::text[])[1 + n % 6],
        t, t + m * (h & 7), t + m * (h & 15), t + m * 2880, t + m * 8640, t + m * 60, t + m * 240,
        t + m * 300, t + m * 330, t + m * 340,
        CASE WHEN h % 50 > 0 THEN t + m * (600 + h % 2600) END,
        CASE WHEN h % 50 > 1 THEN t + m * (900 + h % 2600) END,
        CASE WHEN h % 50 > 2 THEN t + m * (2600 + h % 7000) END,
        CASE WHEN h % 50 = 0 THEN t + m * 1000 END,
        CASE WHEN h % 100 = 0 THEN 'seller' WHEN h % 50 = 0 THEN 'buyer' END,
        CASE WHEN h % 31 = 5 THEN t + m * 20000 END,
        CASE WHEN h % 62 = 5 THEN 'carrier' WHEN h % 31 = 5 THEN 'buyer' END,
        CASE WHEN h % 50 = 2 AND h % 3 = 0 THEN t + m * 15000 END,
        CASE WHEN h % 97 = 1 THEN 'carrier' WHEN h % 97 = 2 THEN 'buyer' END,
        CASE WHEN h % 89 = 1 THEN 'gift' END
    FROM (SELECT n, abs(hashint8extended(n, $3)) AS h, interval '1 minute' AS m,
              timestamptz '2026-09-01' + interval '1 second' * (n % 7776000) AS t
          FROM generate_series($1::bigint, $2::bigint) AS n) AS made
"""
"""Orders that are over, of a number each, made by a hash of it and the seed."""


def measure(*, seed: int, quick: bool, orders: int | None = None) -> Report:
    """Fold milestones, then recompute `orders` (10 million; a quick run: 20,000)."""
    events = 60_000 if quick else 1_200_000
    total = orders if orders is not None else 20_000 if quick else ORDERS
    with private_server() as url:
        figures = uvloop.run(_measure(url, seed, events, total))
        version = asyncio.run(ask(url, None, "SHOW server_version"))
    return Report(figures=figures, postgres=str(version))


async def _measure(url: str, seed: int, events: int, orders: int) -> dict[str, object]:
    await prepare(url)
    postmaster = int(
        str(await ask(url, None, "SELECT split_part(pg_read_file('postmaster.pid'), chr(10), 1)"))
    )

    def cpu() -> float:
        return cpu_s(os.getpid()) + cpu_s(postmaster)

    figures: dict[str, object] = {
        "profiles": len(shipped()), "measures": len(wanted()), "lanes": LANES,
    }  # fmt: skip
    async with await Database.open(url, connections_max=LANES + 3) as database:
        await database.run(OPERATOR, lambda tx: fold(tx, NOW))  # keeps the measures from here on
        made = [list(_batches(lane, seed, events // LANES)) for lane in range(LANES)]
        told = sum(len(batch) for lane in made for batch in lane)
        begun, cpu_begun = time.perf_counter(), cpu()
        await asyncio.gather(*(_take(database, lane) for lane in made))
        took = time.perf_counter() - begun
        figures |= {
            "events": told,
            "events_per_minute": round(60 * told / took),
            "event_cpu_us": round(1e6 * (cpu() - cpu_begun) / told, 1),
        }
        await _settle(url)
        figures |= await _past(url, database, seed, orders)
        begun, cpu_begun = time.perf_counter(), cpu()
        found = await recompute(database, NOW, mend=False)
        took = time.perf_counter() - begun
        counted = await ask(url, None, "SELECT count(*) FROM experience.journey")
    assert isinstance(counted, int)
    return figures | {
        "orders_recomputed": counted,
        "recompute_s": round(took, 1),
        "recompute_cpu_us": round(1e6 * (cpu() - cpu_begun) / counted, 1),
        "equal": not found.differing,
    }


async def _take(database: Database, batches: Sequence[Sequence[tuple[int, Milestone]]]) -> None:
    for batch in batches:
        await database.run(OPERATOR, lambda tx, batch=batch: take_milestones(tx, batch))
        await _fold(database)


async def _fold(database: Database) -> None:
    while await database.run(OPERATOR, lambda tx: fold(tx, NOW)):
        pass


async def _past(url: str, database: Database, seed: int, orders: int) -> dict[str, object]:
    connection = await asyncpg.connect(url)
    begun = time.perf_counter()
    for first in range(1, orders + 1, SLICE):
        last = min(first + SLICE - 1, orders)
        markets, channels = [m for _, m in CHANNELS], [c for c, _ in CHANNELS]
        await connection.execute(_SLICE, first, last, seed, markets, channels)
        await asyncio.gather(*(_fold(database) for _ in range(LANES)))
        await connection.execute("VACUUM experience.change")
    await connection.close()
    await _settle(url)
    return {"orders_folded": orders, "fold_s": round(time.perf_counter() - begun, 1)}


async def _settle(url: str) -> None:
    """Let housekeeping not run into what is timed next."""
    await ask(url, "VACUUM ANALYZE experience.journey, experience.tally, experience.change")


def _batches(lane: int, seed: int, events: int) -> Iterator[list[tuple[int, Milestone]]]:
    random = Random(f"{seed}-{lane}")
    orders = (_order(random, lane, number) for number in range(events // 13))
    stream = iter(sorted((e for order in orders for e in order), key=lambda e: e[1].at))
    while batch := list(islice(stream, BATCH)):
        yield batch


def _order(random: Random, lane: int, number: int) -> list[tuple[int, Milestone]]:
    """Make an order's milestones: most are in time, some late, lost, returned or cancelled."""
    at = BEGIN + timedelta(seconds=random.randrange(40 * 86_400))
    merchant, ref = 1_000 + lane * MERCHANTS + random.randrange(MERCHANTS), f"{lane}-{number}"
    channel, market = random.choice(CHANNELS)
    hours: dict[Word, float] = {
        "ordered": 0.0, "paid": random.random() / 10, "dispatch_by": 48.0, "deliver_by": 144.0,
    }  # fmt: skip
    hours["accepted"] = hours["paid"] + 0.01
    if random.random() < 0.02:
        hours["cancelled"] = 5 + random.random() * 40
    else:
        steps: tuple[Word, ...] = (
            "allocated",
            "released",
            "picked",
            "packed",
            "labelled",
            "dispatched",
            "scanned",
        )
        hour = hours["accepted"]
        for step in steps:
            hour += random.expovariate(1 / 4)
            hours[step] = hour
        hours["lost" if random.random() < 0.01 else "delivered"] = hour + 30 + 90 * random.random()
        if random.random() < 0.05:
            hours["returned"] = hour + 200
    fault = random.choice(("seller", "buyer", "carrier"))
    return [
        (merchant, Milestone(order_ref=ref, milestone=word, at=at + timedelta(hours=late),
                             fault=fault if word in {"cancelled", "returned"} else None,
                             market=market, channel=channel))
        for word, late in hours.items()
    ]  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.score", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="in seconds")
    parser.add_argument("--orders", type=int, help=f"to recompute; {ORDERS:,} without it")
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args()
    report = measure(seed=asked.seed, quick=asked.quick, orders=asked.orders)
    print(msgspec.json.encode(report.figures).decode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
