"""Where scores are going, over HTTP, and what can still be saved."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Router, get
from litestar.params import QueryParameter

from penstock.api.asked import Asked, asked_of, profile_named
from penstock.api.context import Context, Here, MerchantCode
from penstock.api.experience import InNumbers, ProfileName
from penstock.experience.foresee.ahead import (
    Ahead,
    Look,
    SaveLine,
    ahead_of,
    lines_of,
    look_ahead,
    read_ahead,
    worth_saving,
)
from penstock.experience.foresee.policy import load_save_policy
from penstock.experience.profiles.profile import Profile

Http = Request[Any, Any, Any]
LINES_MAX = 500
Lines = Annotated[int, QueryParameter(ge=1, le=LINES_MAX, description="at most so many lines")]
Node = Annotated[
    int | None, QueryParameter(ge=1, le=2**31 - 1, description="what this node's floor can do")
]


class Saves(msgspec.Struct, frozen=True, kw_only=True):
    """The save list: each line brings its points once those above it are done."""

    profile: str
    as_of: datetime
    lines: Sequence[SaveLine]


@get("/v1/scores:forecast", summary="Foresee a merchant's score")
async def forecast_score(
    request: Http, context: Here, profile: ProfileName = "penstock_les", code: MerchantCode = None
) -> Ahead:
    """Foresee the score of the coming 30 days; without orders of late there are no days."""
    who = await asked_of(request, context, code)
    chosen, now = profile_named(profile), who.now
    look = await _look(context, who, chosen)
    if look is None:
        return Ahead(
            profile=chosen.code, as_of=now, score=None, open_orders=0, at_risk=0, days=(), held=()
        )
    return ahead_of(chosen, look, now)


@get("/v1/scores:save-list", summary="What to do first to save a merchant's score")
async def list_saves(
    request: Http,
    context: Here,
    profile: ProfileName = "penstock_les",
    code: MerchantCode = None,
    node: Node = None,
    limit: Lines = 50,
) -> Saves:
    """Rank what can be done for open orders by expected points a minute of work."""
    who = await asked_of(request, context, code)
    chosen, now = profile_named(profile), who.now
    look = await _look(context, who, chosen)
    if look is None:
        return Saves(profile=chosen.code, as_of=now, lines=())
    most = limit if node is None else 2 * LINES_MAX
    savings = await asyncio.to_thread(worth_saving, chosen, look, load_save_policy(), most)
    lines = await context.database.run(
        who.actor,
        lambda tx: lines_of(tx, savings, merchant=who.merchant, now=now, node=node, limit=limit),
    )
    return Saves(profile=chosen.code, as_of=now, lines=lines)


async def _look(context: Context, who: Asked, profile: Profile) -> Look | None:
    read = await context.database.run(
        who.actor,
        lambda tx: read_ahead(tx, profile, merchant=who.merchant, now=who.now),
        snapshot=True,
    )
    return await asyncio.to_thread(look_ahead, read, profile, merchant=who.merchant, now=who.now)


foreseen = Router(
    "/", route_handlers=[forecast_score, list_saves], tags=["experience"], response_class=InNumbers
)
