"""A running stream over HTTP: watched, braked, limited, entered by ticket, and reported on."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from litestar import Request, Router, get, post, put
from litestar.params import FromPath, JSONBody

from penstock import lending
from penstock.access.key import Principal
from penstock.api.caller import actor_of, merchant_of, require
from penstock.api.context import Context, Here, MerchantCode
from penstock.api.stock import sku_ids
from penstock.api.streams import name_of
from penstock.db.transaction import Transaction, merchant
from penstock.kernel.errors import FieldError, Invalid, NotFound
from penstock.streams.brake_rules import BrakeRule, put_rules, rules_of
from penstock.streams.buyer_limit import BuyerLimit
from penstock.streams.draw_tickets import Drawn, Wish, draw_tickets, sell_by_ticket, ticket_of
from penstock.streams.monitor import StreamMonitor, monitor_of
from penstock.streams.report import StreamReport, report_of
from penstock.streams.set_brake import BrakeLogged, BrakeSet, BrakeWish, brakes_of, open_stream

T = TypeVar("T")
Http = Request[Any, Any, Any]
Whole = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]
_TICKETS_MAX = 1_000


class NewBrake(msgspec.Struct, frozen=True, kw_only=True):
    """A brake on a SKU (its code), or on the whole stream without one.

    `value` is orders a minute of a throttle, units in all of a cap; a pause has none.
    """

    kind: Literal["pause", "throttle", "cap"]
    because: str
    sku: str = ""
    value: Whole = 0


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """Which brakes to release: all of the stream, or only of a SKU or a kind."""

    because: str
    sku: str = ""
    kind: Literal["pause", "throttle", "cap"] | None = None


class BrakesReleased(msgspec.Struct, frozen=True):
    """The brakes that are over now."""

    released: tuple[int, ...]


class BrakeRules(msgspec.Struct, frozen=True):
    """Rules by which streams are braked without anybody's doing."""

    rules: tuple[BrakeRule, ...]


class RulesPut(msgspec.Struct, frozen=True):
    """How many rules are new or changed."""

    changed: int


class LimitOfSku(msgspec.Struct, frozen=True, kw_only=True):
    """Units a buyer of a SKU (its code), or of all together without one; 0 takes a limit away."""

    units: Whole
    sku: str = ""


class BuyerLimits(msgspec.Struct, frozen=True):
    """Limits of units a buyer."""

    limits: tuple[LimitOfSku, ...]


class LimitsPut(msgspec.Struct, frozen=True):
    """How many limits were set."""

    limits: int


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """A SKU that is sold by ticket: tickets let in a minute, and for how long one is good."""

    sku: str
    per_minute: Whole
    valid_s: Whole = 300


class TicketWish(msgspec.Struct, frozen=True, kw_only=True):
    """A shopper's wish for a SKU (its code); the same `client_key` gets the same ticket."""

    sku: str
    client_key: str
    buyer_id: str = ""
    units: Whole = 1


class TicketWishes(msgspec.Struct, frozen=True):
    """Wishes in their order of arrival."""

    tickets: Annotated[tuple[TicketWish, ...], msgspec.Meta(max_length=_TICKETS_MAX)]


@get("/v1/streams/{stream:str}/monitor", summary="Watch a livestream")
async def watch_stream(
    request: Http, context: Here, stream: FromPath[str], code: MerchantCode = None
) -> StreamMonitor:
    """Show pace against plan, time to stock-out, backlog, foreseen lateness, and brakes."""
    principal, merchant_id = await _whose(request, context, code)
    now = context.now()
    found = await context.database.run(
        actor_of(principal), lambda tx: monitor_of(tx, merchant_id, stream, now)
    )
    return _found(found, stream)


@get("/v1/streams/{stream:str}/report", summary="Show a livestream's close-out report")
async def show_report(
    request: Http, context: Here, stream: FromPath[str], code: MerchantCode = None
) -> StreamReport:
    """Show what a closed stream sold, refused and gave back, and how its orders were served."""
    principal, merchant_id = await _whose(request, context, code)
    found = await context.database.run(
        actor_of(principal), lambda tx: report_of(tx, merchant_id, stream)
    )
    if found is None:
        raise NotFound(f"there is no report of {stream!r}: no such stream, or it is not closed")
    return found


