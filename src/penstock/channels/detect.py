"""Which reader a file is for, told by what stands in it and never by its name."""

import re
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Literal

from penstock.channels import csv_file, ndjson_file, shopify, tiktok_shop
from penstock.channels.parsed import Parsed, Source, whole
from penstock.kernel.errors import Malformed

Format = Literal["tiktok_shop", "shopify", "json", "csv"]

READERS: dict[Format, Callable[[Source], Iterator[Parsed]]] = {
    "tiktok_shop": tiktok_shop.read,
    "shopify": shopify.read,
    "json": ndjson_file.read,
    "csv": csv_file.read,
}
"""The reader of each format; "json" is Penstock's own, as NDJSON or as an array."""

HEAD_SIZE = 65_536
"""Bytes that are enough to tell."""

_TOKEN = re.compile(rb'"((?:[^"\\]|\\.)*)"(\s*:)?|[{}\[\]]', re.DOTALL)
_TIKTOK = frozenset({"create_time", "recipient_address", "fulfillment_type", "buyer_message"})
_SHOPIFY = frozenset({"created_at", "shipping_address", "financial_status", "total_price"})
_WRAPPERS = ("", "*", "order", "orders/*", "data/orders/*")


def detect(head: bytes) -> Format:
    """Tell the format from the first `HEAD_SIZE` bytes of a file, or all of a shorter one.

    Raises:
        Malformed: none of ours; the detail lists what can be read.

    """
    content = whole(head).lstrip()
    if content[:1] in {b"{", b"["}:
        found = _of_json(content)
    else:
        first = content.splitlines()[0].decode(errors="replace")
        found = "csv" if csv_file.separator(first)[1] > 1 else None
    if found is None:
        raise Malformed(
            "The file is of no format that Penstock reads: orders as answered by TikTok Shop or "
            "Shopify, Penstock's own NDJSON or JSON array, or its CSV with a header of columns."
        )
    return found


def read(source: Source) -> tuple[Format, Iterator[Parsed]]:
    """Tell the format of a file and read it.

    Raises:
        Malformed: no known format, or what its reader raises.

    """
    if isinstance(source, bytes):
        found = detect(source[:HEAD_SIZE])
        return found, READERS[found](source)
    lines = iter(source)
    head: list[bytes] = []
    size = 0
    for line in lines:
        head.append(line)
        size += len(line)
        if size >= HEAD_SIZE:
            break
    found = detect(b"".join(head)[:HEAD_SIZE])
    return found, READERS[found](chain(head, lines))


def _of_json(content: bytes) -> Format | None:
    paths = _paths(content)
    keys = {key for at, key in paths if at in _WRAPPERS}
    top = {key for at, key in paths if not at}
    if "channel_order_id" in keys or ndjson_file.WHY in top:
        return "json"
    if {"code", "data"} <= top or {"code", "message"} <= top or keys & _TIKTOK:
        return "tiktok_shop"
    if keys & _SHOPIFY or top & {"order", "orders"}:
        return "shopify"
    return "json" if content[:1] == b"[" and not paths else None


def _paths(content: bytes) -> set[tuple[str, str]]:
    found = set[tuple[str, str]]()
    where: list[str] = []
    key = "*"
    for token in _TOKEN.finditer(content):
        char = token[0][:1]
        if char in {b"{", b"["}:
            where.append(key)
            key = "*"
        elif char in {b"}", b"]"}:
            if where:
                where.pop()
            key = "*"
        elif token[2] is not None:
            key = token[1].decode(errors="replace")
            found.add(("/".join(where[1:]), key))
    return found
