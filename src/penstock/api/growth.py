"""Controlled growth over HTTP: policies, tiers, volume limits, handling capacity, payments."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Router, get, post, put
from litestar.params import JSONBody, QueryParameter

from penstock import lending
from penstock.access.key import Principal
from penstock.api.caller import actor_of, merchant_of, require
from penstock.api.context import Here, MerchantCode
from penstock.db.transaction import OPERATOR, merchant
from penstock.kernel.errors import NotFound
from penstock.merchants.growth.declare_capacity import HandlingCapacity, declare_capacity
from penstock.merchants.growth.end_policy import end_policy
from penstock.merchants.growth.lift_limits import Lifted, lift_limits
from penstock.merchants.growth.load_policies import (
    PolicyAnswer,
    PolicyStored,
    load_policies,
    policies_stored,
)
from penstock.merchants.growth.policy import Policy
from penstock.merchants.growth.set_tiers import TierDecided, TierDecision, set_tiers
from penstock.merchants.growth.show_standing import StandingShown, standing_shown
from penstock.orders.pay import Paid, Payment, pay

Http = Request[Any, Any, Any]
Since = Annotated[date | None, QueryParameter(description="the first day, UTC; today if left out")]


class PoliciesToLoad(msgspec.Struct, frozen=True):
    """Policies to put in force, each from its own first day on, and why."""

    policies: tuple[Policy, ...]
    because: str


class PolicyEnd(msgspec.Struct, frozen=True):
    """The new last day of a policy (null: none), and why."""

    code: str
    effective_from: date
    effective_to: date | None
    because: str


class TierDecisions(msgspec.Struct, frozen=True):
    """The operator's word on merchants' tiers."""

    decisions: tuple[TierDecision, ...]


class LimitToLift(msgspec.Struct, frozen=True):
    """A volume limit of a merchant."""

    merchant_id: int
    limit_id: int


class LimitsToLift(msgspec.Struct, frozen=True):
    """Volume limits to lift, or with `lifted` false to restore, and why."""

    limits: tuple[LimitToLift, ...]
    because: str
    lifted: bool = True


class Capacities(msgspec.Struct, frozen=True):
    """What a merchant says that it can handle a day."""

    capacities: tuple[HandlingCapacity, ...]


class CapacitiesDeclared(msgspec.Struct, frozen=True):
    """How many declarations are new or changed."""

    changed: int


class Payments(msgspec.Struct, frozen=True):
    """Payments of one merchant's orders."""

    payments: tuple[Payment, ...]


class PolicyShown(msgspec.Struct, frozen=True):
    """A policy in its time, by whom and why; `origin` is `shipped` or `operator`."""

    policy: Policy
    effective_to: date | None
    origin: str
    because: str
    decided_by: str
    decided_at: datetime
    ended_because: str


@get("/v1/policies", summary="Policies that are or will be in force")
async def list_policies(request: Http, context: Here, since: Since = None) -> Sequence[PolicyShown]:
    """List the policies of controlled growth by kind, code and first day."""
    principal = await context.callers.identify(request)
    require(principal, "merchant")
    day = since or context.now().date()
    stored = await context.database.run(OPERATOR, lambda tx: policies_stored(tx, since=day))
    return [_shown(policy) for policy in stored]


@post("/v1/policies", status_code=200, summary="Put policies in force")
async def put_policies_in_force(
    request: Http, context: Here, data: JSONBody[PoliciesToLoad]
) -> Sequence[PolicyAnswer]:
    """Add an operator's policies; what has begun is ended, never rewritten."""
    principal = await context.callers.identify(request)
    require(principal, "operator")
    now = context.now()
    return await context.database.run(
        OPERATOR,
        lambda tx: load_policies(tx, data.policies, now, because=data.because, by=_by(principal)),
    )


