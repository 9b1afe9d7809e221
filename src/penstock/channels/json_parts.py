"""Take a JSON list or object apart without reading its parts, so that each can fail alone."""

import re
from collections.abc import Iterable

import msgspec

from penstock.channels.json_fit import step
from penstock.channels.parsed import position, shown
from penstock.kernel.errors import FieldError, Malformed

_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_FAULTS = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_TEXT = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_BEFORE_ITEM = re.compile(rb"[\s,]*")
_BEFORE_MEMBER = re.compile(rb"[\s,]*" + _TEXT + rb"\s*:\s*", re.DOTALL)
_MARK = re.compile(_TEXT + rb'|["{}\[\],:]', re.DOTALL)
_CLOSING = {b"{": b"}", b"[": b"]"}
_NOUN = {b"{": "an object", b"[": "a list"}


class Part(msgspec.Struct, frozen=True):
    """The bytes of one value in a larger text, and the physical line on which it starts."""

    raw: bytes
    line: int = 1


def items(part: Part) -> list[Part]:
    """Take a JSON list apart. An item may be broken in itself as long as its brackets close.

    Raises:
        Malformed: not a list, or one that never ends.

    """
    try:
        found = _placed(part, _ITEMS.decode(part.raw), _BEFORE_ITEM)
    except _FAULTS:
        found = None
    return [item for _key, item in _children(part, b"[")] if found is None else found


def members(part: Part) -> dict[str, Part]:
    """Take a JSON object apart.

    Raises:
        Malformed: not an object, one that never ends, or one with the same key twice.

    """
    try:
        raws = _MEMBERS.decode(part.raw)
        placed = _placed(part, raws.values(), _BEFORE_MEMBER)
    except _FAULTS:
        placed = None
    if placed is not None:
        return dict(zip(raws, placed, strict=True))
    found: dict[str, Part] = {}
    for quoted, member in _children(part, b"{"):
        try:
            key = msgspec.json.decode(quoted, type=str)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise _malformed(part, 0, "a key in double quotes is missing") from None
        if key in found:
            detail = f"The key {shown(key)} stands twice in one object: keep one of them."
            error = FieldError(f"/{step(key)}", "duplicate_key", detail, member.line)
            raise Malformed(detail, errors=(error,))
        found[key] = member
    return found


def without(part: Part, key: str) -> Part | None:
    """Return an object without one of its members; None where it has none such, or is no object."""
    if f'"{key}"'.encode() not in part.raw:
        return None
    try:
        kept = members(part)
    except Malformed:
        return None
    if kept.pop(key, None) is None:
        return None
    body = b", ".join(msgspec.json.encode(name) + b": " + m.raw for name, m in kept.items())
    return Part(b"{" + body + b"}", part.line)


def _placed(
    part: Part, raws: Iterable[msgspec.Raw], before: re.Pattern[bytes]
) -> list[Part] | None:
    """Find the decoded parts again in their text; None where they are not all of it.

    That is so where a key is repeated: a decoder keeps the last of its values.
    """
    text = part.raw
    found = []
    offset = len(text) - len(text.lstrip()) + 1
    line, counted = part.line, 0
    for raw in map(bytes, raws):
        gap = before.match(text, offset)
        start = gap.end() if gap else offset
        if not gap or not text.startswith(raw, start):
            return None
        line += text.count(b"\n", counted, start)
        counted, offset = start, start + len(raw)
        found.append(Part(raw, line))
    return found if len(text[offset:].strip()) == 1 else None


def _children(part: Part, opening: bytes) -> list[tuple[bytes, Part]]:
    raw = part.raw
    found: list[tuple[bytes, Part]] = []
    key, depth, line, counted = b"", 0, part.line, 0
    begin = len(raw) - len(raw.lstrip())
    if raw[begin : begin + 1] != opening:
        raise _malformed(part, begin, f"{_NOUN[opening]} is expected here")
    for mark in _MARK.finditer(raw, begin):
        char, at = mark[0], mark.start()
        if char == b'"':
            break
        if char in _CLOSING:
            depth += 1
            begin = mark.end() if depth == 1 else begin
            continue
        depth -= char in {b"}", b"]"}
        if depth == 0 or (depth == 1 and char == b","):
            child = raw[begin:at]
            start = at - len(child.lstrip())
            line += raw.count(b"\n", counted, start)
            counted, begin = start, mark.end()
            if found or key or child.strip() or depth:
                found.append((key, Part(child.strip(), line)))
            key = b""
        elif depth == 1 and char == b":" and not key:
            key, begin = raw[begin:at].strip(), mark.end()
        if depth == 0:
            _require_end(part, char, opening, at)
            return found
    raise _ends_early(part)


def _require_end(part: Part, char: bytes, opening: bytes, at: int) -> None:
    if char != _CLOSING[opening]:
        raise _malformed(part, at, f"{_NOUN[opening]} is closed by the wrong bracket")
    if part.raw[at + 1 :].strip():
        raise _malformed(part, at + 1, "something follows after the end")


def _ends_early(part: Part) -> Malformed:
    line, column = position(part.raw, len(part.raw))
    line += part.line - 1
    detail = f"The JSON ends too early, at line {line}, column {column}: the rest is missing."
    return Malformed(detail, errors=(FieldError("", "bad_json", detail, line),))


def _malformed(part: Part, offset: int, why: str) -> Malformed:
    line, column = position(part.raw, offset)
    line += part.line - 1
    detail = f"The JSON is broken at line {line}, column {column}: {why}."
    return Malformed(detail, errors=(FieldError("", "bad_json", detail, line),))
