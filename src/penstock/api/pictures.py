"""The data behind the pictures of a score, for a console to draw."""

from asyncio import to_thread
from typing import Annotated, Any

from litestar import Request, Router, get
from litestar.params import QueryParameter

from penstock.api.asked import asked_of, profile_named
from penstock.api.context import Here, MerchantCode
from penstock.api.experience import Day, InNumbers, ProfileName, end_of, merchant_codes
from penstock.db.transaction import Transaction
from penstock.drawing.pictures import ScorePictures
from penstock.experience.foresee.ahead import look_ahead, read_ahead
from penstock.experience.pictures.chances import chances_of
from penstock.experience.pictures.pictures import pictures_of

Http = Request[Any, Any, Any]
Days = Annotated[int, QueryParameter(ge=1, le=400, description="how far back")]


@get("/v1/scores:pictures", summary="What the pictures of a merchant's score show")
async def show_pictures(
    request: Http,
    context: Here,
    profile: ProfileName = "penstock_les",
    as_of: Day = None,
    days: Days = 90,
    code: MerchantCode = None,
) -> ScorePictures:
    """Give the score by day with bands and happenings, its waterfall, lanes, and open orders."""
    who = await asked_of(request, context, code)
    chosen = profile_named(profile)
    now = who.now
    at = end_of(as_of, now)

    actor = who.actor
    chances: dict[int, float] = {}
    if as_of is None:  # what was foreseen on another day, nobody knows any more
        read = await context.database.run(
            actor, lambda tx: read_ahead(tx, chosen, merchant=who.merchant, now=at), snapshot=True
        )
        look = await to_thread(look_ahead, read, chosen, merchant=who.merchant, now=at)
        chances = chances_of(look)

    async def work(tx: Transaction) -> ScorePictures:
        names = {known.merchant_id: known.code for known in await merchant_codes(tx)}
        return await pictures_of(
            tx,
            chosen,
            merchant_id=who.merchant,
            merchant=names[who.merchant],
            as_of=at,
            known_to=now,
            days=days,
            chances=chances,
        )

    return await context.database.run(actor, work, snapshot=True)


pictures = Router(
    "/", route_handlers=[show_pictures], tags=["experience"], response_class=InNumbers
)
