"""What vendors tell over HTTP: events in their own words, in any order, late and twice."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from litestar import Request, Router, post
from litestar.params import JSONBody, QueryParameter

from penstock import lending
from penstock.api.caller import require
from penstock.api.context import Here
from penstock.db.transaction import OPERATOR
from penstock.gateways.effects import VendorEvent
from penstock.kernel.errors import Forbidden, TooLarge

EVENTS_MAX = 5_000
VendorCode = Annotated[
    str, QueryParameter(description="operators: who speaks; a vendor's key says it")
]


class Events(msgspec.Struct, frozen=True):
    """What one vendor tells in one request."""

    events: tuple[VendorEvent, ...]


class EventOutcome(msgspec.Struct, frozen=True):
    """What became of one event."""

    event_id: str
    outcome: str


class EventAnswers(msgspec.Struct, frozen=True):
    """How many there are of each outcome, and those that were not taken."""

    counts: dict[str, int]
    refused: tuple[EventOutcome, ...]


@post("/v1/vendor-events", status_code=200, summary="Tell what happened")
async def take_events(
    request: Request[Any, Any, Any], context: Here, data: JSONBody[Events], vendor: VendorCode = ""
) -> EventAnswers:
    """Take a vendor's events about parcels, declarations and returns, by their topic."""
    principal = await context.callers.identify(request)
    require(principal, "vendor")
    name = principal.vendor or vendor
    if not name:
        raise Forbidden("name the vendor that speaks: add ?vendor=CODE")
    if len(data.events) > EVENTS_MAX:
        raise TooLarge(f"{len(data.events)} events in one request: send at most {EVENTS_MAX}")
    now = context.now()
    answers = await context.database.run(
        OPERATOR, lambda tx: lending.hear(tx, name, data.events, now)
    )
    return _counted(answers)


def _counted(answers: Sequence[tuple[str, str]]) -> EventAnswers:
    counts = Counter(outcome for _, outcome in answers)
    refused = [EventOutcome(*a) for a in answers if a[1] not in {"recorded", "repeated"}]
    return EventAnswers(dict(counts), tuple(refused))


vendors = Router("/", route_handlers=[take_events], tags=["vendors"])
