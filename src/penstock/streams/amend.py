"""Amend a stream that has not begun: more units or fewer, another time, other capacity."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.kernel.errors import Conflict, NotFound
from penstock.streams.book_nodes import Booked, book_nodes
from penstock.streams.schedule import (
    Kept,
    OpenPool,
    RingFence,
    RingFenced,
    Scheduled,
    booked_of,
    check,
    known_stream,
    store_stream_skus,
)
from penstock.streams.validate import NewStream, NodeWish, StreamSku

T = TypeVar("T")


class Amendment(msgspec.Struct, frozen=True, kw_only=True):
    """What shall be different; None leaves a thing as it is, and so is a SKU that is not named.

    A SKU's `quantity` is what shall be kept in all, so that the same amendment twice is once.
    """

    title: str | None = None
    host: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    expected_orders: int | None = None
    channels: tuple[str, ...] | None = None
    skus: tuple[StreamSku, ...] = ()
    capacity: tuple[NodeWish, ...] = ()


class LockedStream(msgspec.Struct, frozen=True):
    """A stream as it stands, while nobody else may change it."""

    stream_id: int
    code: str
    title: str
    host: str
    country: str
    starts_at: datetime
    ends_at: datetime
    expected_orders: int
    channels: list[str]
    state: str
    cancelled_at: datetime | None


@query
async def lock_stream(tx: Transaction, *, merchant_id: int, code: str) -> LockedStream | None:
    """Lock a stream by its code."""


@query
async def change_stream(
    tx: Transaction,
    *,
    merchant_id: int,
    stream_id: int,
    title: str,
    host: str,
    starts_at: datetime,
    ends_at: datetime,
    expected_orders: int,
    channels: list[str],
) -> None:
    """Write what a stream shall be."""


async def stream_to_change(tx: Transaction, merchant_id: int, code: str) -> LockedStream:
    """Lock a merchant's stream.

    Raises:
        NotFound: there is none of that code.

    """
    found = await lock_stream(tx, merchant_id=merchant_id, code=code)
    if found is None:
        raise NotFound(f"there is no stream {code!r}")
    return found


async def amend(
    tx: Transaction,
    merchant_id: int,
    code: str,
    change: Amendment,
    now: datetime,
    *,
    open_pool: OpenPool,
    ring_fence: RingFence,
    give_back: RingFence,
) -> Scheduled:
    """Change a stream until it starts; while it is live its end may still be moved.

    More units are kept where they are available; fewer go back to the market, but for those that
    orders have reserved already.

    Raises:
        NotFound: no such stream.
        Conflict: it has begun, is over or was cancelled.
        Invalid: as for `schedule`.

    """
    before = await stream_to_change(tx, merchant_id, code)
    _may_change(before, change, now)
    kept = {row.sku_id: row for row in await known_stream(tx, merchant_id=merchant_id, code=code)}
    plan = _plan(before, change, kept)
    market_pool = await check(tx, merchant_id, plan, now)
    await change_stream(
        tx,
        merchant_id=merchant_id,
        stream_id=before.stream_id,
        title=plan.title,
        host=plan.host,
        starts_at=plan.starts_at,
        ends_at=plan.ends_at,
        expected_orders=plan.expected_orders,
        channels=list(plan.channels),
    )
    skus = await _refit(
        tx, merchant_id, before, change.skus, kept, market_pool, now, open_pool, ring_fence,
        give_back,
    )  # fmt: skip
    booked = await _book_again(tx, merchant_id, before.stream_id, plan)
    return Scheduled(before.stream_id, repeated=False, skus=skus, capacity=booked)


def _may_change(stream: LockedStream, change: Amendment, now: datetime) -> None:
    if stream.cancelled_at is not None:
        raise Conflict(f"stream {stream.code!r} was cancelled; schedule another")
    if stream.state == "closed" or now >= stream.ends_at:
        raise Conflict(f"stream {stream.code!r} is over; schedule another")
    if stream.state == "live" or now >= stream.starts_at:
        allowed = Amendment(ends_at=change.ends_at)
        if change != allowed:
            raise Conflict(
                f"stream {stream.code!r} has begun: only its end can be moved now; "
                "brake it if it has to sell less"
            )


def _plan(stream: LockedStream, change: Amendment, kept: dict[int, Kept]) -> NewStream:
    """Return the stream as it shall be; SKUs that are not named come last, as they are."""

    def new(wish: T | None, now_is: T) -> T:
        return now_is if wish is None else wish

    named = {sku.sku_id for sku in change.skus}
    rest = (StreamSku(k.sku_id, k.ring_fenced) for k in kept.values() if k.sku_id not in named)
    return NewStream(
        code=stream.code,
        title=new(change.title, stream.title),
        host=new(change.host, stream.host),
        country=stream.country,
        starts_at=new(change.starts_at, stream.starts_at),
        ends_at=new(change.ends_at, stream.ends_at),
        expected_orders=new(change.expected_orders, stream.expected_orders),
        channels=new(change.channels, tuple(stream.channels)),
        skus=(*change.skus, *rest),
        capacity=change.capacity,
    )


async def _refit(
    tx: Transaction,
    merchant_id: int,
    stream: LockedStream,
    wishes: Sequence[StreamSku],
    kept: dict[int, Kept],
    market_pool: dict[int, int],
    now: datetime,
    open_pool: OpenPool,
    ring_fence: RingFence,
    give_back: RingFence,
) -> tuple[RingFenced, ...]:
    """Keep more or give back, until what is kept is what is wished for, or all that can be."""
    family = {s.sku_id: _family(kept.get(s.sku_id), market_pool[s.sku_id]) for s in wishes}
    pools = {
        market: await open_pool(tx, merchant_id, f"{stream.code}@{market}", market,
                                stream.stream_id)
        for market in sorted(set(family.values()) - {0})
    }  # fmt: skip
    has = {s.sku_id: kept[s.sku_id].ring_fenced if s.sku_id in kept else 0 for s in wishes}
    carried = [s for s in wishes if family[s.sku_id]]
    more = [
        (merchant_id, family[s.sku_id], pools[family[s.sku_id]], s.sku_id,
         s.quantity - has[s.sku_id])
        for s in carried
        if s.quantity > has[s.sku_id]
    ]  # fmt: skip
    fewer = [
        (merchant_id, pools[family[s.sku_id]], family[s.sku_id], s.sku_id,
         has[s.sku_id] - s.quantity)
        for s in carried
        if s.quantity < has[s.sku_id]
    ]  # fmt: skip
    for row, units in zip(more, await ring_fence(tx, more, now), strict=True):
        has[row[3]] += units
    for row, units in zip(fewer, await give_back(tx, fewer, now), strict=True):
        has[row[3]] -= units
    answers = tuple(
        RingFenced(s.sku_id, pools.get(family[s.sku_id], 0), s.quantity, has[s.sku_id])
        for s in wishes
    )
    await store_stream_skus(
        tx,
        merchant_id=merchant_id,
        stream_id=stream.stream_id,
        sku_ids=[a.sku_id for a in answers],
        pool_ids=[a.pool_id for a in answers],
        ring_fenced=[a.ring_fenced for a in answers],
    )
    return answers


def _family(kept: Kept | None, market_pool: int) -> int:
    """Units come from, and go back to, the family that the SKU's pool belongs to already."""
    return kept.family_id if kept is not None and kept.pool_id else market_pool


async def _book_again(
    tx: Transaction, merchant_id: int, stream_id: int, plan: NewStream
) -> tuple[Booked, ...]:
    """Book for the time that the stream has now; nodes that are not named keep their wish."""
    before = await booked_of(tx, merchant_id=merchant_id, stream_id=stream_id)
    named = {wish.node_id for wish in plan.capacity}
    rest = tuple(NodeWish(b.node_id, b.wanted) for b in before if b.node_id not in named)
    time = plan.starts_at, plan.ends_at
    return await book_nodes(tx, merchant_id, stream_id, (*plan.capacity, *rest), time)
