from datetime import date

import msgspec
import pytest

from penstock.channels.order import Address
from penstock.customs.classify import hs_2022
from penstock.customs.consignment import Consignment, GoodsLine, Numbers
from penstock.customs.documents import commercial_invoice, missing
from penstock.kernel.errors import Invalid

SHENZHEN = Address(name="Silk Road Ltd", line1="8 Keji Road", city="Shenzhen", country="CN")
BERLIN = Address(
    name="Eva Blum", line1="Ahornweg 3", city="Berlin", country="DE", postal_code="10115"
)
BLOUSE = GoodsLine(
    hs6="620610",
    description="women's silk blouse",
    quantity=2,
    value_minor=8_000,
    currency="EUR",
    weight_g=400,
    origin="CN",
)
READY = Consignment(
    origin="CN",
    destination="DE",
    lines=(BLOUSE, msgspec.structs.replace(BLOUSE, hs6="620620", value_minor=5_000)),
    freight_minor=700,
    seller_schemes=frozenset({"ioss"}),
    numbers=Numbers(ioss="IM2760000742"),
    consignor=SHENZHEN,
    consignee=BERLIN,
)


def lacking(consignment: Consignment) -> set[tuple[str, str]]:
    found = missing(consignment, consignment.destination, nomenclature=hs_2022())
    return {(error.pointer, error.code) for error in found}


def with_line(**more: object) -> Consignment:
    return msgspec.structs.replace(READY, lines=(msgspec.structs.replace(BLOUSE, **more),))


def test_a_complete_consignment_becomes_an_invoice_that_adds_up() -> None:
    assert lacking(READY) == set()
    invoice = commercial_invoice(READY, number="INV-1", issued_on=date(2026, 11, 21))
    assert (invoice.goods_minor, invoice.freight_minor, invoice.total_minor) == (
        13_000,
        700,
        13_700,
    )
    assert invoice.weight_g == 800
    assert [line.position for line in invoice.lines] == [1, 2]
    assert invoice.currency == "EUR"
    assert invoice.numbers.ioss == "IM2760000742"
    assert b'"description":"women\'s silk blouse"' in msgspec.json.encode(invoice)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"hs6": "6206"}, ("/lines/0/hs6", "hs6")),
        ({"hs6": "999999"}, ("/lines/0/hs6", "unknown_hs6")),
        ({"tariff_code": "6109100010"}, ("/lines/0/tariff_code", "contradicts_hs6")),
        ({"origin": ""}, ("/lines/0/origin", "country")),
        ({"quantity": 0}, ("/lines/0/quantity", "not_positive")),
        ({"value_minor": 0}, ("/lines/0/value_minor", "not_positive")),
        ({"weight_g": 0}, ("/lines/0/weight_g", "not_positive")),
        ({"description": "Gift"}, ("/lines/0/description", "vague")),
    ],
)
def test_each_missing_part_of_a_line_is_named(
    more: dict[str, object], expected: tuple[str, str]
) -> None:
    assert lacking(with_line(**more)) == {expected}


@pytest.mark.parametrize(
    "description",
    ["", "gift", "Sample", "GOODS", "free gift for you!"[:9], "mixed items", "1 set", "N/A",
     "electronic products", "礼品"],
)  # fmt: skip
def test_vague_descriptions(description: str) -> None:
    assert ("/lines/0/description", "vague") in lacking(with_line(description=description))


@pytest.mark.parametrize(
    "description", ["gift box of green tea", "phone case", "T-shirt", "toy car", "leather bags"]
)
def test_descriptions_that_name_the_goods(description: str) -> None:
    assert lacking(with_line(description=description)) == set()


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"consignee": None}, ("/consignee", "required")),
        ({"consignor": None}, ("/consignor", "required")),
        ({"numbers": Numbers()}, ("/numbers/ioss", "required")),
        ({"numbers": Numbers(ioss="IM276")}, ("/numbers/ioss", "malformed")),
        ({"nature": "b2b"}, ("/numbers/importer_eori", "required")),
        ({"origin": "GB"}, ("/numbers/exporter_eori", "required")),
        ({"freight_currency": "USD"}, ("/lines", "one_currency")),
        ({"lines": ()}, ("/lines", "required")),
        (
            {"consignee": msgspec.structs.replace(BERLIN, postal_code=" ")},
            ("/consignee/postal_code", "required"),
        ),
        (
            {"consignee": msgspec.structs.replace(BERLIN, country="AT")},
            ("/consignee/country", "not_destination"),
        ),
        (
            {"consignee": msgspec.structs.replace(BERLIN, line1="")},
            ("/consignee/line1", "required"),
        ),
    ],
)
def test_each_missing_party_and_number_is_named(
    more: dict[str, object], expected: tuple[str, str]
) -> None:
    assert lacking(msgspec.structs.replace(READY, **more)) == {expected}


def test_numbers_of_other_borders_are_not_asked_for() -> None:
    london = msgspec.structs.replace(BERLIN, city="London", country="GB", postal_code="N1 9GU")
    there = {"destination": "GB", "consignee": london, "numbers": Numbers()}
    assert lacking(msgspec.structs.replace(READY, **there)) == set()
    registered = msgspec.structs.replace(READY, **there, seller_schemes=frozenset({"gb_vat"}))
    assert lacking(registered) == {("/numbers/gb_vat", "required")}


def test_a_parcel_inside_the_union_needs_no_numbers() -> None:
    inside = msgspec.structs.replace(READY, origin="FR", numbers=Numbers(), nature="b2b")
    assert lacking(inside) == set()


def test_an_incomplete_consignment_is_refused_with_the_same_errors() -> None:
    bare = msgspec.structs.replace(READY, consignee=None)
    with pytest.raises(Invalid) as refused:
        commercial_invoice(bare, number="INV-1", issued_on=date(2026, 11, 21))
    assert refused.value.errors == missing(bare, "DE")
