"""Schedule a livestream: the stream, its own pool, the stock and the capacity kept for it."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Retry, Transaction
from penstock.kernel.errors import Conflict
from penstock.streams.book_nodes import Booked, book_nodes
from penstock.streams.validate import Known, NewStream, validate

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
    capacity: tuple[Booked, ...] = ()


class Source(msgspec.Struct, frozen=True):
    """The market pool that a SKU is sold from in the stream's country, 0 if none carries it."""

    sku_id: int
    pool_id: int


class Kept(msgspec.Struct, frozen=True):
    """A stream that was scheduled before, one row a SKU."""

    stream_id: int
    country: str
    starts_at: datetime
    ends_at: datetime
    sku_id: int
    pool_id: int
    ring_fenced: int
    given_back: int
    family_id: int


class Named(msgspec.Struct, frozen=True):
    """A market of the merchant's, or a node."""

    kind: str
    node_id: int
    country: str


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
    channels: list[str],
) -> int | None:
    """Insert the stream; nothing if its code is taken."""


@query
async def sources(
    tx: Transaction, *, merchant_id: int, country: str, sku_ids: list[int]
) -> list[Source]:
    """Find the market pool of each SKU that the merchant has."""


@query
async def plan_known(tx: Transaction, *, merchant_id: int, node_ids: list[int]) -> list[Named]:
    """List the merchant's markets, and those of the nodes that there are."""


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
async def known_stream(tx: Transaction, *, merchant_id: int, code: str) -> list[Kept]:
    """Find what was scheduled under a code."""


@query
async def booked_of(tx: Transaction, *, merchant_id: int, stream_id: int) -> list[Booked]:
    """List what nodes set aside for a stream."""


@query
async def barred(tx: Transaction, *, merchant_id: int, now: datetime) -> str | None:
    """Tell why a merchant may not schedule livestreams."""


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
        Invalid: times that are over or in the wrong order, a country where the merchant does not
            sell, no title or SKU, an unknown SKU or node or one twice, or numbers out of range.
        Conflict: the code belongs to a stream of another time, country or other SKUs; or the
            merchant is not eligible for livestreams now, because of its score.
        Retry: another transaction took the code first; the runner repeats and finds its answer.

    """
    known = await known_stream(tx, merchant_id=merchant_id, code=stream.code)
    if known:
        return await _repeated(tx, merchant_id, stream, known)
    why = await barred(tx, merchant_id=merchant_id, now=now)
    if why is not None:
        raise Conflict(
            f"the merchant may not schedule livestreams now ({why}); an operator can revert that",
            code="not_eligible",
        )
    market_pool = await check(tx, merchant_id, stream, now)
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
        channels=list(stream.channels),
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
    time = stream.starts_at, stream.ends_at
    booked = await book_nodes(tx, merchant_id, stream_id, stream.capacity, time)
    return Scheduled(stream_id, repeated=False, skus=answers, capacity=booked)


async def check(
    tx: Transaction, merchant_id: int, stream: NewStream, now: datetime
) -> dict[int, int]:
    """Validate a plan; return the market pool of each of its SKUs, 0 where none carries it.

    Raises:
        Invalid: every broken rule, by field.

    """
    found = await sources(
        tx,
        merchant_id=merchant_id,
        country=stream.country,
        sku_ids=[sku.sku_id for sku in stream.skus],
    )
    named = await plan_known(
        tx, merchant_id=merchant_id, node_ids=[wish.node_id for wish in stream.capacity]
    )
    market_pool = {source.sku_id: source.pool_id for source in found}
    known = Known(
        skus=set(market_pool),
        markets={n.country for n in named if n.kind == "market"},
        nodes={n.node_id for n in named if n.kind == "node"},
    )
    validate(stream, known, now)
    return market_pool


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


async def _repeated(
    tx: Transaction, merchant_id: int, stream: NewStream, before: Sequence[Kept]
) -> Scheduled:
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
            "amend that one, or use a new code"
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
        capacity=tuple(await booked_of(tx, merchant_id=merchant_id, stream_id=first.stream_id)),
    )
