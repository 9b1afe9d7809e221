"""Livestreams over HTTP: scheduled with stock and capacity kept for them, amended, cancelled."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Router, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter

from penstock import lending
from penstock.access.key import Principal
from penstock.api.caller import actor_of, merchant_of
from penstock.api.context import Here, MerchantCode
from penstock.api.stock import Code, Number, sku_ids
from penstock.db.transaction import OPERATOR, Transaction, merchant
from penstock.inventory.add_pool import add_stream_pool
from penstock.inventory.ring_fence import give_back, ring_fence
from penstock.kernel.errors import NotFound
from penstock.streams.amend import Amendment, amend
from penstock.streams.cancel import Cancelled
from penstock.streams.schedule import Scheduled, schedule
from penstock.streams.show_stream import StreamListed, StreamShown, list_streams, shown_stream
from penstock.streams.validate import NewStream, NodeWish, StreamSku

Http = Request[Any, Any, Any]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""With its offset, or it could be any of 26 hours."""
Count = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]


class SkuToKeep(msgspec.Struct, frozen=True, kw_only=True):
    """Units of a SKU (its code) to be kept for the stream."""

    sku: str
    quantity: int


class NodeToBook(msgspec.Struct, frozen=True, kw_only=True):
    """Orders an hour that a node (its number) shall set aside while the stream is on."""

    node: Number
    orders_per_hour: int


class PlannedStream(msgspec.Struct, frozen=True, kw_only=True):
    """A livestream as it is planned; its orders name it by `code`.

    No `channels`: its orders may come from anywhere.
    """

    code: Code
    title: str
    country: str
    starts_at: Instant
    ends_at: Instant
    skus: tuple[SkuToKeep, ...]
    host: str = ""
    expected_orders: Count = 0
    channels: tuple[str, ...] = ()
    capacity: tuple[NodeToBook, ...] = ()


class StreamChange(msgspec.Struct, frozen=True, kw_only=True):
    """What shall be different of a stream; what is left out stays as it is.

    The `quantity` of a SKU is what shall be kept of it in all.
    """

    title: str | None = None
    host: str | None = None
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    expected_orders: Count | None = None
    channels: tuple[str, ...] | None = None
    skus: tuple[SkuToKeep, ...] = ()
    capacity: tuple[NodeToBook, ...] = ()


class StreamCancellation(msgspec.Struct, frozen=True, kw_only=True):
    """Why a stream is cancelled; it is told."""

    because: str


class SkuKept(msgspec.Struct, frozen=True):
    """What is kept of a SKU: all of `wanted`, or what was available."""

    sku: str
    wanted: int
    ring_fenced: int


class CapacityBooked(msgspec.Struct, frozen=True):
    """Orders an hour of a node: all of `wanted`, or what it has left in that time."""

    node: int
    wanted: int
    booked: int


class StreamScheduled(msgspec.Struct, frozen=True):
    """A stream and what is kept for it; `repeated` when it was scheduled before."""

    stream_id: int
    repeated: bool
    skus: tuple[SkuKept, ...]
    capacity: tuple[CapacityBooked, ...]


@post("/v1/streams", summary="Schedule a livestream")
async def schedule_stream(
    request: Http, context: Here, data: JSONBody[PlannedStream], code: MerchantCode = None
) -> StreamScheduled:
    """Keep stock and capacity for the orders that will name the stream; what is kept is said."""
    principal = await context.callers.identify(request)
    merchant_id = await merchant_of(context.database, principal, code)
    now = context.now()

    async def work(tx: Transaction) -> Scheduled:
        ids = await sku_ids(tx, merchant_id, (kept.sku for kept in data.skus))
        stream = new_stream(data, ids)
        return await schedule(
            tx, merchant_id, stream, now, open_pool=add_stream_pool, ring_fence=ring_fence
        )

    # What other merchants have booked of a node, only an operator sees.
    actor = OPERATOR if data.capacity else merchant(merchant_id)
    return _answer(data.skus, await context.database.run(actor, work))


