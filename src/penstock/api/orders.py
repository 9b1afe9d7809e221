"""Orders over HTTP: one, many, and what became of them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from litestar import Request, Router, get, post
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.params import FromPath, JSONBody

from penstock import journey
from penstock.access.once import require_same_body
from penstock.api.caller import actor_of, merchant_of, require
from penstock.api.context import Context, Here, MerchantCode
from penstock.channels.json_text import decode_order
from penstock.channels.ndjson_file import decode_orders
from penstock.channels.parsed import Parsed
from penstock.db.transaction import OPERATOR, merchant
from penstock.kernel.errors import (
    Conflict,
    Forbidden,
    Invalid,
    KeyReused,
    LimitReached,
    Malformed,
    NotFound,
    Refusal,
    TooLarge,
)
from penstock.orders.cancel import Cancelled
from penstock.orders.intake import Taken, intake
from penstock.orders.show import OrderShown, show

_REFUSAL: dict[str, type[Refusal]] = {
    "insufficient_stock": Conflict,
    "daily_cap_reached": LimitReached,
    "merchant_not_approved": Forbidden,
    "key_reused": KeyReused,
}
"""Of a refused single order; every other outcome is Invalid."""
_KEY_LENGTH = 255


class Batch(msgspec.Struct):
    """One answer an order, in the order of the request, and how many there are of each."""

    counts: dict[str, int]
    answers: list[Taken]


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
async def receive_one(
    request: Request[Any, Any, Any], context: Here, code: MerchantCode = None
) -> Taken:
    """Reserve and store, or refuse: accepted means durable; a repetition gets the same answer."""
    merchant_id, raw = await _read(request, context, code)
    order = decode_order(raw)
    (taken,) = await intake(
        context.database, merchant_id, [Parsed(line=1, order=order)], context.now(), journey.RECEIPT
    )
    if taken.outcome != "accepted":
        detail = taken.detail or "One or more fields are not acceptable; see errors."
        kind = _REFUSAL.get(taken.outcome, Invalid)
        raise kind(detail, errors=taken.errors, code=taken.outcome)
    return taken


@post(
    "/v1/orders:batch", operation_class=_TakesOrders, summary="Receive many orders", status_code=200
)
async def receive_many(
    request: Request[Any, Any, Any], context: Here, code: MerchantCode = None
) -> Batch:
    """Answer each order by itself: the good are taken, the bad are refused by line and field."""
    merchant_id, raw = await _read(request, context, code)
    parsed = decode_orders(raw)
    if len(parsed) > context.settings.batch_max_orders:
        raise TooLarge(
            f"{len(parsed)} orders in one request: send at most {context.settings.batch_max_orders}"
        )
    answers = await intake(context.database, merchant_id, parsed, context.now(), journey.RECEIPT)
    counts: dict[str, int] = {}
    for taken in answers:
        counts[taken.outcome] = counts.get(taken.outcome, 0) + 1
    return Batch(counts, answers)


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
        lambda tx: journey.cancel_orders(
            tx, merchant_id, data.orders, data.reason, data.fault, now
        ),
    )


@get("/v1/orders/{order_id:int}", summary="Show one order's journey")
async def show_one(
    request: Request[Any, Any, Any], context: Here, order_id: FromPath[int]
) -> OrderShown:
    """Show lines, fulfilment orders, parcels, tracking, and all that happened."""
    principal = await context.callers.identify(request)
    require(principal, "merchant")
    found = await context.database.run(
        actor_of(principal), lambda tx: show(tx, principal.merchant_id or None, order_id)
    )
    if found is None:
        raise NotFound(f"there is no order {order_id}")
    return found


async def _read(
    request: Request[Any, Any, Any], context: Context, code: str | None
) -> tuple[int, bytes]:
    """Return whose orders these are and the body, after the Idempotency-Key has had its say."""
    principal = await context.callers.identify(request)
    merchant_id = await merchant_of(context.database, principal, code)
    raw = await request.body()
    if not raw.strip():
        raise Malformed("the body is empty; send the order as JSON")
    key = request.headers.get("idempotency-key", "")
    if len(key) > _KEY_LENGTH:
        raise Malformed(f"use an Idempotency-Key of at most {_KEY_LENGTH} characters")
    if key:
        digest = hashlib.sha256(raw).digest()
        await context.database.run(
            merchant(merchant_id),
            lambda tx: require_same_body(tx, merchant_id, key, digest, context.now()),
        )
    return merchant_id, raw


orders = Router(
    "/", route_handlers=[receive_one, receive_many, cancel_many, show_one], tags=["orders"]
)
