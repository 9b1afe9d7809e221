import io
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.channels.order import Address, NewLine, NewOrder
from penstock.channels.parsed import Parsed
from penstock.channels.shopify import read
from penstock.kernel.errors import Malformed, Refusal

HERE = Path(__file__).parent
SHARED = Path(os.environ.get("PENSTOCK_SHARED", HERE.parents[1] / "../shared"))
PAYLOADS = SHARED / "data/channels/shopify"
needs_payloads = pytest.mark.skipif(
    not PAYLOADS.exists(), reason="PENSTOCK_SHARED has no Shopify payloads"
)
SAMPLE = (HERE / "samples" / "shopify.json").read_bytes()
ORDER = json.loads(SAMPLE)["orders"][0]


def one(order: dict[str, Any]) -> Parsed:
    [record] = read(json.dumps(order).encode())
    return record


def taken(**changes: Any) -> NewOrder:
    record = one({**ORDER, **changes})
    assert record.order is not None, record.errors
    return record.order


def faults(**changes: Any) -> list[tuple[str, str]]:
    record = one({**ORDER, **changes})
    assert record.order is None
    return [(error.pointer, error.code) for error in record.errors]


def item(**changes: Any) -> dict[str, Any]:
    return {"title": "Mug", "sku": "MUG-1", "quantity": 1, "price": "12.50", **changes}


def test_the_sample_becomes_an_order_and_a_reason() -> None:
    good, bad = read(io.BytesIO(SAMPLE))
    assert (good.line, bad.line) == (3, 37)
    assert good.order == NewOrder(
        channel="shopify",
        channel_order_id="5001",
        currency="EUR",
        ordered_at=datetime(2026, 11, 21, 19, 0, tzinfo=UTC),
        paid_at=datetime(2026, 11, 21, 19, 0, 5, tzinfo=UTC),
        ship_to=Address(
            name="Eva Engel",
            line1="Hauptstr. 1",
            line2="Engel GmbH, 2. OG",
            city="Berlin",
            region="Berlin",
            postal_code="10115",
            country="DE",
            phone="+49 30 1234",
            email="eva@shop.example",
        ),
        lines=(
            NewLine(sku="MUG-1", quantity=2, unit_price_minor=1250),
            NewLine(sku="PLATE", quantity=4, unit_price_minor=700),
        ),
        shipping_minor=590,
        buyer_id="801",
        note="Shopify #1001; gift wrap",
    )
    [error] = bad.errors
    assert (error.pointer, error.code) == ("/line_items/0/sku", "required")
    assert error.detail.startswith("Line 1 ('Mug') has no SKU")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"cancelled_at": "2026-11-22T00:00:00Z"}, ("/cancelled_at", "not_open")),
        ({"closed_at": "2026-11-22T00:00:00Z"}, ("/closed_at", "not_open")),
        ({"financial_status": "voided"}, ("/financial_status", "not_open")),
        ({"test": True}, ("/test", "test_order")),
        ({"line_items": [item(requires_shipping=False)]}, ("/line_items", "nothing_to_ship")),
        ({"line_items": [item(fulfillment_status="fulfilled")]}, ("/line_items", "not_open")),
        ({"line_items": [item(fulfillable_quantity=0)]}, ("/line_items", "not_open")),
        (
            {"line_items": [item(fulfillment_status="partial")]},
            ("/line_items/0/fulfillment_status", "not_open"),
        ),
        ({"line_items": []}, ("/line_items", "required")),
        ({"line_items": None}, ("/line_items", "wrong_type")),
        ({"line_items": [item(quantity=-1)]}, ("/line_items/0/quantity", "out_of_range")),
        ({"line_items": [item(price="12.505")]}, ("/line_items/0/price", "bad_amount")),
        ({"line_items": [item(price=12.5)]}, ("/line_items/0/price", "wrong_type")),
        ({"shipping_lines": [{"price": "x"}]}, ("/shipping_lines/0/price", "bad_amount")),
        ({"shipping_address": None}, ("/shipping_address", "required")),
        ({"shipping_address": {"name": "A"}}, ("/shipping_address/address1", "required")),
        ({"shipping_address": {"name": "A"}}, ("/shipping_address/country_code", "bad_country")),
        ({"currency": "XXX"}, ("/currency", "unknown_currency")),
        ({"created_at": "2026-11-21T20:00:00"}, ("/created_at", "bad_time")),
        ({"created_at": "0001-01-01T00:00:00+01:00"}, ("/created_at", "bad_time")),
        ({"id": None}, ("/id", "wrong_type")),
    ],
)
def test_what_cannot_be_taken_is_pointed_at_in_the_payload(
    changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert expected in faults(**changes)


def test_only_a_paid_order_has_a_time_of_payment() -> None:
    assert taken(financial_status="authorized").paid_at is None
    assert taken(financial_status=None).paid_at is None
    created = datetime(2026, 11, 21, 19, tzinfo=UTC)
    assert taken(financial_status="paid", processed_at=None).paid_at == created


def test_the_shapes_of_a_body() -> None:
    order = json.dumps(ORDER)
    for body in (order, f"[{order}]", f'{{"order": {order}}}', f'{{"orders": [{order}]}}'):
        [record] = read(body.encode())
        assert record.order == taken()
    assert list(read(b'{"orders": []}')) == []


@pytest.mark.parametrize("content", [b"", b"3", SAMPLE[:-9], b'{"orders": 1}', SAMPLE + b"}"])
def test_an_unreadable_body_is_refused_at_once(content: bytes) -> None:
    with pytest.raises(Malformed):
        read(content)


@given(
    st.integers(0, len(SAMPLE)),
    st.integers(0, 40),
    st.sampled_from([b"", b'"', b"{", b"]", b"\\u0000", b"1"]),
)
def test_any_damage_is_read_or_refused(at: int, length: int, patch: bytes) -> None:
    try:
        records = list(read(SAMPLE[:at] + patch + SAMPLE[at + length :]))
    except Refusal:
        return
    assert all((record.order is None) == bool(record.errors) for record in records)
    msgspec.json.encode(records)


@needs_payloads
def test_the_platforms_own_order_is_read() -> None:
    [record] = read((PAYLOADS / "order.json").read_bytes())
    order = record.order
    assert order is not None, record.errors
    assert (record.line, order.channel_order_id) == (2, "450789469")
    assert order.ordered_at == datetime(2008, 1, 10, 16, tzinfo=UTC)
    assert [line.sku for line in order.lines] == ["IPOD2008GREEN", "IPOD2008RED", "IPOD2008BLACK"]
    assert {line.unit_price_minor for line in order.lines} == {19900}
    assert (order.ship_to.city, order.ship_to.region) == ("Louisville", "KY")
    assert order.paid_at is None, "it is only authorised"


@needs_payloads
def test_an_order_exported_without_its_lines_says_so() -> None:
    [record] = read((PAYLOADS / "orders.json").read_bytes())
    assert [(e.pointer, e.code) for e in record.errors] == [("/line_items", "required")]
