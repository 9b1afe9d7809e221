"""Returns over HTTP: a shopper, through the merchant or its channel, asks to send back."""

from collections import Counter
from typing import Any

import msgspec
from litestar import Request, Router, post
from litestar.params import JSONBody

from penstock.api.caller import merchant_of
from penstock.api.context import Here, MerchantCode
from penstock.db.transaction import OPERATOR
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


returns = Router("/", route_handlers=[ask_returns], tags=["returns"])
