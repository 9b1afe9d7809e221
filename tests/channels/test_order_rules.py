from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.channels.order import Address, NewLine, NewOrder
from penstock.channels.order_rules import AMOUNT_LIMIT, KEY_LENGTH, QUANTITY_LIMIT, breaches

SOUND = NewOrder(
    channel="web",
    channel_order_id="1",
    currency="GBP",
    ordered_at=datetime(2026, 11, 21, tzinfo=UTC),
    ship_to=Address(name="Ann", line1="1 High Street", city="York", country="GB"),
    lines=(NewLine(sku="TEA", quantity=1, unit_price_minor=450),),
)
LINE = SOUND.lines[0]


def line(**changes: Any) -> dict[str, Any]:
    return {"lines": (LINE, msgspec.structs.replace(LINE, **changes))}


def to(**changes: Any) -> dict[str, Any]:
    return {"ship_to": msgspec.structs.replace(SOUND.ship_to, **changes)}


@given(st.from_type(NewOrder))
def test_a_sound_order_breaks_nothing(order: NewOrder) -> None:
    assert breaches(order) == ()


def test_limits_themselves_are_allowed() -> None:
    edge = {
        "channel_order_id": "x" * KEY_LENGTH,
        "shipping_minor": AMOUNT_LIMIT,
        **line(quantity=QUANTITY_LIMIT, unit_price_minor=0),
    }
    assert breaches(msgspec.structs.replace(SOUND, **edge)) == ()


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"channel": ""}, "/channel", "required"),
        ({"channel_order_id": "\t"}, "/channel_order_id", "required"),
        ({"channel_order_id": "x" * (KEY_LENGTH + 1)}, "/channel_order_id", "too_long"),
        ({"stream": "x" * (KEY_LENGTH + 1)}, "/stream", "too_long"),
        ({"buyer_id": "x" * (KEY_LENGTH + 1)}, "/buyer_id", "too_long"),
        ({"currency": "gbp"}, "/currency", "unknown_currency"),
        ({"ordered_at": datetime(2026, 1, 1)}, "/ordered_at", "bad_time"),  # noqa: DTZ001  the fault
        ({"paid_at": datetime(2026, 1, 1)}, "/paid_at", "bad_time"),  # noqa: DTZ001  the fault
        ({"shipping_minor": -1}, "/shipping_minor", "out_of_range"),
        ({"shipping_minor": AMOUNT_LIMIT + 1}, "/shipping_minor", "out_of_range"),
        ({"lines": ()}, "/lines", "required"),
        (line(sku=" "), "/lines/1/sku", "required"),
        (line(sku="x" * (KEY_LENGTH + 1)), "/lines/1/sku", "too_long"),
        (line(quantity=0), "/lines/1/quantity", "out_of_range"),
        (line(quantity=QUANTITY_LIMIT + 1), "/lines/1/quantity", "out_of_range"),
        (line(unit_price_minor=-1), "/lines/1/unit_price_minor", "out_of_range"),
        (line(unit_price_minor=AMOUNT_LIMIT + 1), "/lines/1/unit_price_minor", "out_of_range"),
        (line(quantity=QUANTITY_LIMIT, unit_price_minor=AMOUNT_LIMIT), "/lines", "out_of_range"),
        (to(name=""), "/ship_to/name", "required"),
        (to(line1=" "), "/ship_to/line1", "required"),
        (to(city=""), "/ship_to/city", "required"),
        (to(country="gb"), "/ship_to/country", "bad_country"),
        (to(country="GBR"), "/ship_to/country", "bad_country"),
        (to(country="ÄÖ"), "/ship_to/country", "bad_country"),
        (to(country="1A"), "/ship_to/country", "bad_country"),
    ],
)
def test_each_rule_is_named_where_it_is_broken(
    changes: dict[str, Any], pointer: str, code: str
) -> None:
    found = breaches(msgspec.structs.replace(SOUND, **changes))
    assert [(error.pointer, error.code) for error in found] == [(pointer, code)]


def test_every_broken_rule_is_named() -> None:
    broken = msgspec.structs.replace(SOUND, channel="", currency="", **line(sku="", quantity=0))
    assert [error.pointer for error in breaches(broken)] == [
        "/channel",
        "/currency",
        "/lines/1/sku",
        "/lines/1/quantity",
    ]
