"""More than can be served: a livestream's step, ten times the capacity, a frozen database.

- `livestream`: 20 orders a second, then 1,000, on one SKU, then 20 again.
- `goodput`: 1, 2, 5 and 10 times what is served, from as many connections as wait for an answer.
  Ten times the capacity of the fast path is out of reach of a generator on the same two cores, so
  here the server is slowed: each commit takes 100 ms longer, and few orders may wait. Refusals
  beyond a hundred a second are held back by up to a second, as they are by default; the last row
  tells them at once.
- `standstill`: at 80 % of that, all of PostgreSQL's processes are stopped for 10 s (SIGSTOP);
  whoever is refused or gets no answer asks again at once, three times.

Every figure has its goal beside it; generator, API and database share the cores.
"""

import asyncio
import itertools
import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from benchmarks.last_units import Buyer, Shop, api_processes, open_shop, order_body
from benchmarks.load import Sent, closed_loop, http_post, open_loop
from benchmarks.result import Report
from benchmarks.server import ask, private_server
from penstock.app import prepare

AT = datetime(2026, 11, 20, tzinfo=UTC)
EXPECTED = {201, 409, 429, 503}
FAST: dict[str, Any] = {"merchant_orders_per_s": 1e7, "merchant_orders_burst": 10_000_000}
SLOW = FAST | {"waiting_max_orders": 128, "requests_max": 256}
SLOWED = (
    "ALTER SYSTEM SET commit_delay = 100000; ALTER SYSTEM SET commit_siblings = 0;"
    " SELECT pg_reload_conf()"
)


def measure(*, seed: int, quick: bool) -> Report:
    """Play all three."""
    numbers = map(str, itertools.count(seed * 1_000_000))
    with private_server() as url:
        postgres = str(asyncio.run(ask(url, None, "SHOW server_version")))
        asyncio.run(prepare(url))
        with api_processes(url, 1, **FAST) as ports:
            livestream = asyncio.run(_livestream(url, ports, numbers, 5.0 if quick else 120.0))
        asyncio.run(_slow_down(url))
        with api_processes(url, 1, **SLOW) as ports:
            shop = asyncio.run(open_shop(url, "slow", {"HOT": 100_000_000}, datetime.now(UTC)))
            seconds = 3.0 if quick else 10.0
            goodput = asyncio.run(_goodput(ports, shop, numbers, seconds))
            per_s = float(str(goodput["capacity_per_s"]))
            standstill = asyncio.run(_standstill(url, ports, shop, numbers, 0.8 * per_s))
        with api_processes(url, 1, **SLOW, refusals_per_s=1e6) as ports:
            at_once = asyncio.run(_offered(ports, shop, numbers, per_s, 10, seconds))
        goodput["at 10, refusals not held back"] = at_once
    figures = {"livestream": livestream, "goodput": goodput, "standstill": standstill}
    return Report(postgres=postgres, figures=dict(figures))


async def _slow_down(url: str) -> None:
    connection = await asyncpg.connect(url)
    for statement in SLOWED.split(";"):
        await connection.execute(statement)
    await connection.close()


def _orders(shop: Shop, numbers: Iterator[str]) -> Iterator[bytes]:
    head, _, tail = order_body("NUMBER", (("HOT", 1),), AT).decode().partition('"NUMBER"')
    while True:
        yield http_post("/v1/orders", shop.key, f'{head}"{next(numbers)}"{tail}'.encode())


async def _livestream(
    url: str, ports: list[int], numbers: Iterator[str], seconds: float
) -> dict[str, Any]:
    stock = min(5_000, int(250 * seconds))
    shop = await open_shop(url, "stream", {"HOT": stock}, datetime.now(UTC))
    calm = await open_loop(ports, 32, _orders(shop, numbers), 20, 3)
    step = await open_loop(ports, 128, _orders(shop, numbers), 1_000, seconds)
    after = await open_loop(ports, 32, _orders(shop, numbers), 20, 5)
    statuses = calm.statuses + step.statuses + after.statuses
    units = await ask(
        url, None, f"SELECT reserved FROM inventory.pool_stock WHERE merchant_id={shop.merchant_id}"
    )
    return {
        "stock": stock,
        "offered": statuses.total(),
        "sold": statuses[201],
        "sold (goal: the stock)": statuses[201] == stock == units,
        "oversold": max(0, statuses[201] - stock),
        "answers": _by_status(statuses),
        "answers (goal: only 201, 409, 429, 503)": set(statuses) <= EXPECTED,
        "p99_ms_in_step": round(step.quantile_ms(0.99), 1),
        "sold_out_told_s_at_most (goal: ≤ 2)": _told_s(step),
        "sold_out_after_step": after.statuses == {409: after.statuses[409]},
        "p99_ms_before": round(calm.quantile_ms(0.99), 1),
        "p99_ms_right_after": round(after.quantile_ms(0.99), 1),
    }


def _told_s(step: Sent) -> float | None:
    """Return the longest that anybody waited to be told that all is sold, once it had asked."""
    told = [answer.took_s for answer in step.answers if answer.status == 409]
    return round(max(told), 3) if told else None


