"""The content of the commercial invoice, and what still lacks before a border accepts it."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

import msgspec

from penstock.channels.order import Address
from penstock.customs.classify import Nomenclature, check_hs
from penstock.customs.consignment import (
    Consignment,
    GoodsLine,
    Incoterm,
    Nature,
    Numbers,
    is_country,
    is_hs6,
)
from penstock.customs.description import is_vague
from penstock.customs.territory import jurisdiction
from penstock.kernel.errors import FieldError, Invalid

_IOSS: Final = re.compile(r"IM[0-9]{10}")
_EORI: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{1,15}")
_GB_VAT: Final = re.compile(r"GB([0-9]{9}|[0-9]{12})")
_POSTCODE_COUNTRIES: Final = {"US", "EU", "GB"}


class InvoiceLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the invoice; value and net weight are of all its units."""

    position: int
    description: str
    hs6: str
    tariff_code: str
    origin: str
    quantity: int
    weight_g: int
    value_minor: int


class CommercialInvoice(msgspec.Struct, frozen=True, kw_only=True):
    """What the invoice says; how it is drawn is for others. All amounts are in `currency`."""

    number: str
    issued_on: date
    consignor: Address
    consignee: Address
    numbers: Numbers
    dispatched_from: str
    incoterm: Incoterm
    nature: Nature
    currency: str
    lines: tuple[InvoiceLine, ...]
    goods_minor: int
    freight_minor: int
    total_minor: int
    weight_g: int


def commercial_invoice(
    consignment: Consignment,
    *,
    number: str,
    issued_on: date,
    nomenclature: Nomenclature | None = None,
) -> CommercialInvoice:
    """Write the invoice of a consignment that lacks nothing.

    Raises:
        Invalid: something is missing; `errors` are those of `missing`.

    """
    lacking = missing(consignment, consignment.destination, nomenclature=nomenclature)
    if lacking or consignment.consignor is None or consignment.consignee is None:
        raise Invalid("The commercial invoice cannot be written yet.", errors=lacking)
    goods = sum(line.value_minor for line in consignment.lines)
    return CommercialInvoice(
        number=number,
        issued_on=issued_on,
        consignor=consignment.consignor,
        consignee=consignment.consignee,
        numbers=consignment.numbers,
        dispatched_from=consignment.origin,
        incoterm=consignment.incoterm,
        nature=consignment.nature,
        currency=consignment.lines[0].currency,
        lines=tuple(_line(i, line) for i, line in enumerate(consignment.lines, start=1)),
        goods_minor=goods,
        freight_minor=consignment.freight_minor,
        total_minor=goods + consignment.freight_minor,
        weight_g=sum(line.weight_g for line in consignment.lines),
    )


def missing(
    consignment: Consignment, destination: str, *, nomenclature: Nomenclature | None = None
) -> tuple[FieldError, ...]:
    """Name each field that the border of `destination` would miss; empty when none.

    With a `nomenclature` a tariff code must also exist in it. The longer national code is not
    demanded: the broker completes it where the consignment does not carry it.
    """
    found = [*_addresses(consignment, destination), *_numbers(consignment, destination)]
    if not consignment.lines:
        found.append(_lacks("/lines", "required", "Give at least one line of goods."))
    currencies = {line.currency for line in consignment.lines} | {consignment.carriage_currency}
    if consignment.lines and len(currencies) > 1:
        detail = "Give all values and the freight in one currency."
        found.append(_lacks("/lines", "one_currency", detail))
    for position, line in enumerate(consignment.lines):
        found.extend(_goods(f"/lines/{position}", line, nomenclature))
    return tuple(found)


def _line(position: int, line: GoodsLine) -> InvoiceLine:
    return InvoiceLine(
        position=position,
        description=line.description,
        hs6=line.hs6,
        tariff_code=line.tariff_code,
        origin=line.origin,
        quantity=line.quantity,
        weight_g=line.weight_g,
        value_minor=line.value_minor,
    )


def _goods(at: str, line: GoodsLine, nomenclature: Nomenclature | None) -> Iterator[FieldError]:
    if not is_hs6(line.hs6):
        yield _lacks(f"{at}/hs6", "hs6", "Give the six digits of the Harmonized System code.")
    elif nomenclature and check_hs(line.hs6, nomenclature).status != "valid":
        detail = f"{line.hs6} is not a subheading of {nomenclature.edition}: classify the product."
        yield _lacks(f"{at}/hs6", "unknown_hs6", detail)
    if line.tariff_code and not line.tariff_code.startswith(line.hs6):
        detail = "The longer tariff code must begin with the HS6: mend one of them."
        yield _lacks(f"{at}/tariff_code", "contradicts_hs6", detail)
    if is_vague(line.description):
        detail = "Say in English what it is, of what and for whom: 'women's silk blouse'."
        yield _lacks(f"{at}/description", "vague", detail)
    if not is_country(line.origin):
        yield _lacks(f"{at}/origin", "country", "Give where it was made, such as CN.")
    for field in ("quantity", "value_minor", "weight_g"):
        if getattr(line, field) <= 0:
            yield _lacks(f"{at}/{field}", "not_positive", "Give more than 0.")


def _addresses(consignment: Consignment, destination: str) -> Iterator[FieldError]:
    for party in ("consignor", "consignee"):
        address: Address | None = getattr(consignment, party)
        if address is None:
            yield _lacks(f"/{party}", "required", f"Give the {party}'s name and address.")
            continue
        for field in ("name", "line1", "city"):
            if not getattr(address, field).strip():
                yield _lacks(f"/{party}/{field}", "required", f"Give the {party}'s {field}.")
        if not is_country(address.country):
            yield _lacks(f"/{party}/country", "country", "Give the two letters of ISO 3166-1.")
    consignee = consignment.consignee
    if consignee is None:
        return
    if consignee.country != destination:
        detail = f"The goods go to {destination}: give a consignee there."
        yield _lacks("/consignee/country", "not_destination", detail)
    needed = jurisdiction(destination) in _POSTCODE_COUNTRIES
    if needed and destination != "IE" and not consignee.postal_code.strip():
        yield _lacks("/consignee/postal_code", "required", "Give the postal code.")


def _numbers(consignment: Consignment, destination: str) -> Iterator[FieldError]:
    border, start = jurisdiction(destination), jurisdiction(consignment.origin)
    numbers, schemes = consignment.numbers, consignment.seller_schemes
    if border == start and border is not None:
        return
    wanted = (
        ("ioss", border == "EU" and "ioss" in schemes, _IOSS, "IM and ten digits"),
        ("gb_vat", border == "GB" and "gb_vat" in schemes, _GB_VAT, "GB and nine digits"),
        ("exporter_eori", start in {"EU", "GB"}, _EORI, "a country code and up to 15 characters"),
        (
            "importer_eori",
            border in {"EU", "GB"} and consignment.nature == "b2b",
            _EORI,
            "a country code and up to 15 characters",
        ),
    )
    for field, required, form, shape in wanted:
        given = getattr(numbers, field)
        if (required or given) and not form.fullmatch(given):
            code = "malformed" if given else "required"
            yield _lacks(f"/numbers/{field}", code, f"Give the number: {shape}.")


def _lacks(pointer: str, code: str, detail: str) -> FieldError:
    return FieldError(pointer=pointer, code=code, detail=detail)
