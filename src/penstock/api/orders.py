"""Orders over HTTP: one, many, and what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.params import FromPath, JSONBody, QueryParameter

from penstock import lending
from penstock.api.archived import files_named_to_operators
from penstock.api.caller import actor_of, merchant_of, require
from penstock.api.context import Here, MerchantCode
from penstock.api.receipt import Batch
from penstock.db.transaction import OPERATOR, Transaction
from penstock.kernel.errors import NotFound
from penstock.orders.archived import archived_document, folder_of
from penstock.orders.cancel import Cancelled
from penstock.orders.intake import Taken
from penstock.orders.search import PAGE_MAX, Page, Wanted, search
from penstock.orders.show import OrderShown, show

ANSWERED_BEFORE = "described here; `api/receipt.py` answers before the framework sees it"


@dataclass  # else nobody calls its __post_init__
class _TakesOrder(Operation):
    def __post_init__(self) -> None:
        self.request_body = _body("application/json", "One order: the fields of NewOrder.")


@dataclass
class _TakesOrders(Operation):
    def __post_init__(self) -> None:
        self.request_body = _body(
            "application/x-ndjson", "Orders, one JSON object a line; or a JSON array of them."
        )


def _body(media_type: str, description: str) -> RequestBody:
    media = OpenAPIMediaType(schema=Schema(description=description))
    return RequestBody(content={media_type: media}, description=description, required=True)


@post("/v1/orders", operation_class=_TakesOrder, summary="Receive one order")
async def receive_one(code: MerchantCode = None) -> Taken:  # noqa: ARG001  for the description
    """Reserve and store, or refuse: accepted means durable; a repetition gets the same answer."""
    raise AssertionError(ANSWERED_BEFORE)


@post(
    "/v1/orders:batch", operation_class=_TakesOrders, summary="Receive many orders", status_code=200
)
async def receive_many(code: MerchantCode = None) -> Batch:  # noqa: ARG001  for the description
    """Answer each order by itself: the good are taken, the bad are refused by line and field."""
    raise AssertionError(ANSWERED_BEFORE)


class Cancellation(msgspec.Struct, frozen=True):
    """Orders of one merchant to cancel, and why; a merchant's or its channel's buyer's wish."""

    orders: tuple[int, ...]
    reason: str
    fault: Literal["seller", "buyer", "platform", "carrier"] = "buyer"


@post("/v1/orders:cancel", status_code=200, summary="Cancel orders")
async def cancel_many(
    request: Request[Any, Any, Any],
    context: Here,
    data: JSONBody[Cancellation],
    code: MerchantCode = None,
) -> Sequence[Cancelled]:
    """Cancel what no floor has in hand; stock is for sale again at once."""
    principal = await context.callers.identify(request)
    merchant_id = await merchant_of(context.database, principal, code)
    now = context.now()
    return await context.database.run(
        OPERATOR,
        lambda tx: lending.cancel_orders(
            tx, merchant_id, data.orders, data.reason, data.fault, now
        ),
    )


Instant = Annotated[datetime, msgspec.Meta(tz=True)]


@get("/v1/orders", summary="Find orders")
async def find_orders(
    request: Request[Any, Any, Any],
    context: Here,
    code: MerchantCode = None,
    channel: Annotated[str, QueryParameter(description="such as tiktok_shop")] = "",
    channel_order_id: Annotated[str, QueryParameter(description="the channel's number")] = "",
    status: Annotated[str, QueryParameter(description="of the least advanced part")] = "",
    received_from: Annotated[
        Instant | None, QueryParameter(description="received then or later")
    ] = None,
    received_to: Annotated[Instant | None, QueryParameter(description="received before")] = None,
    after: Annotated[
        int | None, QueryParameter(ge=1, le=2**63 - 1, description="next_after of the page before")
    ] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_MAX, description="orders")] = 100,
) -> Page:
    """List accepted orders, the newest first: a merchant its own, an operator all or one's."""
    principal = await context.callers.identify(request)
    require(principal, "merchant")
    everybody = principal.role == "operator" and code is None
    merchant_id = None if everybody else await merchant_of(context.database, principal, code)
    wanted = Wanted(
        merchant_id=merchant_id,
        channel=channel,
        channel_order_id=channel_order_id,
        status=status,
        received_from=received_from,
        received_to=received_to,
        after=after,
    )
    return await context.database.run(
        actor_of(principal), lambda tx: search(tx, wanted, limit), snapshot=True
    )


@get("/v1/orders/{order_id:int}", summary="Show one order's journey")
async def show_one(
    request: Request[Any, Any, Any], context: Here, order_id: FromPath[int]
) -> Response[OrderShown]:
    """Show lines, fulfilment orders, parcels, tracking, and all that happened.

    An order whose month is archived is shown as it was then.
    """
    principal = await context.callers.identify(request)
    require(principal, "merchant")
    whose, folder = principal.merchant_id or None, context.settings.archive_folder

    async def look(tx: Transaction) -> OrderShown | bytes | None:
        found = await show(tx, whose, order_id)
        return found or await archived_document(tx, whose, order_id, folder_of(folder))

    with files_named_to_operators(principal):
        found = await context.database.run(actor_of(principal), look, by_key=True)
    if found is None:
        raise NotFound(f"there is no order {order_id}")
    body: Any = found  # of the archive: the very bytes that were answered then
    return Response(body, media_type="application/json")


orders = Router(
    "/",
    route_handlers=[receive_one, receive_many, cancel_many, find_orders, show_one],
    tags=["orders"],
)