@get("/v1/streams/{stream:str}/brakes", summary="List a livestream's brakes")
async def list_brakes(
    request: Http, context: Here, stream: FromPath[str], code: MerchantCode = None
) -> Sequence[BrakeLogged]:
    """List every brake that the stream has or had, who set and released it, and why."""
    principal, merchant_id = await _whose(request, context, code)
    found = await context.database.run(
        actor_of(principal), lambda tx: brakes_of(tx, merchant_id, stream)
    )
    return _found(found, stream)


@post("/v1/streams/{stream:str}/brakes", status_code=200, summary="Brake a livestream")
async def brake_stream(
    request: Http,
    context: Here,
    stream: FromPath[str],
    data: JSONBody[NewBrake],
    code: MerchantCode = None,
) -> BrakeSet:
    """Pause, throttle or cap a stream or one SKU of it, from the next order on; twice is once."""
    principal, merchant_id = await _whose(request, context, code)
    now = context.now()

    async def work(tx: Transaction) -> BrakeSet:
        sku_id = await _sku(tx, merchant_id, data.sku)
        wish = BrakeWish(
            kind=data.kind, value=data.value, sku_id=sku_id, because=data.because,
            by=name_of(principal),
        )  # fmt: skip
        return await lending.SET_BRAKE(tx, merchant_id, stream, wish, now)

    return await context.database.run(merchant(merchant_id), work)


@post(
    "/v1/streams/{stream:str}/brakes:release",
    status_code=200,
    summary="Release a livestream's brakes",
)
async def release_stream(
    request: Http,
    context: Here,
    stream: FromPath[str],
    data: JSONBody[Release],
    code: MerchantCode = None,
) -> BrakesReleased:
    """Release what is in force: all of the stream, or only of a SKU or a kind."""
    principal, merchant_id = await _whose(request, context, code)
    now = context.now()

    async def work(tx: Transaction) -> BrakesReleased:
        sku_id = await _sku(tx, merchant_id, data.sku) if data.sku else None
        ended = await lending.RELEASE_BRAKES(
            tx, merchant_id, stream, now,
            because=data.because, by=name_of(principal), sku_id=sku_id, kind=data.kind,
        )  # fmt: skip
        return BrakesReleased(tuple(brake.brake_id for brake in ended))

    return await context.database.run(merchant(merchant_id), work)


@put("/v1/brake-rules", summary="Put brake rules in force")
async def put_brake_rules(
    request: Http, context: Here, data: JSONBody[BrakeRules], code: MerchantCode = None
) -> RulesPut:
    """Put rules in force from their day on; a rule of a code that is there ends the earlier one."""
    _, merchant_id = await _whose(request, context, code)
    now = context.now()
    changed = await context.database.run(
        merchant(merchant_id), lambda tx: put_rules(tx, merchant_id, data.rules, now)
    )
    return RulesPut(changed)


@get("/v1/brake-rules", summary="List brake rules")
async def list_brake_rules(
    request: Http, context: Here, code: MerchantCode = None
) -> Sequence[BrakeRule]:
    """List every rule that a merchant has or had."""
    principal, merchant_id = await _whose(request, context, code)
    return await context.database.run(actor_of(principal), lambda tx: rules_of(tx, merchant_id))


@put("/v1/streams/{stream:str}/buyer-limits", summary="Limit the units of one buyer")
async def put_buyer_limits(
    request: Http,
    context: Here,
    stream: FromPath[str],
    data: JSONBody[BuyerLimits],
    code: MerchantCode = None,
) -> LimitsPut:
    """Set how many units one buyer may have; what buyers have of the stream already counts."""
    principal, merchant_id = await _whose(request, context, code)
    now = context.now()

    async def work(tx: Transaction) -> LimitsPut:
        units_of: dict[int, int] = {}
        for i, limit in enumerate(data.limits):
            pointer = f"/limits/{i}/sku"
            sku_id = await _sku(tx, merchant_id, limit.sku, pointer)
            if sku_id in units_of:
                detail = "this SKU has a limit in this request already; keep one of the two"
                raise Invalid(errors=(FieldError(pointer, "duplicate", detail),))
            units_of[sku_id] = limit.units
        limits = [BuyerLimit(sku_id, units) for sku_id, units in units_of.items()]
        found = _found(
            await open_stream(tx, merchant_id=merchant_id, code=stream, sku_id=0), stream
        )
        await lending.LIMIT_BUYERS(
            tx, merchant_id, found.stream_id, limits, name_of(principal), now
        )
        return LimitsPut(len(limits))

    return await context.database.run(merchant(merchant_id), work)


