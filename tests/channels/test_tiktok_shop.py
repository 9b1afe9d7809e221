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
from penstock.channels.tiktok_shop import read
from penstock.kernel.errors import Malformed, Refusal

HERE = Path(__file__).parent
SHARED = Path(os.environ.get("PENSTOCK_SHARED", HERE.parents[1] / "../shared"))
PAYLOAD = SHARED / "data/channels/tiktok_shop/models/OrderSearchOrdersResponse.json"
SAMPLE = (HERE / "samples" / "tiktok_shop.json").read_bytes()
ORDERS = json.loads(SAMPLE)["data"]["orders"]


def one(order: dict[str, Any]) -> Parsed:
    [record] = read(json.dumps(order).encode())
    return record


def taken(**changes: Any) -> NewOrder:
    record = one({**ORDERS[0], **changes})
    assert record.order is not None, record.errors
    return record.order


def faults(**changes: Any) -> list[tuple[str, str]]:
    record = one({**ORDERS[0], **changes})
    assert record.order is None
    return [(error.pointer, error.code) for error in record.errors]


def item(**changes: Any) -> dict[str, Any]:
    return {**ORDERS[0]["line_items"][0], **changes}


def test_the_sample_becomes_an_order() -> None:
    records = list(read(io.BytesIO(SAMPLE)))
    assert [record.line for record in records] == [9, 45, 55, 61]
    assert records[0].order == NewOrder(
        channel="tiktok_shop",
        channel_order_id="900000000000000001",
        currency="USD",
        ordered_at=datetime(2026, 11, 21, 19, 0, tzinfo=UTC),
        paid_at=datetime(2026, 11, 21, 19, 1, tzinfo=UTC),
        ship_to=Address(
            name="Dana D***",
            line1="12 Oak Ave",
            line2="Apt 3",
            city="San Francisco",
            region="California",
            postal_code="94110",
            country="US",
            phone="(+1)415***10",
            email="v1@chat.example",
        ),
        lines=(
            NewLine(sku="LAMP-RED", quantity=2, unit_price_minor=1999),
            NewLine(sku="LAMP-RED", quantity=1, unit_price_minor=999),
            NewLine(sku="88002", quantity=1, unit_price_minor=1000),
        ),
        shipping_minor=450,
        buyer_id="70001",
        note="Ring twice",
    )
    assert json.loads(records[0].raw) == ORDERS[0]


def test_a_held_order_is_taken_with_its_address_marked_as_unknown() -> None:
    order = list(read(SAMPLE))[1].order
    assert order is not None
    assert order.ship_to == Address(name="-", line1="-", city="-", country="US")
    assert "on hold at TikTok Shop" in order.note


def test_what_cannot_be_taken_says_why() -> None:
    cancelled, unrepresentable = list(read(SAMPLE))[2:]
    assert [(e.pointer, e.code) for e in cancelled.errors] == [("/status", "not_open")]
    assert "cancelled" in cancelled.errors[0].detail
    [error] = unrepresentable.errors
    assert (error.pointer, error.code) == ("/line_items/0/sale_price", "bad_amount")
    assert error.detail == "sale_price has more decimals than VND has (0)."


@pytest.mark.parametrize(
    "status",
    ["AWAITING_COLLECTION", "IN_TRANSIT", "DELIVERED", "COMPLETED", "CANCELLED", "INVENTED"],
)
def test_only_open_orders_are_taken(status: str) -> None:
    assert faults(status=status) == [("/status", "not_open")]


@pytest.mark.parametrize("status", ["UNPAID", "ON_HOLD", "AWAITING_SHIPMENT", "PARTIALLY_SHIPPING"])
def test_open_orders_are_taken(status: str) -> None:
    assert taken(status=status).lines


def test_an_unpaid_order_has_no_time_of_payment() -> None:
    assert taken(status="UNPAID", paid_time=None).paid_at is None
    assert taken(status="UNPAID", paid_time=0).paid_at is None


def test_units_that_have_left_are_not_sent_again() -> None:
    items = [item(display_status="IN_TRANSIT"), item(display_status="AWAITING_SHIPMENT")]
    assert taken(status="PARTIALLY_SHIPPING", line_items=items).lines[0].quantity == 1
    assert faults(status="PARTIALLY_SHIPPING", line_items=items[:1]) == [
        ("/line_items", "not_open")
    ]


