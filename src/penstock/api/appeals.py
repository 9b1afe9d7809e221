"""Appeals over HTTP: a merchant files them with its proofs, an operator decides order by order."""

import binascii
from base64 import b64decode
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Router, get, post
from litestar.params import JSONBody, QueryParameter

from penstock.api.asked import asked_of, profile_named
from penstock.api.caller import actor_of, merchant_of, require
from penstock.api.context import Here, MerchantCode
from penstock.db.transaction import OPERATOR
from penstock.experience.appeals.add_file import FileAdded, add_file
from penstock.experience.appeals.decide_appeal import Decided, OrderDecision, decide_appeal
from penstock.experience.appeals.file_appeal import AppealFiled, NewAppeal, file_appeal
from penstock.experience.appeals.settle_appeal import Settled, reopen_appeal, withdraw_appeal
from penstock.experience.appeals.show_appeals import PAGE_MAX, AppealShown, show_appeals
from penstock.kernel.errors import FieldError, Invalid

Http = Request[Any, Any, Any]
InStatus = Annotated[
    Literal["filed", "decided", "reopened", "withdrawn"] | None,
    QueryParameter(name="status", description="only appeals that stand there"),
]
After = Annotated[int, QueryParameter(ge=0, le=2**63 - 1, description="a page's last appeal_id")]
Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_MAX)]


class AppealToFile(msgspec.Struct, frozen=True, kw_only=True):
    """Orders that should not count, by the channel's order numbers, against one shipped profile.

    `request_key` is the merchant's own name for the appeal: sent twice it is one.
    """

    request_key: str
    profile: str
    scenario: str
    statement: str
    orders: tuple[str, ...]


class FileToAdd(msgspec.Struct, frozen=True):
    """A photograph or document of an appeal: JPEG, PNG or PDF, in Base64."""

    appeal_id: int
    title: str
    content_base64: str


class AppealToDecide(msgspec.Struct, frozen=True):
    """What is decided on each order of an appeal that waits, and why.

    An order without a reason of its own has that of the whole.
    """

    appeal_id: int
    because: str
    orders: tuple[OrderDecision, ...]


class AppealToWithdraw(msgspec.Struct, frozen=True):
    """An appeal to take back, and why."""

    appeal_id: int
    because: str


class AppealToReopen(msgspec.Struct, frozen=True):
    """A decided appeal to open again, and why.

    Operators may name the fulfilment orders to decide anew; without any it is what was refused.
    """

    appeal_id: int
    because: str
    orders: tuple[int, ...] | None = None


@get("/v1/appeals", summary="List appeals with their orders and decisions")
async def list_appeals(
    request: Http,
    context: Here,
    status: InStatus = None,
    after: After = 0,
    limit: Limit = 50,
    code: MerchantCode = None,
) -> Sequence[AppealShown]:
    """List appeals by number, a merchant's or all; `overdue` ones wait past their answer's day."""
    principal = await context.callers.identify(request)
    require(principal, "merchant")
    everybody = principal.role == "operator" and code is None
    whose = None if everybody else await merchant_of(context.database, principal, code)
    now = context.now()
    return await context.database.run(
        actor_of(principal),
        lambda tx: show_appeals(
            tx, now, merchant=whose, status=status or "", after=after, limit=limit
        ),
    )


@post("/v1/appeals", status_code=200, summary="Appeal against orders that cost points")
async def file_an_appeal(
    request: Http, context: Here, data: JSONBody[AppealToFile], code: MerchantCode = None
) -> AppealFiled:
    """File an appeal; each order is answered, and those that cannot be appealed are left out."""
    who = await asked_of(request, context, code)
    profile = profile_named(data.profile)
    new = NewAppeal(
        request_key=data.request_key,
        scenario=data.scenario,
        statement=data.statement,
        orders=data.orders,
    )
    return await context.database.run(
        who.actor,
        lambda tx: file_appeal(tx, profile, who.merchant, new, who.now, by=who.by),
    )


@post("/v1/appeals:add-file", status_code=200, summary="Hand in a photograph with an appeal")
async def add_a_file(
    request: Http, context: Here, data: JSONBody[FileToAdd], code: MerchantCode = None
) -> FileAdded:
    """Add a file to an appeal that waits; it goes into its evidence pack."""
    who = await asked_of(request, context, code)
    try:
        content = b64decode(data.content_base64, validate=True)
    except (binascii.Error, ValueError):
        detail = "write the file in Base64"
        raise Invalid(detail, errors=(FieldError("/content_base64", "bad_file", detail),)) from None
    return await context.database.run(
        who.actor,
        lambda tx: add_file(tx, who.merchant, data.appeal_id, data.title, content, who.now),
    )


@post("/v1/appeals:decide", status_code=200, summary="Decide an appeal, order by order")
async def decide_an_appeal(
    request: Http, context: Here, data: JSONBody[AppealToDecide], code: MerchantCode = None
) -> Decided:
    """Grant or refuse every order that waits; granted ones no longer count, from now on."""
    who = await asked_of(request, context, code)
    require(who.principal, "operator")
    return await context.database.run(
        OPERATOR,
        lambda tx: decide_appeal(
            tx,
            who.merchant,
            data.appeal_id,
            data.orders,
            who.now,
            because=data.because,
            by=who.by,
        ),
    )


@post("/v1/appeals:withdraw", status_code=200, summary="Take an appeal back")
async def withdraw_an_appeal(
    request: Http, context: Here, data: JSONBody[AppealToWithdraw], code: MerchantCode = None
) -> Settled:
    """Take back what waits for a decision."""
    who = await asked_of(request, context, code)
    return await context.database.run(
        who.actor,
        lambda tx: withdraw_appeal(
            tx, who.merchant, data.appeal_id, who.now, because=data.because, by=who.by
        ),
    )


@post("/v1/appeals:reopen", status_code=200, summary="Open a decided appeal again")
async def reopen_an_appeal(
    request: Http, context: Here, data: JSONBody[AppealToReopen], code: MerchantCode = None
) -> Settled:
    """Let refused orders be decided once more: a merchant once and in time, an operator always."""
    who = await asked_of(request, context, code)
    return await context.database.run(
        who.actor,
        lambda tx: reopen_appeal(
            tx,
            who.merchant,
            data.appeal_id,
            who.now,
            because=data.because,
            by=who.by,
            role="operator" if who.principal.role == "operator" else "merchant",
            orders=data.orders,
        ),
    )


appeals = Router(
    "/",
    route_handlers=[
        list_appeals,
        file_an_appeal,
        add_a_file,
        decide_an_appeal,
        withdraw_an_appeal,
        reopen_an_appeal,
    ],
    tags=["experience"],
)
