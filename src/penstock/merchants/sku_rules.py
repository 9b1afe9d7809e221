"""What every SKU obeys before anyone looks at it."""

import re

import msgspec

from penstock.channels.order_rules import AMOUNT_LIMIT, KEY_LENGTH
from penstock.kernel.countries import COUNTRIES
from penstock.kernel.errors import FieldError
from penstock.kernel.money import CURRENCIES

HS6 = re.compile(r"\d{6}", re.ASCII)
UN = re.compile(r"UN\d{4}", re.ASCII)
WEIGHT_LIMIT_G = 1_000_000
LENGTH_LIMIT_MM = 10_000


class NewSku(msgspec.Struct, frozen=True, kw_only=True):
    """What a merchant says of an article in its packaging, ready to ship.

    `hs6` is the first six digits of the Harmonized System; `value_minor` what one unit is worth
    at the border; `restricted` a UN number of dangerous goods, empty for none. `hs6` and
    `origin_country` may be empty where nothing crosses a border.
    """

    code: str
    title: str
    weight_g: int
    length_mm: int
    width_mm: int
    height_mm: int
    value_minor: int
    currency: str
    hs6: str = ""
    origin_country: str = ""
    restricted: str = ""


def problems(sku: NewSku) -> tuple[FieldError, ...]:
    """Return every rule that `sku` breaks; none for one that may be stored."""
    wrong = []
    if not sku.code.strip() or len(sku.code) > KEY_LENGTH or not sku.code.isprintable():
        detail = f"give a code of 1 to {KEY_LENGTH} printable characters"
        wrong.append(FieldError("/code", "required", detail))
    if not sku.title.strip() or not sku.title.isprintable():
        wrong.append(FieldError("/title", "required", "say what it is, as customs would read it"))
    wrong += [
        FieldError(f"/{field}", "out_of_range", f"use a whole number from {low} to {high}")
        for field, low, high in (
            ("weight_g", 1, WEIGHT_LIMIT_G),
            ("length_mm", 1, LENGTH_LIMIT_MM),
            ("width_mm", 1, LENGTH_LIMIT_MM),
            ("height_mm", 1, LENGTH_LIMIT_MM),
            ("value_minor", 0, AMOUNT_LIMIT),
        )
        if not low <= getattr(sku, field) <= high
    ]
    if sku.currency not in CURRENCIES:
        detail = f"use one of: {' '.join(CURRENCIES)}"
        wrong.append(FieldError("/currency", "unknown_currency", detail))
    if sku.hs6 and not HS6.fullmatch(sku.hs6):
        wrong.append(FieldError("/hs6", "bad_hs6", "use six digits, such as 940521, or leave it"))
    if sku.origin_country and sku.origin_country not in COUNTRIES:
        detail = f"{sku.origin_country!r} is no country of ISO 3166-1; use a code such as CN"
        wrong.append(FieldError("/origin_country", "unknown_country", detail))
    if sku.restricted and not UN.fullmatch(sku.restricted):
        detail = "use a UN number, such as UN3480, or leave it"
        wrong.append(FieldError("/restricted", "bad_un_number", detail))
    return tuple(wrong)