def test_what_tiktok_fulfils_is_not_ours() -> None:
    assert faults(fulfillment_type="FULFILLMENT_BY_TIKTOK") == [("/fulfillment_type", "not_ours")]


def test_what_has_no_field_of_its_own_is_noted() -> None:
    note = taken(
        order_type="ZERO_LOTTERY", is_sample_order=True, is_cod=True, seller_note="fragile"
    ).note
    assert note == (
        "Ring twice; seller note: fragile; order type: ZERO_LOTTERY; sample order; "
        "collect on delivery: 64.47"
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"id": " "}, ("/id", "required")),
        ({"id": None}, ("/id", "wrong_type")),
        ({"line_items": []}, ("/line_items", "not_open")),
        (
            {"line_items": [item(seller_sku="", sku_id="")]},
            ("/line_items/0/seller_sku", "required"),
        ),
        ({"line_items": [item(sale_price="-1")]}, ("/line_items/0/sale_price", "bad_amount")),
        ({"line_items": [item(sale_price="1e3")]}, ("/line_items/0/sale_price", "bad_amount")),
        ({"line_items": [item(sale_price=19.99)]}, ("/line_items/0/sale_price", "wrong_type")),
        (
            {"line_items": [item(), item(currency="EUR")]},
            ("/line_items/1/currency", "mixed_currency"),
        ),
        ({"payment": {"currency": "XXX"}}, ("/payment/currency", "unknown_currency")),
        (
            {"payment": {"currency": "USD", "shipping_fee": "x"}},
            ("/payment/shipping_fee", "bad_amount"),
        ),
        ({"create_time": 1795287600000}, ("/create_time", "bad_time")),
        ({"create_time": "soon"}, ("/create_time", "wrong_type")),
        ({"recipient_address": None}, ("/recipient_address/name", "required")),
        (
            {"recipient_address": {"region_code": "USA"}},
            ("/recipient_address/region_code", "bad_country"),
        ),
        (
            {"recipient_address": None, "status": "ON_HOLD"},
            ("/recipient_address/region_code", "address_withheld"),
        ),
    ],
)
def test_a_fault_is_pointed_at_in_the_payload(
    changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert expected in faults(**changes)


def test_the_shapes_of_an_answer() -> None:
    orders = json.dumps(ORDERS[:2])
    for body in (orders, f'{{"orders": {orders}}}', f'{{"data": {{"orders": {orders}}}}}'):
        assert [r.order is not None for r in read(body.encode())] == [True, True]
    for empty in (
        b'{"code":0,"data":{}}',
        b'{"code":0,"data":null}',
        b'{"code":0,"data":{"total_count":0}}',
    ):
        assert list(read(empty)) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (SAMPLE[:-20], "ends too early"),
        (b'{"code": 105002, "message": "Expired credentials"}', "105002.*Expired credentials"),
        (b'{"code": 0, "data": {"currency": "USD"}}', "no orders"),
        (b'{"code": 0, "data": {"orders": [], "orders": []}}', "'orders' stands twice"),
        (SAMPLE.replace(b"Ring", b"R\xef"), "Line 17, column 28 is not UTF-8"),
    ],
)
def test_an_unreadable_answer_is_refused_at_once(content: bytes, words: str) -> None:
    with pytest.raises(Malformed, match=words):
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


@pytest.mark.skipif(not PAYLOAD.exists(), reason="PENSTOCK_SHARED has no TikTok Shop payloads")
def test_the_platforms_own_sample_is_read() -> None:
    [record] = read(PAYLOAD.read_bytes())
    order = record.order
    assert order is not None, record.errors
    assert (record.line, order.channel_order_id) == (6, "576461413038785752")
    assert order.lines == (NewLine(sku="red_iphone_256", quantity=1, unit_price_minor=1),)
    assert order.shipping_minor == 500000
    assert order.ship_to.line2 == "Suite 100, Unit one building 8"
    assert order.ship_to.city == "-", "its only district is a country"
    assert "1199 Coleman Ave San Jose" in order.note
