"""What a stream must be before stock is kept for it; every broken rule is named by field."""

from collections.abc import Set as AbstractSet
from datetime import datetime

import msgspec

from penstock.kernel.errors import FieldError, Invalid

UNITS_MAX = 10_000_000


class StreamSku(msgspec.Struct, frozen=True):
    """Units of a SKU to be kept for a stream."""

    sku_id: int
    quantity: int


class NewStream(msgspec.Struct, frozen=True, kw_only=True):
    """A livestream as it is planned; `code` is what its orders name."""

    code: str
    title: str
    country: str
    starts_at: datetime
    ends_at: datetime
    skus: tuple[StreamSku, ...]
    host: str = ""
    expected_orders: int = 0


def validate(stream: NewStream, known_skus: AbstractSet[int], now: datetime) -> None:
    """Check a planned stream; `known_skus` are those of its SKUs that the merchant has.

    Raises:
        Invalid: every broken rule, by field.

    """
    wrong = []
    if not stream.code.strip():
        wrong.append(FieldError("/code", "missing", "give the code that its orders will name"))
    if stream.ends_at <= max(stream.starts_at, now):
        detail = "a stream ends after it starts, and in the future"
        wrong.append(FieldError("/ends_at", "out_of_range", detail))
    if not stream.skus:
        wrong.append(FieldError("/skus", "missing", "name at least one SKU"))
    seen: set[int] = set()
    for i, sku in enumerate(stream.skus):
        if sku.sku_id not in known_skus:
            detail = "the merchant has no such SKU; add it or correct the line"
            wrong.append(FieldError(f"/skus/{i}/sku", "unknown_sku", detail))
        if sku.sku_id in seen:
            wrong.append(FieldError(f"/skus/{i}/sku", "twice", "name each SKU once"))
        if not 0 <= sku.quantity <= UNITS_MAX:
            detail = f"use 0 to {UNITS_MAX} units"
            wrong.append(FieldError(f"/skus/{i}/quantity", "out_of_range", detail))
        seen.add(sku.sku_id)
    if wrong:
        raise Invalid(errors=tuple(wrong))