@put("/v1/streams/{stream:str}/admission", status_code=204, summary="Sell a SKU by ticket")
async def put_admission(
    request: Http,
    context: Here,
    stream: FromPath[str],
    data: JSONBody[Admission],
    code: MerchantCode = None,
) -> None:
    """Let shoppers in by ticket from now on, so many a minute; repeat it to change the rate."""
    _, merchant_id = await _whose(request, context, code)
    now = context.now()

    async def work(tx: Transaction) -> None:
        sku_id = await _sku(tx, merchant_id, data.sku)
        await sell_by_ticket(
            tx, merchant_id, stream, sku_id, now,
            per_minute=data.per_minute, valid_s=data.valid_s,
        )  # fmt: skip

    await context.database.run(merchant(merchant_id), work)


@post("/v1/streams/{stream:str}/tickets", status_code=200, summary="Draw tickets for a drop")
async def draw(
    request: Http,
    context: Here,
    stream: FromPath[str],
    data: JSONBody[TicketWishes],
    code: MerchantCode = None,
) -> Sequence[Drawn]:
    """Give each shopper a place in line by arrival; one answer a wish, in order."""
    _, merchant_id = await _whose(request, context, code)
    now = context.now()

    async def work(tx: Transaction) -> Sequence[Drawn]:
        ids = await sku_ids(tx, merchant_id, (wish.sku for wish in data.tickets))
        wishes = [
            Wish(
                sku_id=ids[wish.sku], sku=wish.sku, client_key=wish.client_key,
                buyer_id=wish.buyer_id,
                units=wish.units,
            )
            for wish in data.tickets
        ]  # fmt: skip
        return await draw_tickets(tx, merchant_id, stream, wishes, now)

    return await context.database.run(merchant(merchant_id), work)


@get("/v1/tickets/{ticket:int}", summary="Show a ticket")
async def show_ticket(
    request: Http, context: Here, ticket: FromPath[int], code: MerchantCode = None
) -> Drawn:
    """Show a ticket's place in line, whether it is let in, and how long it takes about."""
    principal, merchant_id = await _whose(request, context, code)
    now = context.now()
    found = await context.database.run(
        actor_of(principal), lambda tx: ticket_of(tx, merchant_id, ticket, now)
    )
    if found is None:
        raise NotFound(f"there is no ticket {ticket}")
    return found


async def _whose(request: Http, context: Context, code: str | None) -> tuple[Principal, int]:
    principal = await context.callers.identify(request)
    require(principal, "merchant")
    return principal, await merchant_of(context.database, principal, code)


def _found(found: T | None, stream: str) -> T:
    if found is None:
        raise NotFound(f"there is no stream {stream!r}")
    return found


async def _sku(tx: Transaction, merchant_id: int, sku: str, pointer: str = "/sku") -> int:
    """Return a SKU's number, or 0 for the whole stream where none is named."""
    if not sku:
        return 0
    found = (await sku_ids(tx, merchant_id, [sku]))[sku]
    if not found:
        detail = f"the merchant has no SKU {sku!r}; correct it or leave it out"
        raise Invalid(errors=(FieldError(pointer, "unknown_sku", detail),))
    return found


stream_control = Router(
    "/",
    route_handlers=[
        watch_stream,
        show_report,
        list_brakes,
        brake_stream,
        release_stream,
        put_brake_rules,
        list_brake_rules,
        put_buyer_limits,
        put_admission,
        draw,
        show_ticket,
    ],
    tags=["streams"],
)