@patch("/v1/streams/{stream:str}", summary="Amend a livestream")
async def amend_stream(
    request: Http,
    context: Here,
    stream: FromPath[str],
    data: JSONBody[StreamChange],
    code: MerchantCode = None,
) -> StreamScheduled:
    """Change a stream until it starts, its end also while it is live; twice is once."""
    principal = await context.callers.identify(request)
    merchant_id = await merchant_of(context.database, principal, code)
    now = context.now()

    async def work(tx: Transaction) -> Scheduled:
        ids = await sku_ids(tx, merchant_id, (kept.sku for kept in data.skus))
        change = Amendment(
            title=data.title,
            host=data.host,
            starts_at=data.starts_at,
            ends_at=data.ends_at,
            expected_orders=data.expected_orders,
            channels=data.channels,
            skus=_skus(data.skus, ids),
            capacity=_nodes(data.capacity),
        )
        return await amend(
            tx, merchant_id, stream, change, now,
            open_pool=add_stream_pool, ring_fence=ring_fence, give_back=give_back,
        )  # fmt: skip

    return _answer(data.skus, await context.database.run(OPERATOR, work))


@post("/v1/streams/{stream:str}/cancel", status_code=200, summary="Cancel a livestream")
async def cancel_one_stream(
    request: Http,
    context: Here,
    stream: FromPath[str],
    data: JSONBody[StreamCancellation],
    code: MerchantCode = None,
) -> Cancelled:
    """Cancel a stream that has not begun; what is kept for it is for sale in the market again."""
    principal = await context.callers.identify(request)
    merchant_id = await merchant_of(context.database, principal, code)
    now = context.now()
    return await context.database.run(
        merchant(merchant_id),
        lambda tx: lending.CANCEL_STREAM(
            tx, merchant_id, stream, now, because=data.because, by=name_of(principal)
        ),
    )


@get("/v1/streams", summary="List livestreams")
async def list_all_streams(
    request: Http,
    context: Here,
    code: MerchantCode = None,
    before: Annotated[
        datetime | None, QueryParameter(description="start of the last of the page before")
    ] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=1_000, description="streams")] = 100,
) -> Sequence[StreamListed]:
    """List a merchant's streams, the last to start first."""
    principal = await context.callers.identify(request)
    merchant_id = await merchant_of(context.database, principal, code)
    return await context.database.run(
        actor_of(principal),
        lambda tx: list_streams(tx, merchant_id=merchant_id, before=before, streams=limit),
    )


@get("/v1/streams/{stream:str}", summary="Show a livestream")
async def show_one_stream(
    request: Http, context: Here, stream: FromPath[str], code: MerchantCode = None
) -> StreamShown:
    """Show what is ring-fenced for a stream, reserved by its orders, and left."""
    principal = await context.callers.identify(request)
    merchant_id = await merchant_of(context.database, principal, code)
    found = await context.database.run(
        actor_of(principal), lambda tx: shown_stream(tx, merchant_id, stream)
    )
    if found is None:
        raise NotFound(f"there is no stream {stream!r}")
    return found


def name_of(principal: Principal) -> str:
    """Return who acts, as a log names them: the role and the key, never its secret."""
    return f"{principal.role} {principal.key_id}"


def new_stream(data: PlannedStream, ids: dict[str, int]) -> NewStream:
    """Return the plan in our numbers; `ids` are those of its SKUs, 0 where there is none."""
    return NewStream(
        code=data.code,
        title=data.title,
        host=data.host,
        country=data.country,
        starts_at=data.starts_at,
        ends_at=data.ends_at,
        expected_orders=data.expected_orders,
        channels=data.channels,
        skus=_skus(data.skus, ids),
        capacity=_nodes(data.capacity),
    )


def _skus(wishes: Sequence[SkuToKeep], ids: dict[str, int]) -> tuple[StreamSku, ...]:
    return tuple(StreamSku(ids[wish.sku], wish.quantity) for wish in wishes)


def _nodes(wishes: Sequence[NodeToBook]) -> tuple[NodeWish, ...]:
    return tuple(NodeWish(wish.node, wish.orders_per_hour) for wish in wishes)


def _answer(wishes: Sequence[SkuToKeep], scheduled: Scheduled) -> StreamScheduled:
    return StreamScheduled(
        scheduled.stream_id,
        scheduled.repeated,
        tuple(
            SkuKept(wish.sku, kept.wanted, kept.ring_fenced)
            for wish, kept in zip(wishes, scheduled.skus, strict=True)
        ),
        tuple(CapacityBooked(b.node_id, b.wanted, b.booked) for b in scheduled.capacity),
    )


streams = Router(
    "/",
    route_handlers=[
        schedule_stream,
        list_all_streams,
        show_one_stream,
        amend_stream,
        cancel_one_stream,
    ],
    tags=["streams"],
)
