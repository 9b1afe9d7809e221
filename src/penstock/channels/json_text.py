"""JSON, read strictly: Penstock's own orders, and the payloads of the channels' readers.

Strict means that nothing is lost or guessed: no repeated key, no unknown field, no NaN, no text
that a database cannot hold. What a decoder passes over is proved absent by counting colons: each
key brings one, and what the decoded value encodes to has one for each key that was kept.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from penstock.channels.json_faults import FAULTS, invalid, refusal, require_sound
from penstock.channels.json_fit import has_strays
from penstock.channels.json_mend import Rules
from penstock.channels.json_parts import Part
from penstock.channels.order import Address, NewLine, NewOrder
from penstock.channels.order_rules import breaches
from penstock.channels.parsed import Made, Parsed, legible, refused
from penstock.kernel.errors import FieldError, Refusal

_Wire = TypeVar("_Wire", bound=msgspec.Struct)
_ORDER = msgspec.json.Decoder(NewOrder)
_ANYTHING = msgspec.json.Decoder()
_ENCODE = msgspec.json.Encoder().encode
_ADDRESS_FIELDS = frozenset(Address.__struct_encode_fields__)
_LINE_FIELDS = frozenset(NewLine.__struct_encode_fields__)
_UNCOUNTABLE = (b"\\u003a", b"\\u003A", b"\\u0000")
"""Escapes that hide a colon from the count, or may be a NUL."""


def decode_order(raw: bytes, *, line: int = 1) -> NewOrder:
    """Read one order; its times come back in UTC. `line` is where `raw` stands in its file.

    Raises:
        Malformed: not JSON, or not UTF-8; the detail has line and column.
        Invalid: JSON, but not an order; `errors` has every field at fault by JSON Pointer.

    """
    try:
        order = _ORDER.decode(raw)
    except FAULTS as fault:
        raise refusal(raw, NewOrder, fault, line=line, rules=breaches) from None
    # An offset written +0530 would hide one colon from the count: hence the look at the zones.
    away = order.ordered_at.tzinfo is not UTC or (
        order.paid_at is not None and order.paid_at.tzinfo is not UTC
    )
    if away or b"\\" in raw or raw.count(b":") != _ENCODE(order).count(b":"):
        _scrutinise(raw, line)
    if away:
        order = _moved(order)
    errors = breaches(order)
    if errors:
        raise invalid(errors)
    return order


def decode_strictly(raw: bytes, decoder: "msgspec.json.Decoder[_Wire]", *, line: int = 1) -> _Wire:
    """Read a channel's own payload as strictly as ours, but for fields that we do not use.

    Raises:
        Malformed: not JSON, or not UTF-8.
        Invalid: a field that we use is missing or of another type, a key is repeated, or a text
            cannot be stored.

    """
    try:
        wire = decoder.decode(raw)
        _sound_tree(raw)
    except FAULTS as fault:
        raise refusal(raw, decoder.type, fault, line=line) from None
    return wire


def decode_closed(
    raw: bytes, decoder: "msgspec.json.Decoder[_Wire]", rules: Rules | None = None
) -> _Wire:
    """Read a body of our own as strictly as an order: a field that is not known is refused.

    Raises:
        Malformed: not JSON, or not UTF-8.
        Invalid: not what the operation takes; `errors` has every field at fault, and what the
            others break of the `rules`. Whose fields all fit is for the operation to judge.

    """
    try:
        wire = decoder.decode(raw)
        tree = _sound_tree(raw)
    except FAULTS as fault:
        raise refusal(raw, decoder.type, fault, closed=True, rules=rules) from None
    if has_strays(tree, decoder.type):
        raise refusal(raw, decoder.type, None, closed=True, rules=rules)
    return wire


def read_parts(
    parts: Iterable[Part],
    decoder: "msgspec.json.Decoder[_Wire]",
    build: Callable[[_Wire], Made | tuple[FieldError, ...]],
) -> Iterator[Parsed]:
    """Decode each part and build its order, or keep the reasons why not; none stops the others."""
    for part in parts:
        try:
            built = build(decode_strictly(part.raw, decoder, line=part.line))
        except Refusal as refusal:
            yield refused(part.line, part.raw, refusal)
            continue
        if isinstance(built, Made):
            raw, origins = legible(part.raw), built.origins
            yield Parsed(line=part.line, order=built.order, raw=raw, origins=origins)
        else:
            yield Parsed(line=part.line, errors=built, raw=legible(part.raw))


def in_utc(at: datetime) -> datetime:
    """Move an aware time to UTC; a naive one stays, for `breaches` to name.

    Raises:
        OverflowError: the year leaves 1 to 9999.

    """
    return at if at.tzinfo is None else at.astimezone(UTC)


def _scrutinise(raw: bytes, line: int) -> None:
    try:
        tree = _sound_tree(raw)
    except FAULTS as fault:
        raise refusal(raw, NewOrder, fault, line=line, rules=breaches) from None
    if not (
        tree["ship_to"].keys() <= _ADDRESS_FIELDS
        and all(item.keys() <= _LINE_FIELDS for item in tree["lines"])
    ):
        raise refusal(raw, NewOrder, None, line=line, rules=breaches)


def _moved(order: NewOrder) -> NewOrder:
    try:
        paid_at = order.paid_at and in_utc(order.paid_at)
        return msgspec.structs.replace(order, ordered_at=in_utc(order.ordered_at), paid_at=paid_at)
    except OverflowError:
        detail = "ordered_at and paid_at must be in the years 1 to 9999 in UTC."
        raise invalid((FieldError("/ordered_at", "bad_time", detail),)) from None


def _sound_tree(raw: bytes) -> Any:
    tree = _ANYTHING.decode(raw)
    countable = b"\\" not in raw or not any(escape in raw for escape in _UNCOUNTABLE)
    if not countable or raw.count(b":") != _ENCODE(tree).count(b":"):
        require_sound(raw)
    return tree
