"""What scores do to merchants over HTTP: acts proposed, decided, undone; and what they move."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Router, get, post
from litestar.params import JSONBody, QueryParameter

from penstock.api.caller import actor_of, merchant_of, require
from penstock.api.context import Here, MerchantCode
from penstock.db.transaction import OPERATOR
from penstock.kernel.errors import FieldError, Invalid
from penstock.ledger.payouts import Payout, payouts_due
from penstock.merchants.growth.decide_actions import (
    ActionDecided,
    ActionDecision,
    decide_actions,
)
from penstock.merchants.growth.list_actions import NEWEST, ActionShown, actions_shown

Http = Request[Any, Any, Any]
State = Annotated[
    Literal["proposed", "applied", "rejected", "withdrawn", "reverted"] | None,
    QueryParameter(description="only acts in this state"),
]
Before = Annotated[
    int, QueryParameter(ge=1, le=NEWEST, description="acts with lower ids; for the next page")
]
Limit = Annotated[int, QueryParameter(ge=1, le=1_000)]
Since = Annotated[date, QueryParameter(description="the first day, UTC")]
Until = Annotated[date, QueryParameter(description="the day after the last, UTC")]


class ActionDecisions(msgspec.Struct, frozen=True):
    """The operator's word on acts, each with its reason."""

    decisions: tuple[ActionDecision, ...]


@get("/v1/actions", summary="What was done to merchants because of their scores, or is proposed")
async def list_actions(
    request: Http,
    context: Here,
    in_state: State = None,
    before: Before = NEWEST,
    limit: Limit = 100,
    code: MerchantCode = None,
) -> Sequence[ActionShown]:
    """List acts with score, day, band and reason, the newest first: a merchant's, or all."""
    principal = await context.callers.identify(request)
    require(principal, "merchant")
    everybody = principal.role == "operator" and code is None
    whose = None if everybody else await merchant_of(context.database, principal, code)
    return await context.database.run(
        actor_of(principal),
        lambda tx: actions_shown(
            tx, merchant=whose, state=in_state or "", before=before, batch=limit
        ),
    )


@post("/v1/actions:decide", status_code=200, summary="Approve, reject or revert acts")
async def decide_on_actions(
    request: Http, context: Here, data: JSONBody[ActionDecisions]
) -> Sequence[ActionDecided]:
    """Do what is proposed, turn it down, or undo what was done; one answer each, in order."""
    principal = await context.callers.identify(request)
    require(principal, "operator")
    now = context.now()
    by = f"{principal.role} {principal.key_id}"
    return await context.database.run(
        OPERATOR, lambda tx: decide_actions(tx, data.decisions, now, by=by)
    )


@get("/v1/payouts", summary="What a merchant is to be paid for delivered goods, and when")
async def show_payouts(
    request: Http, context: Here, since: Since, until: Until, code: MerchantCode = None
) -> Sequence[Payout]:
    """Sum by day what falls due in a period, by the days of settlement in force at delivery."""
    principal = await context.callers.identify(request)
    merchant_id = await merchant_of(context.database, principal, code)
    if until <= since:
        detail = f"the period ends on {until}, before it begins on {since}"
        raise Invalid(detail, errors=(FieldError("/until", "out_of_range", detail),))
    return await context.database.run(
        actor_of(principal), lambda tx: payouts_due(tx, merchant_id, since, until)
    )


actions = Router(
    "/", route_handlers=[list_actions, decide_on_actions, show_payouts], tags=["growth"]
)
