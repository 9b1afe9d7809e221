"""Where scores are going, over HTTP, and what can still be saved."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Router, get
from litestar.params import QueryParameter

from penstock.api.caller import actor_of, merchant_of, require
from penstock.api.context import Context, Here, MerchantCode
from penstock.api.experience import InNumbers, ProfileName
from penstock.db.transaction import Actor
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
from penstock.experience.load import load, shipped
from penstock.experience.profile import Profile
from penstock.kernel.errors import FieldError, Invalid

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
    chosen, actor, merchant_id = await _asked(request, context, profile, code)
    now = context.now()
    look = await _look(context, actor, chosen, merchant_id, now)
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
    chosen, actor, merchant_id = await _asked(request, context, profile, code)
    now = context.now()
    look = await _look(context, actor, chosen, merchant_id, now)
    if look is None:
        return Saves(profile=chosen.code, as_of=now, lines=())
    most = limit if node is None else 2 * LINES_MAX
    savings = await asyncio.to_thread(worth_saving, chosen, look, load_save_policy(), most)
    lines = await context.database.run(
        actor,
        lambda tx: lines_of(tx, savings, merchant=merchant_id, now=now, node=node, limit=limit),
    )
    return Saves(profile=chosen.code, as_of=now, lines=lines)


async def _asked(
    request: Http, context: Context, profile: str, code: str | None
) -> tuple[Profile, Actor, int]:
    """Return by which profile, in whose name and for which merchant.

    Raises:
        Invalid: the profile is not a shipped one.

    """
    principal = await context.callers.identify(request)
    require(principal, "merchant")
    merchant_id = await merchant_of(context.database, principal, code)
    if profile not in shipped():  # a name that ends in .toml would be read from our own disk
        detail = f"use one of: {' '.join(shipped())}"
        raise Invalid(detail, errors=(FieldError("/profile", "unknown_profile", detail),))
    return load(profile), actor_of(principal), merchant_id


async def _look(
    context: Context, actor: Actor, profile: Profile, merchant_id: int, now: datetime
) -> Look | None:
    read = await context.database.run(
        actor, lambda tx: read_ahead(tx, profile, merchant=merchant_id, now=now), snapshot=True
    )
    return await asyncio.to_thread(look_ahead, read, profile, merchant=merchant_id, now=now)


foreseen = Router(
    "/", route_handlers=[forecast_score, list_saves], tags=["experience"], response_class=InNumbers
)
