"""What every reader gives back: one record for each order in a file, good or refused."""

from collections.abc import Iterable, Mapping

import msgspec

from penstock.channels.order import NewOrder
from penstock.kernel.errors import FieldError, Malformed, Refusal

Source = bytes | Iterable[bytes]
"""A whole file as bytes, or a binary file open for reading (anything that yields its lines)."""

_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_SHOWN = 60


class Parsed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One order as it was read: `order` is None exactly when `errors` says why.

    `line` is the physical line of the file where the order starts, from 1. `raw` is its source
    text without the end of its last line, so that what was refused can be shown, mended and sent
    again. `origins` and `lines` lead from our fields to those of the file, for `located`; a file of
    our own fields needs none.
    """

    line: int
    order: NewOrder | None = None
    errors: tuple[FieldError, ...] = ()
    raw: str = ""
    origins: Mapping[str, str] | None = None
    lines: Mapping[str, int] | None = None


class Made(msgspec.Struct, frozen=True):
    """An order that a channel's payload was made into, and whence each part of it came."""

    order: NewOrder
    origins: Mapping[str, str]


def refused(line: int, raw: bytes, refusal: Refusal) -> Parsed:
    """Turn the refusal of one order into its record, so that the others go on."""
    errors = refusal.errors or (FieldError("", refusal.code, refusal.detail),)
    return Parsed(line=line, errors=errors, raw=legible(raw))


def whole(source: Source) -> bytes:
    """Read a source to its end, less the byte-order mark that spreadsheets put first.

    Raises:
        Malformed: there is nothing in it, or it is UTF-16.

    """
    content = source if isinstance(source, bytes) else b"".join(source)
    if content.startswith(_UTF16_MARKS):
        raise Malformed("The file is UTF-16: save it as UTF-8 and send it again.")
    content = content.removeprefix(_UTF8_MARK)
    if not content.strip():
        raise Malformed("The file is empty: there is no order in it.")
    return content


def require_utf8(content: bytes, *, line: int = 1) -> str:
    """Decode what makes sense only as a whole; `line` is where it stands in its file.

    Raises:
        Malformed: it is not UTF-8; the detail says at which line and column.

    """
    try:
        return content.decode()
    except UnicodeDecodeError as fault:
        down, column = position(content, fault.start)
        line += down - 1
        detail = (
            f"Line {line}, column {column} is not UTF-8 (byte 0x{content[fault.start]:02X}): "
            "save it as UTF-8 and send it again."
        )
        raise Malformed(detail, errors=(FieldError("", "not_utf8", detail, line),)) from None


def position(content: bytes, offset: int) -> tuple[int, int]:
    """Say where byte `offset` lies: its line, and its column in characters, both from 1."""
    before = content[:offset]
    start = before.rfind(b"\n") + 1
    return before.count(b"\n") + 1, len(before[start:].decode(errors="replace")) + 1


def legible(raw: bytes) -> str:
    """Decode for showing and storing: what cannot be text becomes U+FFFD."""
    return raw.decode(errors="replace").replace("\0", "\ufffd")


def shown(text: str) -> str:
    """Quote a piece of somebody's text inside a message: short, on one line, always encodable."""
    short = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    safe = short.encode(errors="replace").decode()
    return "'" + "".join(char if char.isprintable() else "\ufffd" for char in safe) + "'"


def located(
    errors: Iterable[FieldError],
    origins: Mapping[str, str],
    lines: Mapping[str, int] | None = None,
) -> tuple[FieldError, ...]:
    """Point errors about a `NewOrder` at the fields of the file that it was made from.

    `origins` maps the beginning of our pointer to the beginning of theirs, the longest first
    match wins; `lines` gives the physical line for such a beginning, where there is one.
    """
    return tuple(_relocate(error, origins, lines or {}) for error in errors)


def _relocate(
    error: FieldError, origins: Mapping[str, str], lines: Mapping[str, int]
) -> FieldError:
    starts = [s for s in origins if f"{error.pointer}/".startswith(f"{s}/")]
    if not starts:
        return error
    start = max(starts, key=len)
    pointer = origins[start] + error.pointer[len(start) :]
    ours, theirs = (at.rpartition("/")[2] for at in (error.pointer, pointer))
    detail = error.detail
    if detail.startswith(f"{ours} "):
        detail = theirs + detail.removeprefix(ours)
    line = lines.get(start, error.line)
    return msgspec.structs.replace(error, pointer=pointer, detail=detail, line=line)
