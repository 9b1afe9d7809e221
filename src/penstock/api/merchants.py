"""Merchants over HTTP: let in, told where they may sell and how much, with what they sell."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import msgspec
from litestar import Request, Router, post, put
from litestar.params import JSONBody

from penstock.api.caller import merchant_of, require
from penstock.api.context import Here, MerchantCode
from penstock.channels.json_faults import invalid
from penstock.db.transaction import OPERATOR, merchant
from penstock.kernel.errors import FieldError
from penstock.merchants.add_skus import SkuAnswer, add_skus
from penstock.merchants.apply import Application, ApplicationAnswer, apply
from penstock.merchants.approve_skus import SkuApproval, approve_skus
from penstock.merchants.decide import Decided, Decision, Verdict, decide
from penstock.merchants.set_markets import Market, set_markets
from penstock.merchants.sku_rules import NewSku
from penstock.promise.due import shipped_slas

Http = Request[Any, Any, Any]


class Applications(msgspec.Struct, frozen=True):
    """Merchants that ask to be let in."""

    applications: tuple[Application, ...]


class MerchantDecision(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict on one merchant, and why; who is approved is told how many orders a day."""

    merchant_id: int
    verdict: Verdict
    because: str
    daily_cap: int | None = None
    hold: timedelta = timedelta(0)


class Decisions(msgspec.Struct, frozen=True):
    """Verdicts on merchants, and why."""

    decisions: tuple[MerchantDecision, ...]

    def breaches(self) -> Iterator[FieldError]:
        """Name the approvals that set no cap: to take it for 0 would stop the merchant."""
        for i, decision in enumerate(self.decisions):
            if decision.verdict == "approved" and decision.daily_cap is None:
                detail = "daily_cap is needed to approve: say how many orders a day it may take."
                yield FieldError(f"/decisions/{i}/daily_cap", "required", detail)


class Markets(msgspec.Struct, frozen=True):
    """Where one merchant sells; a country that is not named stays as it is."""

    markets: tuple[Market, ...]


class MarketsSet(msgspec.Struct, frozen=True):
    """How many markets are new or changed."""

    changed: int


class Skus(msgspec.Struct, frozen=True):
    """What one merchant sells, in its packaging."""

    skus: tuple[NewSku, ...]


class SkusToApprove(msgspec.Struct, frozen=True):
    """Codes of one merchant's SKUs; `permitted` are UN numbers that the operator may carry."""

    skus: tuple[str, ...]
    permitted: tuple[str, ...] = ()


@post("/v1/merchants", status_code=200, summary="Apply for merchants")
async def take_applications(
    request: Http, context: Here, data: JSONBody[Applications]
) -> Sequence[ApplicationAnswer]:
    """Take applications; an applicant may list SKUs, and sells once it is approved."""
    require(await context.callers.identify(request), "operator")
    now = context.now()
    return await context.database.run(OPERATOR, lambda tx: apply(tx, data.applications, now))


@post("/v1/merchants:decide", status_code=200, summary="Approve, reject or suspend merchants")
async def decide_merchants(
    request: Http, context: Here, data: JSONBody[Decisions]
) -> Sequence[Decided]:
    """Decide on merchants; to approve again is how a daily cap or a hold is changed."""
    require(await context.callers.identify(request), "operator")
    errors = tuple(data.breaches())
    if errors:
        raise invalid(errors)
    now = context.now()
    decisions = [
        Decision(
            merchant_id=wish.merchant_id,
            verdict=wish.verdict,
            because=wish.because,
            daily_cap=wish.daily_cap or 0,
            hold=wish.hold,
        )
        for wish in data.decisions
    ]
    return await context.database.run(OPERATOR, lambda tx: decide(tx, decisions, now))


@put("/v1/markets", summary="Open markets to a merchant")
async def put_markets(
    request: Http, context: Here, data: JSONBody[Markets], code: MerchantCode = None
) -> MarketsSet:
    """Say where a merchant sells, in which currency and under which SLA."""
    principal = await context.callers.identify(request)
    require(principal, "operator")
    merchant_id = await merchant_of(context.database, principal, code)
    slas = shipped_slas().keys()
    changed = await context.database.run(
        merchant(merchant_id), lambda tx: set_markets(tx, merchant_id, data.markets, slas)
    )
    return MarketsSet(changed)


@post("/v1/skus", status_code=200, summary="List SKUs")
async def list_skus(
    request: Http, context: Here, data: JSONBody[Skus], code: MerchantCode = None
) -> Sequence[SkuAnswer]:
    """Add SKUs or change them by code; what curation looked at must be approved again."""
    principal = await context.callers.identify(request)
    merchant_id = await merchant_of(context.database, principal, code)
    return await context.database.run(
        merchant(merchant_id), lambda tx: add_skus(tx, merchant_id, data.skus)
    )


@post("/v1/skus:approve", status_code=200, summary="Approve SKUs for sale")
async def approve_for_sale(
    request: Http, context: Here, data: JSONBody[SkusToApprove], code: MerchantCode = None
) -> Sequence[SkuApproval]:
    """Approve SKUs, or say why not: dangerous goods need a carrier that takes them."""
    principal = await context.callers.identify(request)
    require(principal, "operator")
    merchant_id = await merchant_of(context.database, principal, code)
    now = context.now()
    return await context.database.run(
        merchant(merchant_id),
        lambda tx: approve_skus(
            tx, [(merchant_id, sku) for sku in data.skus], now, permitted=data.permitted
        ),
    )


merchants = Router(
    "/",
    route_handlers=[take_applications, decide_merchants, put_markets, list_skus, approve_for_sale],
    tags=["merchants"],
)
