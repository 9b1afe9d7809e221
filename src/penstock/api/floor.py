"""The floor over HTTP: what to do next at a node, and what was done, by the dozen."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from litestar import Request, Router, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from penstock import lending
from penstock.api.caller import require_node
from penstock.api.context import Context, Here
from penstock.db.transaction import OPERATOR
from penstock.shipping.hand_over import (
    HandOver,
    HandOverAnswer,
    WaitingManifest,
    manifests_waiting,
)
from penstock.warehouse.confirm_pick import PickAnswer, PickConfirmation, confirm_pick
from penstock.warehouse.next_batch import Batch, next_batches
from penstock.warehouse.pack import Pack, PackAnswer, pack
from penstock.warehouse.work import Work, work

Http = Request[Any, Any, Any]
Limit = Annotated[int, QueryParameter(ge=0, le=10_000)]


class Pickers(msgspec.Struct, frozen=True):
    """Who asks for a batch; the earlier named are served first."""

    pickers: tuple[str, ...]


class Confirmations(msgspec.Struct, frozen=True):
    """What pickers say of the batches in their hands."""

    confirmations: tuple[PickConfirmation, ...]


class Packs(msgspec.Struct, frozen=True):
    """Picked orders on the benches."""

    packs: tuple[Pack, ...]


class HandOvers(msgspec.Struct, frozen=True):
    """Manifests that leave with a van."""

    hand_overs: tuple[HandOver, ...]


async def _enter(request: Http, context: Context, node_id: int) -> None:
    require_node(await context.callers.identify(request), node_id)


@get("/work", summary="What a node's floor can do now")
async def show_work(
    request: Http, context: Here, node_id: FromPath[int], limit: Limit = 100
) -> Work:
    """Give the backlog in numbers, and up to `limit` of the most urgent by id."""
    await _enter(request, context, node_id)
    return await context.database.run(OPERATOR, lambda tx: work(tx, node_id, limit=limit))


@post("/picks:next", status_code=200, summary="Hand out batches to pickers")
async def hand_out_batches(
    request: Http, context: Here, node_id: FromPath[int], data: JSONBody[Pickers]
) -> Sequence[Batch]:
    """Give each picker the batch in hand, or else the most urgent one that nobody has."""
    await _enter(request, context, node_id)
    now = context.now()
    return await context.database.run(
        OPERATOR, lambda tx: next_batches(tx, node_id, data.pickers, now)
    )


@post("/picks:confirm", status_code=200, summary="Confirm picks by scan")
async def confirm_picks(
    request: Http, context: Here, node_id: FromPath[int], data: JSONBody[Confirmations]
) -> Sequence[PickAnswer]:
    """Record what was found; a short order is re-allocated or given up, and says so."""
    await _enter(request, context, node_id)
    now = context.now()
    return await context.database.run(
        OPERATOR,
        lambda tx: confirm_pick(tx, node_id, data.confirmations, now, lending.short),
    )


@post("/packs", status_code=200, summary="Pack picked orders into parcels")
async def pack_orders(
    request: Http, context: Here, node_id: FromPath[int], data: JSONBody[Packs]
) -> Sequence[PackAnswer]:
    """Choose cartons, weigh, and make parcels that wait for declaration or label."""
    await _enter(request, context, node_id)
    now = context.now()
    return await context.database.run(
        OPERATOR, lambda tx: pack(tx, node_id, data.packs, now, lending.crosses_border)
    )


@get("/manifests", summary="Manifests that wait at the dock")
async def list_manifests(
    request: Http, context: Here, node_id: FromPath[int]
) -> Sequence[WaitingManifest]:
    """List closed manifests with parcels left, the earliest pick-up first."""
    await _enter(request, context, node_id)
    return await context.database.run(OPERATOR, lambda tx: manifests_waiting(tx, node_id=node_id))


@post("/hand-overs", status_code=200, summary="Hand parcels over to their carriers")
async def hand_parcels_over(
    request: Http, context: Here, node_id: FromPath[int], data: JSONBody[HandOvers]
) -> Sequence[HandOverAnswer]:
    """Hand over whole manifests, or the parcels scanned of them; stock leaves with the last."""
    await _enter(request, context, node_id)
    now = context.now()
    return await context.database.run(
        OPERATOR, lambda tx: lending.hand_parcels_over(tx, node_id, data.hand_overs, now)
    )


floor = Router(
    "/v1/nodes/{node_id:int}",
    route_handlers=[
        show_work,
        hand_out_batches,
        confirm_picks,
        pack_orders,
        list_manifests,
        hand_parcels_over,
    ],
    tags=["floor"],
)