@post("/v1/policies:end", status_code=204, summary="Change the last day of a policy")
async def change_last_day(request: Http, context: Here, data: JSONBody[PolicyEnd]) -> None:
    """End a policy, or let one that was ended go on."""
    principal = await context.callers.identify(request)
    require(principal, "operator")
    now = context.now()
    await context.database.run(
        OPERATOR,
        lambda tx: end_policy(
            tx,
            data.code,
            data.effective_from,
            data.effective_to,
            now,
            because=data.because,
            by=_by(principal),
        ),
    )


@post("/v1/tiers", status_code=200, summary="Put merchants on tiers")
async def put_on_tiers(
    request: Http, context: Here, data: JSONBody[TierDecisions]
) -> Sequence[TierDecided]:
    """Decide on merchants' tiers; the ladder does not move them before the decision's day."""
    principal = await context.callers.identify(request)
    require(principal, "operator")
    now = context.now()
    return await context.database.run(
        OPERATOR, lambda tx: set_tiers(tx, data.decisions, now, by=_by(principal))
    )


@post("/v1/volume-limits:lift", status_code=200, summary="Lift or restore volume limits")
async def lift_volume_limits(
    request: Http, context: Here, data: JSONBody[LimitsToLift]
) -> Sequence[Lifted]:
    """Lift limits that are not over, or put lifted ones back for the rest of their term."""
    principal = await context.callers.identify(request)
    require(principal, "operator")
    now = context.now()
    return await context.database.run(
        OPERATOR,
        lambda tx: lift_limits(
            tx,
            [(limit.merchant_id, limit.limit_id) for limit in data.limits],
            now,
            because=data.because,
            by=_by(principal),
            lifted=data.lifted,
        ),
    )


@put("/v1/capacity", summary="Declare an order-handling capacity")
async def put_capacity(
    request: Http, context: Here, data: JSONBody[Capacities], code: MerchantCode = None
) -> CapacitiesDeclared:
    """Say how many orders a day can be handled; what exceeds it is taken and due later."""
    principal = await context.callers.identify(request)
    merchant_id = await merchant_of(context.database, principal, code)
    now = context.now()
    changed = await context.database.run(
        merchant(merchant_id),
        lambda tx: declare_capacity(tx, merchant_id, data.capacities, now, by=_by(principal)),
    )
    return CapacitiesDeclared(changed)


@get("/v1/standing", summary="What a merchant may take today, and why")
async def show_merchant_standing(
    request: Http, context: Here, code: MerchantCode = None
) -> StandingShown:
    """Show caps, tiers with their history, volume limits and handling capacity."""
    principal = await context.callers.identify(request)
    merchant_id = await merchant_of(context.database, principal, code)
    now = context.now()
    found = await context.database.run(
        actor_of(principal), lambda tx: standing_shown(tx, merchant_id, now)
    )
    if found is None:
        raise NotFound("there is no such merchant")
    return found


@post("/v1/orders:pay", status_code=200, summary="Confirm payments")
async def confirm_payments(
    request: Http, context: Here, data: JSONBody[Payments], code: MerchantCode = None
) -> Sequence[Paid]:
    """Let orders that were received unpaid go on; one answer each, twice is once."""
    principal = await context.callers.identify(request)
    merchant_id = await merchant_of(context.database, principal, code)
    now = context.now()
    return await context.database.run(
        merchant(merchant_id),
        lambda tx: pay(tx, merchant_id, data.payments, now, promise=lending.promise),
    )


def _by(principal: Principal) -> str:
    return f"{principal.role} {principal.key_id}"


def _shown(stored: PolicyStored) -> PolicyShown:
    return PolicyShown(
        msgspec.json.decode(stored.terms, type=Policy),
        stored.effective_to,
        stored.origin,
        stored.because,
        stored.decided_by,
        stored.decided_at,
        stored.ended_because,
    )


growth = Router(
    "/",
    route_handlers=[
        list_policies,
        put_policies_in_force,
        change_last_day,
        put_on_tiers,
        lift_volume_limits,
        put_capacity,
        show_merchant_standing,
        confirm_payments,
    ],
    tags=["growth"],
)
