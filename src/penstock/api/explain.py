"""Explanations of scores over HTTP: where points went, what changed, who else, and the proofs."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any, NoReturn
from urllib.parse import quote

import msgspec
from litestar import Request, Response, Router, get
from litestar.params import QueryParameter

from penstock.api.asked import asked_of, profile_named
from penstock.api.context import Here, MerchantCode
from penstock.api.experience import Day, InNumbers, ProfileName, end_of
from penstock.db.transaction import OPERATOR, Transaction
from penstock.experience.appeals.pack_appeal import pack_appeal
from penstock.experience.explain.changes import Changes, changes
from penstock.experience.explain.evidence import PACK_MAX, Pack, called, gather
from penstock.experience.explain.evidence_files import archive
from penstock.experience.explain.explain import PAGE_MAX, Explained, Wanted, explain
from penstock.experience.explain.peers import Standing, standing
from penstock.experience.explain.revised import Revised, revised
from penstock.kernel.errors import NotFound

Http = Request[Any, Any, Any]
MetricCode = Annotated[str, QueryParameter(description="only orders that failed this metric")]
Part = Annotated[str, QueryParameter(description="only orders that failed in this sub-process")]
After = Annotated[int, QueryParameter(ge=0, le=2**31 - 1, description="next_after of a page")]
Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_MAX)]
PackLimit = Annotated[int, QueryParameter(ge=1, le=PACK_MAX, description="the costliest orders")]
AppealId = Annotated[int | None, QueryParameter(ge=1, le=2**63 - 1, description="its orders only")]
TheDay = Annotated[date, QueryParameter(description="a day of the profile's time zone")]
Since = Annotated[date | None, QueryParameter(description="a week before, if left out")]
Before = Annotated[
    str | None, QueryParameter(name="before_profile", description="if another one held then")
]


class PeersTold(msgspec.Struct, frozen=True):
    """A merchant's standing among its peers; null: it had no final score by then."""

    merchant: str
    profile: str
    standing: Standing | None


@get("/v1/scores:explain", summary="Say which metrics and orders a score lost its points by")
async def explain_score(
    request: Http,
    context: Here,
    profile: ProfileName = "penstock_les",
    as_of: Day = None,
    metric: MetricCode = "",
    sub_process: Part = "",
    after: After = 0,
    limit: Limit = 50,
    code: MerchantCode = None,
) -> Explained:
    """Trace each lost point to its metric and orders, with clocks, promises and fault."""
    who = await asked_of(request, context, code)
    chosen, now = profile_named(profile), who.now
    at = end_of(as_of, now)
    wanted = Wanted(metric=metric, sub_process=sub_process, after=after, limit=limit)
    told = await context.database.run(
        who.actor,
        lambda tx: explain(
            tx, chosen, merchant=who.merchant, as_of=at, known_to=now, wanted=wanted
        ),
    )
    return told or _nothing(at)


@get("/v1/scores:changes", summary="Say what changed a score between two days")
async def explain_changes(
    request: Http,
    context: Here,
    profile: ProfileName = "penstock_les",
    before_profile: Before = None,
    since: Since = None,
    as_of: Day = None,
    code: MerchantCode = None,
) -> Changes:
    """Split the difference by metric and cause: orders that came, left, or are known better."""
    who = await asked_of(request, context, code)
    new, now = profile_named(profile), who.now
    old = profile_named(before_profile) if before_profile is not None else new
    at = end_of(as_of, now)
    days = days_between(since, as_of or now.date())
    told = await context.database.run(
        who.actor,
        lambda tx: changes(tx, old, new, merchant=who.merchant, until=at, days=days, known_to=now),
    )
    return told or _nothing(at - timedelta(days=days))


@get("/v1/scores:revisions", summary="Say what was known of a day's score when")
async def list_revisions(
    request: Http,
    context: Here,
    day: TheDay,
    profile: ProfileName = "penstock_les",
    code: MerchantCode = None,
) -> Sequence[Revised]:
    """List what was said of a day, and what late events and appeals changed each time."""
    who = await asked_of(request, context, code)
    chosen = profile_named(profile)
    return await context.database.run(
        who.actor,
        lambda tx: revised(tx, merchant=who.merchant, profile=chosen.code, day=day),
    )


@get("/v1/scores:peers", summary="Say where a merchant stands among its peers")
async def show_peers(
    request: Http,
    context: Here,
    profile: ProfileName = "penstock_les",
    as_of: Day = None,
    code: MerchantCode = None,
) -> PeersTold:
    """Rank the last final score and its metrics; with too few peers no rank is told."""
    who = await asked_of(request, context, code)
    chosen, now = profile_named(profile), who.now
    end_of(as_of, now)

    async def work(tx: Transaction) -> PeersTold:
        place = await standing(
            tx, merchant=who.merchant, profile=chosen.code, day=as_of or now.date()
        )
        return PeersTold(await called(tx, merchant=who.merchant) or "", chosen.code, place)

    return await context.database.run(OPERATOR, work)  # it compares; only ranks leave


@get(
    "/v1/scores:evidence",
    summary="Download the evidence for an appeal",
    response_class=Response,
    media_type="application/zip",
)
async def download_evidence(
    request: Http,
    context: Here,
    profile: ProfileName = "penstock_les",
    as_of: Day = None,
    metric: MetricCode = "",
    sub_process: Part = "",
    limit: PackLimit = 20,
    appeal_id: AppealId = None,
    code: MerchantCode = None,
) -> Response[bytes]:
    """Pack the costliest orders, or an appeal's, as a PDF and CSV tables in a ZIP archive."""
    who = await asked_of(request, context, code)
    chosen, now = profile_named(profile), who.now
    at = end_of(as_of, now)
    wanted = Wanted(metric=metric, sub_process=sub_process, limit=limit)

    async def work(tx: Transaction) -> Pack:
        if appeal_id is not None:
            return await pack_appeal(tx, who.merchant, appeal_id, now)
        return await gather(tx, chosen, merchant=who.merchant, as_of=at, now=now, wanted=wanted)

    # Manifests hold parcels of several merchants, so they are read for the merchant, not by it.
    pack = await context.database.run(OPERATOR, work)
    name = f"evidence-{pack.merchant}-{pack.explained.as_of:%Y-%m-%d}.zip"
    return Response(
        await asyncio.to_thread(archive, pack),  # seconds for a thick one
        media_type="application/zip",
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"},
    )


def days_between(since: date | None, until: date) -> int:
    """Return how many days lie between, a week without `since`."""
    return 7 if since is None else (until - since).days


def _nothing(at: datetime) -> NoReturn:
    raise NotFound(f"there was no order by {at:%Y-%m-%d %H:%M} UTC: there is no score to explain")


explained = Router(
    "/",
    route_handlers=[
        explain_score,
        explain_changes,
        list_revisions,
        show_peers,
        download_evidence,
    ],
    tags=["experience"],
    response_class=InNumbers,
)
