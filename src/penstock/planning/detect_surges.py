"""Orders a minute of each merchant's SKUs, watched for spikes that no stream accounts for."""

from collections import defaultdict
from collections.abc import Awaitable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.planning.judge_minutes import Judged, Planned, Waker, Watched, judge

TOPIC = "planning.surge"
BEHIND = timedelta(seconds=5)
"""A minute is counted so long after its end: what was received in it is committed by then."""
CATCH_UP_MAX = timedelta(hours=1)
BEFORE_STREAM = timedelta(minutes=10)
AFTER_STREAM = timedelta(minutes=30)


class Announce(Protocol):
    """Says what happened, in the transaction in which it happens."""

    def __call__(
        self,
        tx: Transaction,
        *,
        topic: str,
        merchant_ids: list[int],
        subject_ids: list[int],
        at: datetime,
        payloads: list[str],
    ) -> Awaitable[None]:
        """Put n events of one topic into the outbox."""
        ...


class Taken(msgspec.Struct, frozen=True):
    """Since when orders are counted at all, and from when on in this turn."""

    began_at: datetime
    counted_from: datetime


@query
async def take_minutes(tx: Transaction, *, until: datetime) -> Taken | None:
    """Take the minutes up to `until` for counting; the first time it is one."""


@query
async def watched(tx: Transaction, *, since: datetime, until: datetime) -> list[Watched]:
    """Count accepted orders by minute and SKU, beside what is remembered of those SKUs."""


@query
async def planned(
    tx: Transaction, *, since: datetime, until: datetime, before: timedelta, after: timedelta
) -> list[Planned]:
    """List what streams were to sell at that time, and a while before and after them."""


@query
async def store_watches(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    sku_ids: list[int],
    memories: list[str],
    counted_to: datetime,
) -> None:
    """Remember what was learnt of SKUs."""


@query
async def begin_surges(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    sku_ids: list[int],
    started_at: list[datetime],
    rates: list[float],
    expected: list[float],
    scores: list[float],
) -> None:
    """Write surges that have begun; a SKU has one at a time."""


@query
async def follow_surges(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    sku_ids: list[int],
    rates: list[float],
    peaks: list[float],
    over: list[bool],
    until: datetime,
) -> None:
    """Bring the surges of SKUs up to date, and end those that are over."""


async def detect_surges(tx: Transaction, now: datetime, *, announce: Announce) -> int:
    """Judge the whole minutes since the last time; return how many surges have begun.

    Only SKUs that sold in them, or are in a surge, are looked at: the quiet of the others is made
    up for when they sell again. Each surge is announced once, on the topic `planning.surge`.
    """
    until = _floor(now - BEHIND)
    taken = await take_minutes(tx, until=until)
    assert taken is not None, "it returns the row that it writes"
    since = max(taken.counted_from, until - CATCH_UP_MAX)
    if since >= until:
        return 0
    found = await watched(tx, since=since, until=until)
    if not found:
        return 0
    plans: Mapping[tuple[int, int], list[Planned]] = defaultdict(list)
    for plan in await planned(
        tx, since=since, until=until, before=BEFORE_STREAM, after=AFTER_STREAM
    ):
        plans[plan.merchant_id, plan.sku_id].append(plan)
    waker = Waker(taken.counted_from, taken.began_at, len(found))
    judged = [
        judge(sku, waker.wake(sku), plans[sku.merchant_id, sku.sku_id], since, until)
        for sku in found
    ]
    await _write(tx, judged, until)
    begun = [(j.sku.merchant_id, j.begun) for j in judged if j.begun]
    if begun:
        await announce(
            tx,
            topic=TOPIC,
            merchant_ids=[merchant_id for merchant_id, _ in begun],
            subject_ids=[surge.sku_id for _, surge in begun],
            at=now,
            payloads=[msgspec.json.encode(surge).decode() for _, surge in begun],
        )
    return len(begun)


async def _write(tx: Transaction, judged: Sequence[Judged], until: datetime) -> None:
    await store_watches(
        tx,
        merchant_ids=[j.sku.merchant_id for j in judged],
        sku_ids=[j.sku.sku_id for j in judged],
        memories=[msgspec.json.encode(j.watch).decode() for j in judged],
        counted_to=until,
    )
    new = [(j.sku.merchant_id, j.begun) for j in judged if j.begun]
    if new:
        await begin_surges(
            tx,
            merchant_ids=[merchant_id for merchant_id, _ in new],
            sku_ids=[begun.sku_id for _, begun in new],
            started_at=[begun.started_at for _, begun in new],
            rates=[begun.rate for _, begun in new],
            expected=[begun.expected for _, begun in new],
            scores=[begun.score for _, begun in new],
        )
    going = [j for j in judged if j.sku.started_at or j.begun]
    if going:
        await follow_surges(
            tx,
            merchant_ids=[j.sku.merchant_id for j in going],
            sku_ids=[j.sku.sku_id for j in going],
            rates=[j.rate for j in going],
            peaks=[j.peak for j in going],
            over=[j.over for j in going],
            until=until,
        )


def _floor(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(second=0, microsecond=0)
