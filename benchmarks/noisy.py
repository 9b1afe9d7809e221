"""A merchant at fifty times its quota, and what another one notices of it.

One API process. The quiet merchant sends at a steady rate: alone, beside another that keeps to its
quota, and beside the same one when it is noisy, turn by turn; latency runs from when a request was
due. The noisy one sends fifty times the orders a second that it may, over 64 connections, and is
answered 429 for all but its quota, the later the more it asks: `noisy_unsent` found no free
connection until the end.
"""

import asyncio
import statistics
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import uvloop

from benchmarks.load import Sent, open_loop
from benchmarks.receipt import Numbers, servers, singles
from benchmarks.result import Report
from benchmarks.server import ask, private_server
from benchmarks.shop import made_shop
from penstock.app import prepare

QUOTA_PER_S = 40
QUIET_PER_S = 20
TIMES = 50


def measure(*, seed: int, quick: bool) -> Report:
    """Take turns; a quick run takes few and short ones."""
    with private_server() as url:
        figures = uvloop.run(_measure(url, seed, 4.0 if quick else 15.0, 2 if quick else 5))
        postgres = asyncio.run(ask(url, None, "SHOW server_version"))
    return Report(figures=figures, postgres=str(postgres))


async def _measure(url: str, seed: int, seconds: float, rounds: int) -> dict[str, object]:
    await prepare(url)
    now = datetime.now(UTC)
    quiet, noisy = await made_shop(url, now), await made_shop(url, now, "noisy")
    numbers = Numbers(seed)
    p99_ms: dict[int, list[float]] = {0: [], 1: [], TIMES: []}
    heard: Counter[int] = Counter()
    unsent = 0
    limits = {"merchant_orders_per_s": QUOTA_PER_S, "merchant_orders_burst": QUOTA_PER_S}
    with servers(url, 1, **limits) as ((_, port),):
        for turn in range(rounds + 1):
            for times, values in p99_ms.items():
                sent, noise = await asyncio.gather(
                    open_loop([port], 16, singles(quiet, numbers), QUIET_PER_S, seconds),
                    _noise(port, singles(noisy, numbers), times, seconds),
                )
                assert set(sent.statuses) == {201}, sent.statuses
                if turn:  # the first is to warm up
                    values.append(sent.quantile_ms(0.99))
                if turn and times == TIMES:
                    heard += noise.statuses
                    unsent += noise.unsent
    alone, at_quota, beyond = (statistics.median(values) for values in p99_ms.values())
    return {
        "quota_per_s": QUOTA_PER_S,
        "times_quota": TIMES,
        "quiet_p99_ms_alone": round(alone, 1),
        "quiet_p99_ms_beside_quota": round(at_quota, 1),
        "quiet_p99_ms_beside_noise": round(beyond, 1),
        "ratio": round(beyond / alone, 3),
        "ratio_to_quota": round(beyond / at_quota, 3),
        "noisy_accepted": heard.pop(201, 0),
        "noisy_refused_429": heard.pop(429, 0),
        "noisy_other": heard.total(),
        "noisy_unsent": unsent,
    }


async def _noise(port: int, requests: Iterator[bytes], times: int, seconds: float) -> Sent:
    if not times:
        return Sent()
    return await open_loop([port], 64, requests, times * QUOTA_PER_S, seconds, patient=False)
