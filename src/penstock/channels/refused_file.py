"""Write the orders of a file that were refused, to be mended there and imported again as they are.

The file has the format of the one that they came in. Why each was refused stands with it where the
reader passes over: in columns of their own, or in a member `refused`.
"""

from collections.abc import Sequence

import msgspec

from penstock.channels import csv_file
from penstock.channels.detect import Format
from penstock.channels.json_parts import Part, members, without
from penstock.channels.ndjson_file import WHY
from penstock.channels.parsed import Parsed, whole
from penstock.kernel.errors import FieldError, Malformed

Refused = tuple[Parsed, Sequence[FieldError]]
"""An order that was read, and why it was not taken, by the fields of its file."""


def refused_file(content: bytes, kind: Format, refused: Sequence[Refused]) -> bytes:
    """Return a file of the `refused` among the orders of `content`, which `kind` tells."""
    if kind == "csv":
        marked = content.startswith(_UTF8_MARK)
        return _UTF8_MARK * marked + csv_file.refused_again(content, refused).encode()
    if kind == "json":
        in_array = whole(content).lstrip().startswith(b"[")
        if not in_array and not any("\n" in parsed.raw for parsed, _ in refused):
            return b"".join(_explained(one, b"\n") + b"\n" for one in refused)
        return _array(refused)
    head, tail = _WRAPPED[kind]
    return head + _array(refused, alone=True).rstrip() + tail


_UTF8_MARK = b"\xef\xbb\xbf"
_WRAPPED: dict[Format, tuple[bytes, bytes]] = {
    "tiktok_shop": (b'{"code": 0, "data": {"orders": ', b"}}\n"),
    "shopify": (b'{"orders": ', b"}\n"),
}
"""What the orders stand in, so that the file is told to be its channel's whatever is wrong."""


def _array(refused: Sequence[Refused], *, alone: bool = False) -> bytes:
    between = b"" if alone else b",\n"
    return b"[\n" + b",\n".join(_explained(one, between) for one in refused) + b"\n]\n"


def _explained(refused: Refused, between: bytes) -> bytes:
    """Put the reason into an order as its first member.

    Where the order is no whole object the reason goes before it, if there may be something
    `between` them.
    """
    parsed, errors = refused
    why = [msgspec.structs.replace(e, line=e.line or parsed.line) for e in errors]
    note = b'{"' + WHY.encode() + b'": ' + msgspec.json.encode(why)
    part = Part(parsed.raw.encode())
    part = without(part, WHY) or part
    try:
        empty = not members(part)
    except Malformed:
        return (note + b"}" + between if between else b"") + part.raw
    rest = part.raw.lstrip()[1:].lstrip()
    return note + (b"" if empty else b", ") + rest
