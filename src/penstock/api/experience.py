"""The Logistics Experience Score over HTTP: every point that was lost has a name."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, get
from litestar.params import QueryParameter

from penstock.api.asked import profile_named
from penstock.api.caller import actor_of, merchant_of, require
from penstock.api.context import Here, MerchantCode
from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.experience.measure.evaluate import evaluate
from penstock.experience.scores.score import Score
from penstock.kernel.errors import FieldError, Invalid

Http = Request[Any, Any, Any]
ProfileName = Annotated[str, QueryParameter(description="a shipped score profile")]
Day = Annotated[date | None, QueryParameter(description="seen from the end of this day, UTC")]


FIRST_DAY = date(2000, 1, 1)
"""Nothing is scored before it: no window reaches further back."""


class MerchantCoded(msgspec.Struct, frozen=True):
    """A merchant's number and code."""

    merchant_id: int
    code: str


class MerchantScore(msgspec.Struct, frozen=True):
    """A merchant's score as of a moment."""

    merchant: str
    as_of: datetime
    score: Score


_ENCODE = msgspec.json.Encoder(decimal_format="number").encode


class InNumbers(Response[Any]):
    """Writes exact decimals as JSON numbers, as the description says; the framework quotes them."""

    def render(self, content: Any, *_: Any, **__: Any) -> bytes:
        """Encode the content."""
        return _ENCODE(content)


@query
async def merchant_codes(tx: Transaction) -> list[MerchantCoded]:
    """List the merchants that the caller may see, by code."""


@get("/v1/scores", summary="Score merchants by a profile")
async def show_scores(
    request: Http,
    context: Here,
    profile: ProfileName = "penstock_les",
    as_of: Day = None,
    code: MerchantCode = None,
) -> Sequence[MerchantScore]:
    """Score the merchants that had an order by then: an operator all, or the one it names."""
    principal = await context.callers.identify(request)
    require(principal, "merchant")
    everybody = principal.role == "operator" and code is None
    merchant_id = None if everybody else await merchant_of(context.database, principal, code)
    chosen, now = profile_named(profile), context.now()
    at = end_of(as_of, now)

    async def work(tx: Transaction) -> list[MerchantScore]:
        scores = await evaluate(tx, chosen, as_of=at, known_to=now, merchant=merchant_id)
        return [
            MerchantScore(known.code, at, scores[known.merchant_id])
            for known in await merchant_codes(tx)
            if known.merchant_id in scores
        ]

    return await context.database.run(actor_of(principal), work)


def end_of(day: date | None, now: datetime) -> datetime:
    """Return the moment that a score is seen from: the end of `day` in UTC, or `now` without one.

    Raises:
        Invalid: the day has not come, or lies before all that can be scored.

    """
    if day is None:
        return now
    if day > now.date():
        raise _wrong("as_of", "out_of_range", f"{day} has not come; leave as_of out to score now")
    if day < FIRST_DAY:
        what = f"{day} lies before all orders; use a day from {FIRST_DAY} on"
        raise _wrong("as_of", "out_of_range", what)
    return datetime.combine(day, time(), UTC) + timedelta(days=1)


def _wrong(name: str, code: str, detail: str) -> Invalid:
    return Invalid(detail, errors=(FieldError(f"/{name}", code, detail),))


experience = Router(
    "/", route_handlers=[show_scores], tags=["experience"], response_class=InNumbers
)
