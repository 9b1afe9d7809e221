"""Draw tickets for a drop: a place in line by arrival, kept until the shopper is let in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.kernel.errors import Conflict, FieldError, Invalid, NotFound
from penstock.streams.admit_tickets import GateKey, admit, lock_gates
from penstock.streams.ticket import wait_s

UNITS_MAX = 10_000
KEY_LENGTH = 255
VALID_S_MAX = 24 * 3600
PER_MINUTE_MAX = 1_000_000


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """A shopper's wish for a SKU; the same `client_key` again gets the same ticket.

    `sku` is the SKU's code, which is only told back.
    """

    sku_id: int
    client_key: str
    sku: str = ""
    buyer_id: str = ""
    units: int = 1


class Ticket(msgspec.Struct, frozen=True):
    """A place in line; `ahead` are at most so many others, `per_minute` the rate they go in at.

    `status` is `waiting`, `admitted` until `expires_at`, `used`, `sold_out` (and let in after all
    if stock comes back), `expired`, or `not_needed` where the SKU is sold without tickets.
    """

    sku_id: int
    sku: str
    client_key: str
    ticket_id: int
    position: int
    status: str
    ahead: int
    per_minute: int
    expires_at: datetime | None


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """What a shopper is told: the place, and for how long it will take about; None: not known."""

    client_key: str
    sku: str
    ticket_id: int
    position: int
    status: Literal["waiting", "admitted", "used", "sold_out", "expired", "not_needed"]
    ahead: int
    wait_s: float | None
    expires_at: datetime | None


class StreamOfTickets(msgspec.Struct, frozen=True):
    """A stream and the SKUs that it keeps."""

    stream_id: int
    open: bool
    sku_ids: list[int]


@query
async def stream_of_tickets(
    tx: Transaction, *, merchant_id: int, code: str
) -> StreamOfTickets | None:
    """Find a stream by its code."""


@query
async def store_gate(
    tx: Transaction,
    *,
    merchant_id: int,
    stream_id: int,
    sku_id: int,
    per_minute: int,
    valid_s: int,
    now: datetime,
) -> None:
    """Sell a SKU of a stream by ticket, or change the rate."""


@query
async def store_tickets(
    tx: Transaction,
    *,
    merchant_id: int,
    stream_id: int,
    sku_ids: list[int],
    client_keys: list[str],
    buyer_ids: list[str],
    units: list[int],
    now: datetime,
) -> int | None:
    """Give the next positions to those who have no ticket yet, in their order of arrival."""


@query
async def tickets_of(
    tx: Transaction,
    *,
    merchant_id: int,
    stream_id: int,
    sku_ids: list[int],
    client_keys: list[str],
    now: datetime,
) -> list[Ticket]:
    """Read tickets by SKU and client key."""


@query
async def ticket_by_id(
    tx: Transaction, *, merchant_id: int, ticket_id: int, now: datetime
) -> Ticket | None:
    """Read one ticket."""


async def sell_by_ticket(
    tx: Transaction,
    merchant_id: int,
    code: str,
    sku_id: int,
    now: datetime,
    *,
    per_minute: int,
    valid_s: int,
) -> None:
    """Let shoppers in by ticket, `per_minute` of them, each for `valid_s` seconds to order.

    From then on orders of the stream for the SKU need an admitted ticket.

    Raises:
        NotFound: no such stream.
        Conflict: it is over.
        Invalid: the stream does not keep the SKU, or a number is out of range.

    """
    stream = await _open_stream(tx, merchant_id, code)
    wrong = []
    if sku_id not in stream.sku_ids:
        wrong.append(FieldError("/sku", "unknown_sku", "the stream does not keep that SKU"))
    if not 0 < per_minute <= PER_MINUTE_MAX:
        detail = f"use 1 to {PER_MINUTE_MAX} tickets a minute"
        wrong.append(FieldError("/per_minute", "out_of_range", detail))
    if not 0 < valid_s <= VALID_S_MAX:
        wrong.append(FieldError("/valid_s", "out_of_range", f"use 1 to {VALID_S_MAX} seconds"))
    if wrong:
        raise Invalid(errors=tuple(wrong))
    await store_gate(
        tx,
        merchant_id=merchant_id,
        stream_id=stream.stream_id,
        sku_id=sku_id,
        per_minute=per_minute,
        valid_s=valid_s,
        now=now,
    )


async def draw_tickets(
    tx: Transaction, merchant_id: int, code: str, wishes: Sequence[Wish], now: datetime
) -> list[Drawn]:
    """Give each wish its place in line and say how long it takes; one answer a wish, in order.

    Positions follow the order of arrival without a gap, whatever process serves it. Who finds
    nobody waiting is let in at once if the rate allows it.

    Raises:
        NotFound: no such stream.
        Conflict: it is over.
        Invalid: a SKU that the stream does not keep, an empty or long key, units out of range.

    """
    stream = await _open_stream(tx, merchant_id, code)
    _check(wishes, stream)
    skus = sorted({wish.sku_id for wish in wishes})
    keys = [GateKey(merchant_id, stream.stream_id, sku) for sku in skus]
    wanted = [wish.sku_id for wish in wishes]
    client_keys = [wish.client_key for wish in wishes]
    # The lock first and by itself: only a statement that begins after it sees all earlier tickets.
    await lock_gates(
        tx,
        merchant_ids=[merchant_id] * len(skus),
        stream_ids=[stream.stream_id] * len(skus),
        sku_ids=skus,
    )
    await store_tickets(
        tx,
        merchant_id=merchant_id,
        stream_id=stream.stream_id,
        sku_ids=wanted,
        client_keys=client_keys,
        buyer_ids=[wish.buyer_id for wish in wishes],
        units=[wish.units for wish in wishes],
        now=now,
    )
    await admit(tx, keys, now)
    rows = await tickets_of(
        tx,
        merchant_id=merchant_id,
        stream_id=stream.stream_id,
        sku_ids=wanted,
        client_keys=client_keys,
        now=now,
    )
    found = {(row.sku_id, row.client_key): row for row in rows}
    return [_told(found.get((w.sku_id, w.client_key)), w) for w in wishes]


async def ticket_of(
    tx: Transaction, merchant_id: int, ticket_id: int, now: datetime
) -> Drawn | None:
    """Return a ticket as it stands, or None where the merchant has none of that number."""
    found = await ticket_by_id(tx, merchant_id=merchant_id, ticket_id=ticket_id, now=now)
    return None if found is None else _told(found)


async def _open_stream(tx: Transaction, merchant_id: int, code: str) -> StreamOfTickets:
    stream = await stream_of_tickets(tx, merchant_id=merchant_id, code=code)
    if stream is None:
        raise NotFound(f"there is no stream {code!r}")
    if not stream.open:
        raise Conflict(f"stream {code!r} is over")
    return stream


def _check(wishes: Sequence[Wish], stream: StreamOfTickets) -> None:
    wrong = []
    for i, wish in enumerate(wishes):
        at = f"/tickets/{i}"
        if wish.sku_id not in stream.sku_ids:
            detail = "the stream does not keep that SKU"
            wrong.append(FieldError(f"{at}/sku", "unknown_sku", detail))
        if not 0 < len(wish.client_key) <= KEY_LENGTH:
            detail = f"give each shopper a key of 1 to {KEY_LENGTH} characters"
            wrong.append(FieldError(f"{at}/client_key", "out_of_range", detail))
        if not 0 < wish.units <= UNITS_MAX:
            wrong.append(FieldError(f"{at}/units", "out_of_range", f"use 1 to {UNITS_MAX} units"))
    if wrong:
        raise Invalid(errors=tuple(wrong))


def _told(ticket: Ticket | None, wish: Wish | None = None) -> Drawn:
    if ticket is None:
        assert wish is not None
        return Drawn(
            client_key=wish.client_key, sku=wish.sku, ticket_id=0, position=0,
            status="not_needed", ahead=0, wait_s=0.0, expires_at=None,
        )  # fmt: skip
    waits = ticket.status == "waiting"
    return Drawn(
        client_key=ticket.client_key,
        sku=ticket.sku,
        ticket_id=ticket.ticket_id,
        position=ticket.position,
        status=ticket.status,  # type: ignore[arg-type]  # the column's CHECK knows no other
        ahead=ticket.ahead if waits else 0,
        wait_s=wait_s(ticket.ahead, ticket.per_minute) if waits else 0.0,
        expires_at=ticket.expires_at if ticket.status == "admitted" else None,
    )
