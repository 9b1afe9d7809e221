"""Whoever mends an order is told of wrong types and of broken rules in one go."""

from typing import Any

import msgspec
import pytest

from penstock.channels.json_text import decode_order
from penstock.kernel.errors import Invalid

ORDER: dict[str, Any] = {
    "channel": "web",
    "channel_order_id": "1",
    "currency": "USD",
    "ordered_at": "2026-11-20T11:00:00Z",
    "ship_to": {"name": "Ada", "line1": "1 High St", "city": "Austin", "country": "US"},
    "lines": [
        {"sku": "LAMP", "quantity": 1, "unit_price_minor": 1},
        {"sku": "VASE", "quantity": 1, "unit_price_minor": 1},
    ],
}


def told(order: dict[str, Any]) -> set[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        decode_order(msgspec.json.encode(order))
    return {(error.pointer, error.code) for error in refused.value.errors}


def test_types_and_rules_are_told_together() -> None:
    first, second = ORDER["lines"]
    order = ORDER | {
        "currency": "dollars",
        "policy": "some",
        "lines": [first | {"quantity": "1"}, second | {"quantity": 0}],
        "ship_to": ORDER["ship_to"] | {"country": "usa", "citty": "x"},
    }
    assert told(order) == {
        ("/currency", "unknown_currency"),
        ("/policy", "bad_choice"),
        ("/lines/0/quantity", "wrong_type"),
        ("/lines/1/quantity", "out_of_range"),
        ("/ship_to/country", "bad_country"),
        ("/ship_to/citty", "unknown_field"),
    }


@pytest.mark.parametrize("field", [n for n in ORDER if n != "channel"])
def test_what_stands_in_for_a_field_is_not_complained_of(field: str) -> None:
    assert told(ORDER | {field: None}) == {(f"/{field}", told_code(field))}


def told_code(field: str) -> str:
    return "bad_time" if field == "ordered_at" else "wrong_type"


def test_a_missing_part_is_told_once() -> None:
    without = {n: v for n, v in ORDER.items() if n not in {"ship_to", "lines"}}
    assert told(without) == {("/ship_to", "required"), ("/lines", "required")}
