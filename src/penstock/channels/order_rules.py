"""What every order obeys, whichever channel it came from, beyond the types of its fields."""

from datetime import datetime

from penstock.channels.order import Address, NewLine, NewOrder
from penstock.kernel.errors import FieldError
from penstock.kernel.money import CURRENCIES

KEY_LENGTH = 255
"""Characters in a code that is looked up: an index entry must be able to hold it."""
QUANTITY_LIMIT = 1_000_000
AMOUNT_LIMIT = 1_000_000_000_000
"""Minor units of one price."""
TOTAL_LIMIT = 1_000_000_000_000_000_000
"""Minor units of all lines together: with room to add them up in 64 bits."""


def breaches(order: NewOrder) -> tuple[FieldError, ...]:
    """Name every rule that an order breaks, by pointers into `NewOrder`; empty for a sound one."""
    found: list[FieldError] = []
    _code("/channel", order.channel, found)
    _code("/channel_order_id", order.channel_order_id, found)
    if len(order.stream) > KEY_LENGTH:
        found.append(_too_long("/stream"))
    if len(order.buyer_id) > KEY_LENGTH:
        found.append(_too_long("/buyer_id"))
    if order.currency not in CURRENCIES:
        found.append(unknown_currency("/currency"))
    _time("/ordered_at", order.ordered_at, found)
    if order.paid_at is not None:
        _time("/paid_at", order.paid_at, found)
    if not 0 <= order.shipping_minor <= AMOUNT_LIMIT:
        found.append(_outside("/shipping_minor", 0, AMOUNT_LIMIT))
    _address(order.ship_to, found)
    _lines(order.lines, found)
    return tuple(found)


def required(pointer: str) -> FieldError:
    """Say that a field without which an order cannot be fulfilled is blank or absent."""
    return FieldError(pointer, "required", f"{pointer.rsplit('/', 1)[-1]} is needed: fill it in.")


def unknown_currency(pointer: str) -> FieldError:
    """Say that amounts cannot be read in this currency."""
    known = " ".join(CURRENCIES)
    return FieldError(pointer, "unknown_currency", f"currency must be one of: {known}.")


def _address(to: Address, found: list[FieldError]) -> None:
    if not to.name or to.name.isspace():
        found.append(required("/ship_to/name"))
    if not to.line1 or to.line1.isspace():
        found.append(required("/ship_to/line1"))
    if not to.city or to.city.isspace():
        found.append(required("/ship_to/city"))
    country = to.country
    if not (len(country) == 2 and country.isascii() and country.isalpha() and country.isupper()):
        detail = "country must be two capital letters of ISO 3166-1, such as GB."
        found.append(FieldError("/ship_to/country", "bad_country", detail))


def _lines(lines: tuple[NewLine, ...], found: list[FieldError]) -> None:
    total = 0
    for index, line in enumerate(lines):
        sku, quantity, price = line.sku, line.quantity, line.unit_price_minor
        if not sku or len(sku) > KEY_LENGTH or sku.isspace():
            _code(f"/lines/{index}/sku", sku, found)
        if not 0 < quantity <= QUANTITY_LIMIT:
            found.append(_outside(f"/lines/{index}/quantity", 1, QUANTITY_LIMIT))
        if not 0 <= price <= AMOUNT_LIMIT:
            found.append(_outside(f"/lines/{index}/unit_price_minor", 0, AMOUNT_LIMIT))
        total += quantity * price
    if not lines:
        found.append(FieldError("/lines", "required", "An order needs at least one line."))
    if total > TOTAL_LIMIT:
        detail = f"The lines together must not exceed {TOTAL_LIMIT} minor units."
        found.append(FieldError("/lines", "out_of_range", detail))


def _code(pointer: str, text: str, found: list[FieldError]) -> None:
    if not text or text.isspace():
        found.append(required(pointer))
    elif len(text) > KEY_LENGTH:
        found.append(_too_long(pointer))


def _time(pointer: str, at: datetime, found: list[FieldError]) -> None:
    if at.tzinfo is None:
        name = pointer.rsplit("/", 1)[-1]
        detail = f"{name} needs its offset from UTC: end it with Z, or with one such as +08:00."
        found.append(FieldError(pointer, "bad_time", detail))


def _too_long(pointer: str) -> FieldError:
    name = pointer.rsplit("/", 1)[-1]
    return FieldError(pointer, "too_long", f"{name} must not exceed {KEY_LENGTH} characters.")


def _outside(pointer: str, low: int, high: int) -> FieldError:
    name = pointer.rsplit("/", 1)[-1]
    return FieldError(pointer, "out_of_range", f"{name} must be from {low} to {high}.")
