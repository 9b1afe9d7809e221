"""Livestreams over HTTP: scheduled with stock kept for them, and watched."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Router, get, post
from litestar.params import FromPath, JSONBody

from penstock.api.caller import actor_of, merchant_of
from penstock.api.context import Here, MerchantCode
from penstock.api.stock import Code, sku_ids
from penstock.db.transaction import Transaction, merchant
from penstock.inventory.add_pool import add_stream_pool
from penstock.inventory.ring_fence import ring_fence
from penstock.kernel.errors import NotFound
from penstock.streams.schedule import Scheduled, schedule
from penstock.streams.show_stream import StreamShown, shown_stream
from penstock.streams.validate import NewStream, StreamSku

Http = Request[Any, Any, Any]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""With its offset, or it could be any of 26 hours."""


class SkuToKeep(msgspec.Struct, frozen=True, kw_only=True):
    """Units of a SKU (its code) to be kept for the stream."""

    sku: str
    quantity: int


class PlannedStream(msgspec.Struct, frozen=True, kw_only=True):
    """A livestream as it is planned; its orders name it by `code`."""

    code: Code
    title: str
    country: str
    starts_at: Instant
    ends_at: Instant
    skus: tuple[SkuToKeep, ...]
    host: str = ""
    expected_orders: Annotated[int, msgspec.Meta(ge=0, lt=2**31)] = 0


class SkuKept(msgspec.Struct, frozen=True):
    """What is kept of a SKU: all of `wanted`, or what was available."""

    sku: str
    wanted: int
    ring_fenced: int


class StreamScheduled(msgspec.Struct, frozen=True):
    """A stream and what is kept for it; `repeated` when it was scheduled before."""

    stream_id: int
    repeated: bool
    skus: tuple[SkuKept, ...]


@post("/v1/streams", summary="Schedule a livestream")
async def schedule_stream(
    request: Http, context: Here, data: JSONBody[PlannedStream], code: MerchantCode = None
) -> StreamScheduled:
    """Keep stock for the orders that will name the stream; what is kept is said per SKU."""
    principal = await context.callers.identify(request)
    merchant_id = await merchant_of(context.database, principal, code)
    now = context.now()

    async def work(tx: Transaction) -> Scheduled:
        ids = await sku_ids(tx, merchant_id, (kept.sku for kept in data.skus))
        stream = NewStream(
            code=data.code,
            title=data.title,
            host=data.host,
            country=data.country,
            starts_at=data.starts_at,
            ends_at=data.ends_at,
            expected_orders=data.expected_orders,
            skus=tuple(StreamSku(ids[kept.sku], kept.quantity) for kept in data.skus),
        )
        return await schedule(
            tx, merchant_id, stream, now, open_pool=add_stream_pool, ring_fence=ring_fence
        )

    scheduled = await context.database.run(merchant(merchant_id), work)
    kept = tuple(
        SkuKept(wish.sku, answer.wanted, answer.ring_fenced)
        for wish, answer in zip(data.skus, scheduled.skus, strict=True)
    )
    return StreamScheduled(scheduled.stream_id, scheduled.repeated, kept)


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


streams = Router("/", route_handlers=[schedule_stream, show_one_stream], tags=["streams"])
