"""A merchant at fifty times its quota, and what another one notices of it.

One API process. The quiet merchant sends at a steady rate, alone and beside the noisy one, turn by
turn; latency runs from when a request was due. The noisy one sends fifty times the orders a second
that it may, at a steady rate too, and is answered 429 for all but its quota.
"""

import asyncio
import statistics
from datetime import UTC, datetime

import uvloop

from benchmarks.load import open_loop
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
    alone: list[float] = []
    beside: list[float] = []
    accepted = refused = other = 0
    limits = {"merchant_orders_per_s": QUOTA_PER_S, "merchant_orders_burst": QUOTA_PER_S}
    with servers(url, 1, **limits) as ((_, port),):
        for turn in range(rounds + 1):
            sent = await open_loop([port], 16, singles(quiet, numbers), QUIET_PER_S, seconds)
            both = await asyncio.gather(
                open_loop([port], 16, singles(quiet, numbers), QUIET_PER_S, seconds),
                open_loop([port], 64, singles(noisy, numbers), TIMES * QUOTA_PER_S, seconds),
            )
            if not turn:
                continue  # to warm up
            assert set(sent.statuses) == set(both[0].statuses) == {201}, both[0].statuses
            alone.append(sent.quantile_ms(0.99))
            beside.append(both[0].quantile_ms(0.99))
            accepted += both[1].statuses[201]
            refused += both[1].statuses[429]
            other += sum(both[1].statuses.values()) - both[1].statuses[201] - both[1].statuses[429]
    return {
        "quota_per_s": QUOTA_PER_S,
        "times_quota": TIMES,
        "quiet_p99_ms_alone": round(statistics.median(alone), 1),
        "quiet_p99_ms_beside": round(statistics.median(beside), 1),
        "ratio": round(statistics.median(beside) / statistics.median(alone), 3),
        "noisy_accepted": accepted,
        "noisy_refused_429": refused,
        "noisy_other": other,
    }
