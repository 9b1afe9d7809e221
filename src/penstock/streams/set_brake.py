"""Set a brake on a stream or a SKU of it, by hand or by rule, and release it again."""

from datetime import datetime
from typing import Literal

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.kernel.errors import Conflict, FieldError, Invalid, NotFound
from penstock.streams.brake import EVERY_SKU
from penstock.streams.buyer_limit import HoldReceipt
from penstock.streams.tell import Announce, tell

VALUE_MAX = 10_000_000


class BrakeWish(msgspec.Struct, frozen=True, kw_only=True):
    """A brake to be set: `value` is orders a minute of a throttle, units in all of a cap."""

    kind: Literal["pause", "throttle", "cap"]
    because: str
    by: str
    sku_id: int = EVERY_SKU
    value: int = 0
    rule: str = ""


class BrakeSet(msgspec.Struct, frozen=True):
    """A brake in force; `repeated` when it was before, `taken` the units sold when it was set."""

    brake_id: int
    repeated: bool
    taken: int


class OpenStream(msgspec.Struct, frozen=True):
    """A stream, and whether it still takes orders and keeps the SKU that is asked about."""

    stream_id: int
    open: bool
    has_sku: bool


class BrakeLogged(msgspec.Struct, frozen=True, kw_only=True):
    """A brake as it was set, what it did, and who released it and why.

    `to_at` is absent while it is in force. `turned_away` orders were refused by it.
    """

    brake_id: int
    sku: str
    kind: str
    value: int
    from_at: datetime
    to_at: datetime | None
    because: str
    by: str
    rule: str
    released_by: str
    released_because: str
    taken: int
    turned_away: int


class Released(msgspec.Struct, frozen=True):
    """A brake that is over."""

    brake_id: int
    sku_id: int
    kind: str


@query
async def open_stream(
    tx: Transaction, *, merchant_id: int, code: str, sku_id: int
) -> OpenStream | None:
    """Find a stream by its code."""


@query
async def sold_units(
    tx: Transaction, *, merchant_id: int, stream_id: int, sku_id: int
) -> int | None:
    """Count what the orders of a stream have taken of a SKU, or of all where it is 0."""


@query
async def store_brake(
    tx: Transaction,
    *,
    merchant_id: int,
    stream_id: int,
    sku_id: int,
    kind: str,
    value: int,
    because: str,
    by: str,
    rule: str,
    taken: int,
    now: datetime,
) -> BrakeSet | None:
    """End the brake of this kind that is there, if it is another, and set the new one."""


@query
async def end_brakes(
    tx: Transaction,
    *,
    merchant_id: int,
    stream_id: int,
    sku_id: int | None,
    kind: str | None,
    rule: str | None,
    because: str,
    by: str,
    now: datetime,
) -> list[Released]:
    """End brakes in force: all of a stream, or those of a SKU, a kind or a rule."""


@query
async def brake_log(tx: Transaction, *, merchant_id: int, code: str) -> str | None:
    """Put the brakes of a stream together as JSON."""


async def set_brake(
    tx: Transaction,
    merchant_id: int,
    code: str,
    wish: BrakeWish,
    now: datetime,
    *,
    hold_receipt: HoldReceipt,
    announce: Announce,
) -> BrakeSet:
    """Put a brake in force at once; one of the same kind and place is replaced, the same kept.

    Receipt is held meanwhile: every order is either counted in what was sold before or meets the
    brake.

    Raises:
        NotFound: no such stream.
        Conflict: it is over.
        Invalid: the stream does not keep that SKU, or the value makes no sense.

    """
    stream = await _stream(tx, merchant_id, code, wish.sku_id)
    if not stream.open:
        raise Conflict(f"stream {code!r} is over; there is nothing to brake")
    _check(wish, stream)
    await hold_receipt(tx, merchant_id, now)
    sold = await sold_units(
        tx, merchant_id=merchant_id, stream_id=stream.stream_id, sku_id=wish.sku_id
    )
    brake = await store_brake(
        tx,
        merchant_id=merchant_id,
        stream_id=stream.stream_id,
        sku_id=wish.sku_id,
        kind=wish.kind,
        value=wish.value,
        because=wish.because,
        by=wish.by,
        rule=wish.rule,
        taken=sold or 0,
        now=now,
    )
    assert brake is not None, "the statement answers the old one or the new one"
    if not brake.repeated:
        said = {"stream": code, "brake_id": brake.brake_id, **msgspec.to_builtins(wish)}
        await tell(tx, "stream.braked", merchant_id, [said], now, announce)
    return brake


async def release_brakes(
    tx: Transaction,
    merchant_id: int,
    code: str,
    now: datetime,
    *,
    because: str,
    by: str,
    announce: Announce,
    sku_id: int | None = None,
    kind: str | None = None,
    rule: str | None = None,
) -> list[Released]:
    """Release what is in force: all of the stream, or only of a SKU, a kind or a rule.

    Raises:
        NotFound: no such stream.

    """
    stream = await _stream(tx, merchant_id, code, sku_id or EVERY_SKU)
    ended = await end_brakes(
        tx,
        merchant_id=merchant_id,
        stream_id=stream.stream_id,
        sku_id=sku_id,
        kind=kind,
        rule=rule,
        because=because,
        by=by,
        now=now,
    )
    said = [
        {"stream": code, "because": because, "by": by, **msgspec.to_builtins(brake)}
        for brake in ended
    ]
    await tell(tx, "stream.brake_released", merchant_id, said, now, announce)
    return ended


async def brakes_of(tx: Transaction, merchant_id: int, code: str) -> tuple[BrakeLogged, ...] | None:
    """Return all brakes that a stream ever had, the last first; None where there is no stream."""
    found = await brake_log(tx, merchant_id=merchant_id, code=code)
    return None if found is None else msgspec.json.decode(found, type=tuple[BrakeLogged, ...])


async def _stream(tx: Transaction, merchant_id: int, code: str, sku_id: int) -> OpenStream:
    found = await open_stream(tx, merchant_id=merchant_id, code=code, sku_id=sku_id)
    if found is None:
        raise NotFound(f"there is no stream {code!r}")
    return found


def _check(wish: BrakeWish, stream: OpenStream) -> None:
    wrong = []
    if not stream.has_sku:
        detail = "the stream does not keep that SKU; leave it empty for the whole stream"
        wrong.append(FieldError("/sku", "unknown_sku", detail))
    if wish.kind == "pause" and wish.value:
        wrong.append(FieldError("/value", "not_wanted", "a pause has no value; leave it out"))
    if wish.kind == "throttle" and not 0 < wish.value <= VALUE_MAX:
        detail = f"give 1 to {VALUE_MAX} orders a minute; to let nothing through, pause"
        wrong.append(FieldError("/value", "out_of_range", detail))
    if wish.kind == "cap" and not 0 <= wish.value <= VALUE_MAX:
        detail = f"give 0 to {VALUE_MAX} units in all, those sold already included"
        wrong.append(FieldError("/value", "out_of_range", detail))
    if not wish.because.strip():
        wrong.append(FieldError("/because", "missing", "say why; it is logged and told"))
    if wrong:
        raise Invalid(errors=tuple(wrong))
