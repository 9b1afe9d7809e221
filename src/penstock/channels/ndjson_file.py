"""Penstock's own order file: NDJSON, one `NewOrder` as a JSON object a line, or a JSON array.

NDJSON is read as it comes, so a file may be larger than memory; an array is read whole.
"""

import io
from collections.abc import Iterable, Iterator
from itertools import chain, islice

import msgspec

from penstock.channels.json_faults import FAULTS
from penstock.channels.json_parts import Part, items, without
from penstock.channels.json_text import decode_order
from penstock.channels.parsed import Parsed, Source, refused, require_utf8, whole
from penstock.kernel.errors import Malformed, Refusal

_BLANK = b" \t\r\n\xef\xbb\xbf"
"""White space of JSON, and the byte-order mark that may stand before it."""
_ONE_VALUE = msgspec.json.Decoder(msgspec.Raw)
WHY = "refused"
"""The member by which a file of refused orders says why; the reader passes over it."""
_NOTE = b'{"refused":'


def read(source: Source) -> Iterator[Parsed]:
    """Read orders; a bad one is a record with errors, and the others go on.

    Raises:
        Malformed: at once, before the first record: the file is empty, or it is one value
            that is not JSON, not UTF-8, or never ends.

    """
    lines = iter(io.BytesIO(source) if isinstance(source, bytes) else source)
    head = []
    for line in lines:
        head.append(line)
        if line.strip(_BLANK):
            break
    first = whole(head)
    if not first.lstrip().startswith(b"[") and _is_one_value(first):
        return _each_line(chain(io.BytesIO(first), lines))
    return _document(first + b"".join(lines))


def decode_orders(raw: bytes) -> list[Parsed]:
    """Read the orders in one body: what `read` does, in one go.

    Raises:
        Malformed: as `read`.

    """
    return list(read(raw))


def decode_lines(lines: Iterable[bytes], first_line: int) -> list[Parsed]:
    """Read the orders of a part of a stream of NDJSON that begins at `first_line`."""
    return [
        _parsed(part)
        for number, line in enumerate(lines, start=first_line)
        if line.strip(_BLANK) and not _only_says_why(part := Part(line.strip(_BLANK), number))
    ]


def _document(content: bytes) -> Iterator[Parsed]:
    if content.lstrip().startswith(b"["):
        require_utf8(content)
        return (_parsed(part) for part in items(Part(content)) if not _only_says_why(part))
    begin = len(content) - len(content.lstrip())
    one = Part(content.strip(), content.count(b"\n", 0, begin) + 1)
    second = list(islice(filter(bytes.strip, io.BytesIO(one.raw)), 1, 2))
    if second and second[0].lstrip().startswith(b"{") and not _is_one_value(content):
        return _each_line(io.BytesIO(content))
    return _only(one)


def _only(part: Part) -> Iterator[Parsed]:
    try:
        decode_order(part.raw, line=part.line)
    except Malformed:
        raise
    except Refusal:
        pass
    return iter([] if _only_says_why(part) else [_parsed(part)])


def _each_line(lines: Iterable[bytes]) -> Iterator[Parsed]:
    for number, line in enumerate(lines, start=1):
        if line.strip() and not _only_says_why(part := Part(line.strip(), number)):
            yield _parsed(part)


def _parsed(part: Part) -> Parsed:
    try:
        order = decode_order(part.raw, line=part.line)
    except Refusal as refusal:
        clean = without(part, WHY)
        if clean is not None:
            return _parsed(clean)
        return refused(part.line, part.raw, refusal)
    return Parsed(line=part.line, order=order, raw=part.raw.decode())


def _only_says_why(part: Part) -> bool:
    """Tell whether this is the note before an order that could not be taken apart."""
    if not part.raw.startswith(_NOTE):
        return False
    clean = without(part, WHY)
    return clean is not None and clean.raw == b"{}"


def _is_one_value(content: bytes) -> bool:
    try:
        _ONE_VALUE.decode(content)
    except FAULTS:
        return False
    return True
