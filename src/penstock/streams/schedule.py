"""Schedule a livestream: the stream, its own pool, and the stock that is kept for it."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Retry, Transaction
from penstock.kernel.errors import Conflict
from penstock.streams.validate import NewStream, validate

OpenPool = Callable[[Transaction, int, str, int, int], Awaitable[int]]
"""(merchant_id, code, family_id, stream_id) to the id of the stream's own pool."""
RingFence = Callable[
    [Transaction, Sequence[tuple[int, int, int, int, int]], datetime], Awaitable[list[int]]
]
"""Moves available units: (merchant_id, from_pool_id, to_pool_id, sku_id, quantity)."""


class RingFenced(msgspec.Struct, frozen=True):
    """What is kept of a SKU: all of `wanted`, or what was available; pool 0: none sells it."""

    sku_id: int
    pool_id: int
    wanted: int
    ring_fenced: int


class Scheduled(msgspec.Struct, frozen=True):
    """A stream and what is kept for it; `repeated` when it was scheduled before."""

    stream_id: int
    repeated: bool
    skus: tuple[RingFenced, ...]


class Source(msgspec.Struct, frozen=True):
    """The market pool that a SKU is sold from in the stream's country, 0 if none carries it."""

    sku_id: int
    pool_id: int


class Known(msgspec.Struct, frozen=True):
    """A stream that was scheduled before, one row a SKU."""

    stream_id: int
    country: str
    starts_at: datetime
    ends_at: datetime
    sku_id: int
    pool_id: int
    ring_fenced: int


@query
async def store_stream(
    tx: Transaction,
    *,
    merchant_id: int,
    code: str,
    title: str,
    host: str,
    country: str,
    starts_at: datetime,
    ends_at: datetime,
    expected_orders: int,
) -> int | None:
    """Insert the stream; nothing if its code is taken."""


@query
async def sources(
    tx: Transaction, *, merchant_id: int, country: str, sku_ids: list[int]
) -> list[Source]:
    """Find the market pool of each SKU that the merchant has."""


@query
async def store_stream_skus(
    tx: Transaction,
    *,
    merchant_id: int,
    stream_id: int,
    sku_ids: list[int],
    pool_ids: list[int],
    ring_fenced: list[int],
) -> None:
    """Store what is kept."""


@query
async def known_stream(tx: Transaction, *, merchant_id: int, code: str) -> list[Known]:
    """Find what was scheduled under a code."""


async def schedule(
    tx: Transaction,
    merchant_id: int,
    stream: NewStream,
    now: datetime,
    *,
    open_pool: OpenPool,
    ring_fence: RingFence,
) -> Scheduled:
    """Schedule a stream and keep what is available of its SKUs for the orders that name it.

    The same stream again changes nothing and gets its first answer.

    Raises:
        Invalid: times that are over or in the wrong order, no SKU, an unknown one or one twice,
            or units out of range.
        Conflict: the code belongs to a stream of another time, country or other SKUs.
        Retry: another transaction took the code first; the runner repeats and finds its answer.

    """
    known = await known_stream(tx, merchant_id=merchant_id, code=stream.code)
    if known:
        return _repeated(stream, known)
    found = await sources(
        tx,
        merchant_id=merchant_id,
        country=stream.country,
        sku_ids=[sku.sku_id for sku in stream.skus],
    )
    market_pool = {source.sku_id: source.pool_id for source in found}
    validate(stream, set(market_pool), now)
    stream_id = await store_stream(
        tx,
        merchant_id=merchant_id,
        code=stream.code,
        title=stream.title,
        host=stream.host,
        country=stream.country,
        starts_at=stream.starts_at,
        ends_at=stream.ends_at,
        expected_orders=stream.expected_orders,
    )
    if stream_id is None:
        raise Retry
    answers = await _keep(
        tx, merchant_id, stream_id, stream, market_pool, now, open_pool, ring_fence
    )
    await store_stream_skus(
        tx,
        merchant_id=merchant_id,
        stream_id=stream_id,
        sku_ids=[a.sku_id for a in answers],
        pool_ids=[a.pool_id for a in answers],
        ring_fenced=[a.ring_fenced for a in answers],
    )
    return Scheduled(stream_id, repeated=False, skus=answers)


async def _keep(
    tx: Transaction,
    merchant_id: int,
    stream_id: int,
    stream: NewStream,
    market_pool: dict[int, int],
    now: datetime,
    open_pool: OpenPool,
    ring_fence: RingFence,
) -> tuple[RingFenced, ...]:
    """Open a pool a family and move what is available into it."""
    pools = {
        family: await open_pool(tx, merchant_id, f"{stream.code}@{family}", family, stream_id)
        for family in sorted(set(market_pool.values()) - {0})
    }
    rows = [
        (merchant_id, market_pool[sku.sku_id], pools[market_pool[sku.sku_id]], sku.sku_id,
         sku.quantity)
        for sku in stream.skus
        if market_pool[sku.sku_id]
    ]  # fmt: skip
    moved = await ring_fence(tx, rows, now)
    kept = {row[3]: units for row, units in zip(rows, moved, strict=True)}
    return tuple(
        RingFenced(
            sku.sku_id, pools.get(market_pool[sku.sku_id], 0), sku.quantity, kept.get(sku.sku_id, 0)
        )
        for sku in stream.skus
    )


def _repeated(stream: NewStream, before: Sequence[Known]) -> Scheduled:
    by_sku = {row.sku_id: row for row in before}
    first = before[0]
    same = (first.country, first.starts_at, first.ends_at) == (
        stream.country,
        stream.starts_at,
        stream.ends_at,
    )
    if not same or set(by_sku) != {sku.sku_id for sku in stream.skus}:
        raise Conflict(
            f"stream {stream.code!r} is scheduled with another time, country or SKUs; "
            "use a new code"
        )
    return Scheduled(
        first.stream_id,
        repeated=True,
        skus=tuple(
            RingFenced(
                sku.sku_id, by_sku[sku.sku_id].pool_id, sku.quantity, by_sku[sku.sku_id].ring_fenced
            )
            for sku in stream.skus
        ),
    )
