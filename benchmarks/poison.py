"""Ten poisoned among ten thousand: how much longer all others take because of them.

At receipt orders come at a steady rate to one merchant's lane, and some break their transaction; to
the worker returns fall due at the same rate, and its step breaks on some. Both are played without
poison and with it, in turns; the figure is the others' 99th percentile with poison over that
without. Dwell runs from when an order was submitted, or a return was due, to its answer, or the
step's last work on it.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import msgspec
import uvloop

from benchmarks.result import Report
from benchmarks.server import ask, private_server
from benchmarks.shop import Shop, made_shop
from penstock import lending
from penstock.app import prepare
from penstock.channels.order import NewOrder
from penstock.db.transaction import OPERATOR, Database, Transaction
from penstock.kernel.clock import SystemClock
from penstock.lifecycle.advance import Subject, create, move, new_ids
from penstock.orders.intake import taker
from penstock.orders.lanes import Bounds, Lanes
from penstock.orders.receive import Wanted
from penstock.orders.sold_out import SoldOut
from penstock.tracking.escalate import report
from penstock.worker.identity import Identity
from penstock.worker.loop import Worker
from penstock.worker.step import Due, Step

MESSAGES = 10_000
POISONED = 10
PER_S = 500
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class BugError(Exception):
    """What breaks on a poisoned message."""


def measure(*, seed: int, quick: bool) -> Report:
    """Play both, each in turns with and without poison."""
    messages, turns = (2_000, 1) if quick else (MESSAGES, 3)
    with private_server() as url:
        figures = uvloop.run(_measure(url, seed, messages, turns))
        postgres = asyncio.run(ask(url, None, "SHOW server_version"))
    return Report(figures=figures, postgres=str(postgres))


async def _measure(url: str, seed: int, messages: int, turns: int) -> dict[str, object]:
    await prepare(url)
    chance = Random(seed)
    figures: dict[str, object] = {"messages": messages, "poisoned": POISONED}
    async with await Database.open(url) as database, Identity(url) as identity:
        for name in ("receipt", "worker"):
            p99_ms: dict[bool, list[float]] = {False: [], True: []}
            for turn in range(-1, turns):  # the first is to warm up
                for poisoned in (False, True):
                    bad = set(chance.sample(range(messages), POISONED)) if poisoned else set()
                    if name == "receipt":
                        shop = await made_shop(url, NOW, f"shop-{turn}-{poisoned}")
                        dwell_s = await _receive(database, shop, bad, messages)
                    else:
                        dwell_s = await _work(database, identity, bad, messages)
                    if turn >= 0:
                        p99_ms[poisoned].append(1000 * sorted(dwell_s)[int(0.99 * len(dwell_s))])
            without, with_poison = (statistics.median(found) for found in p99_ms.values())
            figures[f"{name}_p99_ms_without"] = round(without, 1)
            figures[f"{name}_p99_ms_with"] = round(with_poison, 1)
            figures[f"{name}_ratio (goal: ≤ 1.2)"] = round(with_poison / without, 3)
    return figures


async def _receive(
    database: Database, shop: Shop, bad: Collection[int], messages: int
) -> list[float]:
    """Submit orders one by one at a rate; those of two units break the statement that writes."""

    async def write(tx: Transaction, **columns: object) -> None:
        reserved = columns["reserved"]
        assert isinstance(reserved, Sequence)
        if 2 in reserved:
            raise BugError
        await lending.RECEIPT.write(tx, **columns)

    ports = msgspec.structs.replace(lending.RECEIPT, write=write)
    take = taker(database, lambda: NOW, ports, SoldOut(timedelta(0)))
    lanes = Lanes(take, Bounds(waiting_max=messages, all_waiting_max=messages))
    dwell_s: list[float] = []

    async def one(i: int) -> None:
        begun_s = time.perf_counter()
        try:
            await lanes.submit(shop.merchant_id, [Wanted(_order(shop, i, bad))], 400)
        except BugError:
            assert i in bad
            return
        dwell_s.append(time.perf_counter() - begun_s)

    begun_s, tasks = time.perf_counter(), []
    for i in range(messages):
        await asyncio.sleep(max(0.0, begun_s + i / PER_S - time.perf_counter()))
        tasks.append(asyncio.create_task(one(i)))
    await asyncio.gather(*tasks)
    assert len(dwell_s) == messages - len(bad)
    return dwell_s


def _order(shop: Shop, i: int, bad: Collection[int]) -> NewOrder:
    (line,) = shop.order.lines
    line = msgspec.structs.replace(line, quantity=2 if i in bad else 1)
    return msgspec.structs.replace(shop.order, channel_order_id=f"order-{i}", lines=(line,))


async def _work(
    database: Database, identity: Identity, bad: Collection[int], messages: int
) -> list[float]:
    """Let returns fall due at a rate, and a worker serve them; note when it was last at each."""
    begins_at = datetime.now(UTC) + timedelta(seconds=1)
    due_at = [begins_at + timedelta(seconds=i / PER_S) for i in range(messages)]

    async def born(tx: Transaction) -> list[int]:
        ids = await new_ids(tx, count=messages, at=begins_at)
        await create(
            tx, kind="return", merchant_ids=[1] * messages, subject_ids=ids,
            events=["requested"] * messages, due_at=list(due_at), at=begins_at,
        )  # fmt: skip
        return ids

    ids = await database.run(OPERATOR, born)
    poison = {ids[i] for i in bad}
    left = set(ids) - poison
    done_at: dict[int, datetime] = {}
    stop = asyncio.Event()

    async def approve(tx: Transaction, subjects: Sequence[Subject], now: datetime) -> None:
        await move(tx, subjects, "approved", now)
        if any(subject.subject_id in poison for subject in subjects):
            raise BugError
        for subject in subjects:
            done_at[subject.subject_id] = datetime.now(UTC)
            left.discard(subject.subject_id)
        if not left:
            stop.set()

    step = Step("approve", Due("return", "requested"), approve, batch=500)
    await Worker(database, identity, [step], {}, report=report).serve(SystemClock(), stop)
    ours = [(done_at[i] - due).total_seconds()
            for i, due in zip(ids, due_at, strict=True) if i not in poison]  # fmt: skip
    # What was set aside comes back later, and must not be in the way of the next turn.
    poison.clear()
    await Worker(database, identity, [step], {}).drain(begins_at + timedelta(hours=5))
    return ours


if __name__ == "__main__":
    from benchmarks.__main__ import main

    sys.argv.insert(1, "poison")
    sys.exit(main())
