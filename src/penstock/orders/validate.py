"""What an order must be before it may ask for stock; every broken rule is named by field."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from penstock.channels.order import NewOrder
from penstock.kernel.errors import FieldError
from penstock.kernel.money import CURRENCIES

LINES_MAX = 500
QUANTITY_MAX = 10_000
PRICE_MAX_MINOR = 10**12
TEXT_MAX = 500
AHEAD_MAX = timedelta(hours=24)
BEHIND_MAX = timedelta(days=365)

_Refuse = Callable[[str, str, str], None]
_COUNTRY = re.compile(r"[A-Z]{2}")


def validate(order: NewOrder, countries: frozenset[str], now: datetime) -> tuple[FieldError, ...]:
    """Return every rule that `order` breaks; none for an order that may be received.

    `countries` are the known ISO 3166-1 alpha-2 codes; whether the merchant sells there is the
    merchant's matter and is answered at receipt.
    """
    wrong: list[FieldError] = []

    def refuse(pointer: str, code: str, detail: str) -> None:
        wrong.append(FieldError(pointer, code, detail))

    for field in ("channel", "channel_order_id"):
        if not getattr(order, field).strip():
            refuse(f"/{field}", "missing", f"{field} is empty; give the channel's own value")
    if order.currency not in CURRENCIES:
        refuse("/currency", "unknown_currency", "use an ISO 4217 code that Penstock trades in")
    _check_address(order, countries, refuse)
    _check_times(order, now, refuse)
    _check_lines(order, refuse)
    if not 0 <= order.shipping_minor <= PRICE_MAX_MINOR:
        refuse("/shipping_minor", "out_of_range", f"use 0 to {PRICE_MAX_MINOR} minor units")
    for pointer, text in _texts(order):
        if len(text) > TEXT_MAX:
            refuse(pointer, "too_long", f"use at most {TEXT_MAX} characters, not {len(text)}")
        if "\x00" in text or (not text.isascii() and _has_surrogate(text)):
            refuse(pointer, "bad_text", "remove NUL characters and lone surrogates")
    return tuple(wrong)


def _check_address(order: NewOrder, countries: frozenset[str], refuse: _Refuse) -> None:
    to = order.ship_to
    for field in ("name", "line1", "city"):
        if not getattr(to, field).strip():
            refuse(f"/ship_to/{field}", "missing", f"the consignee's {field} is needed to deliver")
    if not _COUNTRY.fullmatch(to.country) or to.country not in countries:
        refuse("/ship_to/country", "unknown_country", "use an ISO 3166-1 alpha-2 code such as US")


def _check_times(order: NewOrder, now: datetime, refuse: _Refuse) -> None:
    for field, at in (("ordered_at", order.ordered_at), ("paid_at", order.paid_at)):
        if at is None:
            continue
        if at.tzinfo is None:
            refuse(f"/{field}", "no_offset", "give the time with its UTC offset, such as …Z")
        elif at > now + AHEAD_MAX:
            refuse(f"/{field}", "in_the_future", f"{at:%Y-%m-%d} lies in the future; check it")
        elif at < now - BEHIND_MAX:
            refuse(f"/{field}", "too_old", f"{at:%Y-%m-%d} is too old: use 'history import'")


def _check_lines(order: NewOrder, refuse: _Refuse) -> None:
    if not 1 <= len(order.lines) <= LINES_MAX:
        refuse("/lines", "line_count", f"use 1 to {LINES_MAX} lines, not {len(order.lines)}")
        return
    for i, line in enumerate(order.lines):
        if not line.sku.strip():
            refuse(f"/lines/{i}/sku", "missing", "give the merchant's SKU code")
        if not 1 <= line.quantity <= QUANTITY_MAX:
            refuse(f"/lines/{i}/quantity", "out_of_range", f"use 1 to {QUANTITY_MAX} units")
        if not 0 <= line.unit_price_minor <= PRICE_MAX_MINOR:
            refuse(f"/lines/{i}/unit_price_minor", "out_of_range", "use 0 or more minor units")


def _texts(order: NewOrder) -> list[tuple[str, str]]:
    to = order.ship_to
    named = [(f"/ship_to/{field}", getattr(to, field)) for field in to.__struct_fields__]
    named += [
        (f"/{field}", getattr(order, field))
        for field in ("channel", "channel_order_id", "stream", "buyer_id", "note")
    ]
    return named + [(f"/lines/{i}/sku", line.sku) for i, line in enumerate(order.lines)]


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)
