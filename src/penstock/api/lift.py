"""What would lift a merchant's score, over HTTP."""

import asyncio
from typing import Annotated, Any

import msgspec
from litestar import Request, Router, get
from litestar.params import QueryParameter

from penstock.api.asked import asked_of, profile_named
from penstock.api.context import Here, MerchantCode
from penstock.api.experience import InNumbers, ProfileName
from penstock.db.transaction import OPERATOR
from penstock.experience.lift.lift import WEEKS_MAX, lift, lift_snapshot
from penstock.experience.lift.predict import Lifts
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
    who = await asked_of(request, context, code)
    chosen, now = profile_named(profile), who.now
    # The operator's eyes: a floor and a carrier serve all. The answer speaks of this merchant.
    snapshot, measured = await context.database.run(
        OPERATOR,
        lambda tx: lift_snapshot(tx, chosen, who.merchant, weeks=weeks, as_of=now),
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