async def _goodput(
    ports: list[int], shop: Shop, numbers: Iterator[str], seconds: float
) -> dict[str, Any]:
    await closed_loop(ports, 64, _orders(shop, numbers), 2)
    # As many as may wait of one merchant: none is refused, and each batch is as large as can be.
    alone = await closed_loop(
        ports, SLOW["waiting_max_orders"] // 2, _orders(shop, numbers), seconds
    )
    capacity = alone.statuses[201] / alone.seconds
    found: dict[str, Any] = {"capacity_per_s": round(capacity), "at": {}}
    for times in (1, 2, 5, 10):
        found["at"][str(times)] = await _offered(ports, shop, numbers, capacity, times, seconds)
    rates = [row["goodput_per_s"] for row in found["at"].values()]
    found["goodput_at_10 / peak (goal: ≥ 0.9)"] = round(rates[-1] / max(rates), 3)
    return found


async def _offered(
    ports: list[int],
    shop: Shop,
    numbers: Iterator[str],
    capacity: float,
    times: int,
    seconds: float,
) -> dict[str, Any]:
    """Offer so many times what can be served; return what came of it."""
    probing = asyncio.create_task(_probe(ports[0], shop, seconds))
    requests = _orders(shop, numbers)
    # Each request waits for its answer, so many connections are needed to offer more.
    sent = await open_loop(ports, 128 * times, requests, capacity * times, seconds)
    asked, done = await probing
    return {
        "offered_per_s": round(sent.statuses.total() / sent.seconds),
        "goodput_per_s": round(sent.statuses[201] / sent.seconds),
        "answers": _by_status(sent.statuses),
        "later_steps_done": round(done / max(1, asked), 4),
        "shed_p99_ms (goal: < 50)": _shed_ms(sent),
        "p50_ms": round(sent.quantile_ms(0.5), 1),
        "p99_ms": round(sent.quantile_ms(0.99), 1),
    }


def _shed_ms(sent: Sent) -> float | None:
    """Return within how long 99 % of those who were turned away knew it, once they had asked."""
    shed = sorted(answer.took_s for answer in sent.answers if answer.status in {429, 503})
    return round(1000 * shed[int(0.99 * (len(shed) - 1))], 1) if shed else None


async def _probe(port: int, shop: Shop, seconds: float) -> tuple[int, int]:
    """Cancel orders, as a later step does, twenty times a second; count asked and answered."""
    buyer = Buyer(port, shop.key)
    await buyer.connect()
    ends_s, asked, done = time.monotonic() + seconds, 0, 0
    body = json.dumps({"orders": [1], "reason": "changed_mind"}).encode()
    while time.monotonic() < ends_s:
        answer = await buyer.ask("POST", "/v1/orders:cancel", body)
        asked += 1
        done += answer.status == 200
        await asyncio.sleep(0.05)
    return asked, done


async def _standstill(
    url: str, ports: list[int], shop: Shop, numbers: Iterator[str], per_s: float
) -> dict[str, Any]:
    before = await _second_by_second(ports, shop, numbers, per_s, 3)
    processes = _server_processes(int(str(await ask(
        url, None, "SELECT split_part(pg_read_file('postmaster.pid'), chr(10), 1)"))))  # fmt: skip
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    frozen_s = time.monotonic()
    try:
        during = asyncio.create_task(_second_by_second(ports, shop, numbers, per_s, 10))
        await asyncio.sleep(10)
    finally:
        for process in reversed(processes):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)
    thawed_s = time.monotonic()
    frozen = await during
    normal = 0.9 * before[-1][201]
    back_after_s = None
    for _ in range(60):
        (second,) = await _second_by_second(ports, shop, numbers, per_s, 1)
        if second[201] >= normal:
            back_after_s = round(time.monotonic() - thawed_s, 1)
            break
    return {
        "offered_per_s": round(per_s),
        "frozen_s": round(thawed_s - frozen_s, 1),
        "answers_before": [_by_status(c) for c in before],
        "answers_meanwhile": _by_status(sum(frozen, Counter())),
        "back_after_s (goal: ≤ 60)": back_after_s,
    }


async def _second_by_second(
    ports: Sequence[int], shop: Shop, numbers: Iterator[str], per_s: float, seconds: int
) -> list[Counter[int]]:
    """Offer orders at a rate; return the last answer to each, by the second in which it began."""
    found: list[Counter[int]] = [Counter() for _ in range(seconds)]

    async def one(second: int, number: str) -> None:
        status = 0
        for _ in range(4):  # once, and three times again without a pause
            buyer = Buyer(ports[0], shop.key)
            with suppress(OSError, TimeoutError):
                await asyncio.wait_for(buyer.connect(), 5)
                body = order_body(number, (("HOT", 1),), AT)
                status = (await asyncio.wait_for(buyer.ask("POST", "/v1/orders", body), 5)).status
                buyer.close()
            if status == 201:
                break
        found[second][status] += 1

    begun_s, tasks = time.monotonic(), []
    for n in range(int(per_s * seconds)):
        await asyncio.sleep(max(0.0, begun_s + n / per_s - time.monotonic()))
        tasks.append(asyncio.create_task(one(int(n / per_s), next(numbers))))
    await asyncio.gather(*tasks)
    return found


def _server_processes(postmaster: int) -> list[int]:
    """Return our own server's processes, the postmaster first."""
    found = [postmaster]
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            fields = (process / "stat").read_text().rpartition(") ")[2].split()
            if int(fields[1]) == postmaster:
                found.append(int(process.name))
    return found


def _by_status(statuses: Counter[int]) -> dict[str, int]:
    return {str(status): n for status, n in sorted(statuses.items())}


if __name__ == "__main__":
    from benchmarks.__main__ import main

    sys.argv.insert(1, "overload")
    sys.exit(main())
