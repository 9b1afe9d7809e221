"""What crosses a border: one parcel or shipment, as its customs declaration will tell it."""

import re
from typing import Final, Literal

import msgspec

from penstock.channels.order import Address
from penstock.kernel.errors import FieldError
from penstock.kernel.money import CURRENCIES

Mode = Literal["post", "courier"]
Nature = Literal["b2c", "b2b", "gift"]
Scheme = Literal["ioss", "gb_vat"]
Incoterm = Literal["EXW", "FCA", "CPT", "CIP", "DAP", "DPU", "DDP", "FAS", "FOB", "CFR", "CIF"]

_HS6: Final = re.compile(r"[0-9]{6}")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")


class GoodsLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One kind of goods. `value_minor` and `weight_g` (net) are of all `quantity` units together.

    `origin` is where the goods were made, ISO 3166-1 alpha-2, not where they are sent from;
    `tariff_code` is the destination's own longer code (HTS10, TARIC, commodity code) when known.
    """

    hs6: str
    description: str
    quantity: int
    value_minor: int
    currency: str
    weight_g: int
    origin: str
    sku: str = ""
    tariff_code: str = ""


class Numbers(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The registrations that documents must quote; empty where there is none."""

    ioss: str = ""
    gb_vat: str = ""
    exporter_eori: str = ""
    importer_eori: str = ""


class Consignment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All goods that go together from one consignor to one consignee.

    `origin` and `destination` are the countries of dispatch and delivery, ISO 3166-1 alpha-2.
    `freight_minor` is carriage and insurance to the door, in `freight_currency` (that of the first
    line if empty). `seller_schemes` are the tax schemes in which the seller is registered.
    """

    origin: str
    destination: str
    lines: tuple[GoodsLine, ...]
    freight_minor: int = 0
    freight_currency: str = ""
    seller_schemes: frozenset[Scheme] = frozenset()
    incoterm: Incoterm = "DDP"
    mode: Mode = "courier"
    nature: Nature = "b2c"
    numbers: Numbers = Numbers()
    consignor: Address | None = None
    consignee: Address | None = None

    @property
    def carriage_currency(self) -> str:
        """The currency of `freight_minor`."""
        return self.freight_currency or (self.lines[0].currency if self.lines else "")


def faults(consignment: Consignment) -> tuple[FieldError, ...]:
    """Name every field without which nothing can be counted; empty when all can."""
    found = [
        _fault(f"/{name}", "country", "Give the two letters of ISO 3166-1, such as CN.")
        for name in ("origin", "destination")
        if not _COUNTRY.fullmatch(getattr(consignment, name))
    ]
    if not consignment.lines:
        found.append(_fault("/lines", "empty", "Give at least one line of goods."))
    if consignment.freight_minor < 0:
        found.append(_fault("/freight_minor", "negative", "Give freight of 0 or more."))
    if consignment.lines and consignment.carriage_currency not in CURRENCIES:
        found.append(_fault("/freight_currency", "currency", "Give a currency we trade in."))
    for position, line in enumerate(consignment.lines):
        found.extend(_line_faults(f"/lines/{position}", line))
    return tuple(found)


def _line_faults(at: str, line: GoodsLine) -> list[FieldError]:
    rules = (
        (is_hs6(line.hs6), "hs6", "hs6", "Give the six digits of the Harmonized System code."),
        (is_country(line.origin), "origin", "country", "Give where it was made, such as CN."),
        (line.currency in CURRENCIES, "currency", "currency", "Give a currency we trade in."),
        (line.quantity > 0, "quantity", "not_positive", "Give 1 unit or more."),
        (line.value_minor >= 0, "value_minor", "negative", "Give a value of 0 or more."),
        (line.weight_g >= 0, "weight_g", "negative", "Give a weight of 0 g or more."),
    )
    return [_fault(f"{at}/{field}", code, detail) for ok, field, code, detail in rules if not ok]


def is_hs6(code: str) -> bool:
    """Tell whether `code` has the form of a six-digit subheading; not whether it exists."""
    return _HS6.fullmatch(code) is not None


def is_country(code: str) -> bool:
    """Tell whether `code` has the form of an ISO 3166-1 alpha-2 code."""
    return _COUNTRY.fullmatch(code) is not None


def _fault(pointer: str, code: str, detail: str) -> FieldError:
    return FieldError(pointer=pointer, code=code, detail=detail)
