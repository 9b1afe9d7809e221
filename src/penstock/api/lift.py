"""What would lift a merchant's score, over HTTP."""

import asyncio
from typing import Annotated, Any

import msgspec
from litestar import Request, Router, get
from litestar.params import QueryParameter

from penstock.api.caller import merchant_of, require
from penstock.api.context import Here, MerchantCode
from penstock.api.experience import InNumbers, ProfileName
from penstock.db.transaction import OPERATOR
from penstock.experience.lift.lift import WEEKS_MAX, lift, lift_snapshot
from penstock.experience.lift.predict import Lifts
from penstock.experience.load import load, shipped
from penstock.kernel.errors import FieldError, Invalid
from penstock.kernel.fx import eur_per_unit

Http = Request[Any, Any, Any]
Weeks = Annotated[int, QueryParameter(ge=1, le=WEEKS_MAX, description="the last so many weeks")]


class MerchantLifts(msgspec.Struct, frozen=True, kw_only=True):
    """What each lever would have brought a merchant; points are on the profile's scale."""

    profile: str
    weeks: int
    lifts: Lifts


@get("/v1/scores:lift", summary="What would lift a merchant's score")
async def show_lifts(
    request: Http,
    context: Here,
    profile: ProfileName = "penstock_les",
    weeks: Weeks = 4,
    code: MerchantCode = None,
) -> MerchantLifts:
    """Replay a merchant's last weeks with more pickers, another carrier, a second node."""
    principal = await context.callers.identify(request)
    require(principal, "merchant")
    merchant_id = await merchant_of(context.database, principal, code)
    if profile not in shipped():  # a name that ends in .toml would be read from our own disk
        detail = f"use one of: {' '.join(shipped())}"
        raise Invalid(detail, errors=(FieldError("/profile", "unknown_profile", detail),))
    chosen, now = load(profile), context.now()
    # The operator's eyes: a floor and a carrier serve all. The answer speaks of this merchant.
    snapshot, measured = await context.database.run(
        OPERATOR,
        lambda tx: lift_snapshot(tx, chosen, merchant_id, weeks=weeks, as_of=now),
        snapshot=True,
    )
    found = await asyncio.to_thread(
        lift, snapshot, measured, chosen, weeks=weeks, given={},
        eur_per_unit=eur_per_unit(now.date()),
    )  # fmt: skip
    return MerchantLifts(profile=profile, weeks=weeks, lifts=found)


lift_routes = Router(
    "/", route_handlers=[show_lifts], tags=["experience"], response_class=InNumbers
)
