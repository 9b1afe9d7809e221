"""Returns over HTTP: a shopper, through the merchant or its channel, asks to send back."""

from collections import Counter
from typing import Any

import msgspec
from litestar import Request, Router, get, post
from litestar.params import FromPath, JSONBody

from penstock.api.archived import files_named_to_operators
from penstock.api.caller import actor_of, merchant_of, require
from penstock.api.context import Here, MerchantCode
from penstock.db.query import query
from penstock.db.transaction import OPERATOR, Transaction
from penstock.kernel.errors import NotFound
from penstock.orders.archived import folder_of, show_kept
from penstock.orders.show import HappeningShown, ReturnShown
from penstock.returns.request import request as request_returns
from penstock.returns.returnable import NewReturn, ReturnAnswer, ReturnLine

Http = Request[Any, Any, Any]


class AskedReturn(msgspec.Struct, frozen=True, kw_only=True):
    """One request, as a merchant sends it; the fields are those of NewReturn."""

    request_key: str
    lines: tuple[ReturnLine, ...]
    reason: str
    order_id: int = 0
    channel: str = ""
    channel_order_id: str = ""
    fulfilment_order_id: int = 0


class ReturnRequests(msgspec.Struct, frozen=True):
    """Requests of one merchant's shoppers."""

    requests: tuple[AskedReturn, ...]


class ReturnAnswers(msgspec.Struct, frozen=True):
    """One answer a request, in their order, and how many there are of each."""

    counts: dict[str, int]
    answers: tuple[ReturnAnswer, ...]


@post("/v1/returns", status_code=200, summary="Ask to send something back")
async def ask_returns(
    request: Http, context: Here, data: JSONBody[ReturnRequests], code: MerchantCode = None
) -> ReturnAnswers:
    """Take requests; what the policy says of each is decided by the next worker's turn."""
    principal = await context.callers.identify(request)
    merchant_id = await merchant_of(context.database, principal, code)
    wanted = [
        NewReturn(merchant_id=merchant_id, **{f: getattr(r, f) for f in r.__struct_fields__})
        for r in data.requests
    ]
    now = context.now()
    answers = await context.database.run(OPERATOR, lambda tx: request_returns(tx, wanted, now))
    return ReturnAnswers(dict(Counter(a.outcome for a in answers)), tuple(answers))


class ReturnFound(msgspec.Struct, frozen=True, kw_only=True):
    """A return, the order that it belongs to, and all that happened to it."""

    merchant: str
    order_id: int
    channel: str
    channel_order_id: str
    sent_back: ReturnShown
    history: tuple[HappeningShown, ...]


@query
async def order_of_return(
    tx: Transaction, *, merchant_id: int | None, return_id: int
) -> int | None:
    """Find the order of a return."""


@get("/v1/returns/{return_id:int}", summary="Show one return")
async def show_return(request: Http, context: Here, return_id: FromPath[int]) -> ReturnFound:
    """Show how far a return is, how its goods were graded, and what was refunded."""
    principal = await context.callers.identify(request)
    require(principal, "merchant")
    whose, folder = principal.merchant_id or None, context.settings.archive_folder

    async def work(tx: Transaction) -> ReturnFound | None:
        order_id = await order_of_return(tx, merchant_id=whose, return_id=return_id)
        if order_id is None:
            return None
        order = await show_kept(tx, whose, order_id, folder_of(folder))
        if order is None:
            return None
        return ReturnFound(
            merchant=order.merchant,
            order_id=order.order_id,
            channel=order.channel,
            channel_order_id=order.channel_order_id,
            sent_back=next(r for r in order.returns if r.return_id == return_id),
            history=tuple(h for h in order.history if h.subject_id == return_id),
        )

    with files_named_to_operators(principal):
        found = await context.database.run(actor_of(principal), work, snapshot=True)
    if found is None:
        raise NotFound(f"there is no return {return_id}")
    return found


returns = Router("/", route_handlers=[ask_returns, show_return], tags=["returns"])
