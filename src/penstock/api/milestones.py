"""What scores are made of, over HTTP: milestones of orders shipped elsewhere, counts of others."""

from datetime import date, timedelta
from typing import Annotated, Any

import msgspec
from litestar import Request, Router, post, put
from litestar.params import JSONBody

from penstock.api.asked import asked_of, profile_named
from penstock.api.caller import require
from penstock.api.context import Here, MerchantCode
from penstock.experience.journeys.record_milestones import (
    MILESTONES_MAX,
    Milestone,
    take_milestones,
)
from penstock.experience.tallies.supply import Supplied, supply_counts
from penstock.kernel.errors import FieldError, Invalid

Http = Request[Any, Any, Any]
_FIRST = date(2000, 1, 1)


class MilestonesTold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Milestones of one merchant's orders; with `correct` they replace what was told before."""

    milestones: Annotated[tuple[Milestone, ...], msgspec.Meta(max_length=MILESTONES_MAX)]
    correct: bool = False


class MilestonesTaken(msgspec.Struct, frozen=True):
    """How many milestones were taken in, how many orders are new by them, how many known before."""

    milestones: int
    orders_new: int
    orders_known: int


class CountsTold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a shipped profile must be told of a merchant's days, and by whom it was counted."""

    profile: str
    source: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    counts: Annotated[tuple[Supplied, ...], msgspec.Meta(max_length=10_000)]


class CountsTaken(msgspec.Struct, frozen=True):
    """How many counts are other than before."""

    changed: int


@post("/v1/milestones", status_code=200, summary="Tell what happened to orders shipped elsewhere")
async def tell_milestones(
    request: Http, context: Here, data: JSONBody[MilestonesTold], code: MerchantCode = None
) -> MilestonesTaken:
    """Take milestones in, however late, often and in whatever order they come."""
    who = await asked_of(request, context, code)
    latest = who.now.date() + timedelta(days=3_650)
    wrong = tuple(
        FieldError(f"/milestones/{n}/at", "out_of_range", f"is not from {_FIRST} to {latest}")
        for n, told in enumerate(data.milestones)
        if not _FIRST <= told.at.date() <= latest
    )
    if wrong:
        raise Invalid("a milestone lies at no time that an order could have", errors=wrong)
    if not data.milestones:
        return MilestonesTaken(0, 0, 0)
    told = [(who.merchant, milestone) for milestone in data.milestones]
    recorded = await context.database.run(
        who.actor, lambda tx: take_milestones(tx, told, correct=data.correct)
    )
    return MilestonesTaken(len(told), recorded.added, recorded.touched)


@put("/v1/scores:supplied", summary="Tell what journeys do not: ratings, chats, misconducts")
async def supply_scores(
    request: Http, context: Here, data: JSONBody[CountsTold], code: MerchantCode = None
) -> CountsTaken:
    """Keep the counts of days in place of earlier ones; the days are scored anew."""
    who = await asked_of(request, context, code)
    require(who.principal, "operator")
    profile, now = profile_named(data.profile), who.now
    wrong = tuple(
        FieldError(f"/counts/{n}/day", "out_of_range", f"is not from {_FIRST} to tomorrow")
        for n, row in enumerate(data.counts)
        if not _FIRST <= row.day <= now.date() + timedelta(days=1)
    )
    if wrong:
        raise Invalid("a day has not come, or was long ago", errors=wrong)
    changed = await context.database.run(
        who.actor,
        lambda tx: supply_counts(
            tx, profile, who.merchant, data.counts, source=data.source, now=now
        ),
    )
    return CountsTaken(changed)


milestones = Router("/", route_handlers=[tell_milestones, supply_scores], tags=["experience"])
