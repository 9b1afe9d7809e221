"""A file of refused orders has the kind that it came in, says why, and is read again as it is."""

import csv
import io
import json
from typing import Any

import pytest

from penstock.channels.detect import detect, read
from penstock.channels.parsed import Parsed, located
from penstock.channels.refused_file import refused_file
from penstock.kernel.errors import FieldError

AT = "2026-11-20T11:00:00Z"
OURS: dict[str, Any] = {
    "channel": "web", "channel_order_id": "1", "currency": "USD", "ordered_at": AT,
    "ship_to": {"name": "Ada", "line1": "1 High St", "city": "Austin", "country": "US"},
    "lines": [{"sku": "LAMP", "quantity": 1, "unit_price_minor": 1}],
}  # fmt: skip
SHOPIFY: dict[str, Any] = {
    "id": 7, "currency": "USD", "created_at": AT, "financial_status": "paid",
    "line_items": [{"price": "1.00", "quantity": 1, "sku": "LAMP"}],
    "shipping_address": {"name": "A", "address1": "1", "city": "B", "country_code": "US"},
}  # fmt: skip
TIKTOK: dict[str, Any] = {
    "id": "9", "status": "AWAITING_SHIPMENT", "create_time": 1763600000,
    "line_items": [{"sale_price": "1.00", "currency": "USD", "seller_sku": "LAMP"}],
    "recipient_address": {"name": "A", "address_line1": "1", "region_code": "US"},
}  # fmt: skip
CSV = (
    "channel;channel_order_id;currency;ordered_at;name;line1;city;country;sku;quantity;unit_price\n"
    f"web;1;USD;{AT};Ada;1 High St;Austin;US;LAMP;1;1,50\n"
    f'web;2;USD;{AT};"Bo\nBell";"1; High St";Austin;US;LAMP;1;2,50\n'
    "web;1;;;;;;;VASE;3;1,00\n"
)
FILES = {
    "NDJSON": json.dumps(OURS) + "\n\n" + json.dumps(OURS | {"channel_order_id": "2"}),
    "an array": json.dumps([OURS, OURS | {"channel_order_id": "2"}], indent=1),
    "one object": json.dumps(OURS, indent=1),
    "Shopify": json.dumps({"orders": [SHOPIFY, SHOPIFY | {"id": 8}]}, indent=1),
    "TikTok Shop": json.dumps({"code": 0, "data": {"orders": [TIKTOK]}}, indent=1),
    "CSV": CSV,
}


def orders(content: bytes) -> tuple[str, list[Parsed]]:
    kind, records = read(content)
    return kind, list(records)


def refusal(parsed: Parsed) -> tuple[FieldError, ...]:
    error = FieldError("/lines/0/sku", "unknown_sku", "sku is not ours.")
    return located([error], parsed.origins or {}, parsed.lines)


@pytest.mark.parametrize("name", FILES)
def test_it_is_of_the_same_kind_and_read_again_as_it_is(name: str) -> None:
    content = FILES[name].encode()
    kind, parsed = orders(content)
    assert all(p.order for p in parsed)
    for _ in range(3):  # refused again and again, it does not grow
        content = refused_file(content, detect(content), [(p, refusal(p)) for p in parsed])
        assert b"unknown_sku" in content
        assert content.count(b"refused_line" if kind == "csv" else b'"refused"') == (
            1 if kind == "csv" else len(parsed)
        )
        again, reread = orders(content)
        assert again == kind
        assert [p.order for p in reread] == [p.order for p in parsed]
        parsed = reread


def test_rows_stand_behind_their_reasons_by_line() -> None:
    _, parsed = orders(CSV.encode())
    (first, _second) = parsed
    why = (
        FieldError("/quantity", "out_of_range", "quantity is too much.", 5),
        FieldError("", "insufficient_stock", "=not enough"),
    )
    text = refused_file(CSV.encode(), "csv", [(first, why)]).decode()
    header, *rows = csv.reader(io.StringIO(text), delimiter=";")
    assert header[:3] == ["refused_line", "refused_code", "refused_because"]
    assert [row[:3] for row in rows] == [
        ["2", "insufficient_stock", "'=not enough"],
        ["5", "out_of_range", "quantity is too much."],
    ]
    assert [row[3:5] for row in rows] == [["web", "1"], ["web", "1"]]


def test_only_the_refused_are_in_it() -> None:
    _, parsed = orders(CSV.encode())
    text = refused_file(CSV.encode(), "csv", [(parsed[1], refusal(parsed[1]))])
    (only,) = orders(text)[1]
    assert only.order == parsed[1].order


def test_a_row_of_too_many_cells_keeps_them_to_be_mended() -> None:
    broken = CSV.replace("1,00\n", "1,00;much;more\n").encode()
    _, parsed = orders(broken)
    bad = [(p, p.errors) for p in parsed if p.errors]
    text = refused_file(broken, "csv", bad).decode()
    assert "1,00;much;more" in text
    (again,) = orders(text.encode())[1]
    assert [e.code for e in again.errors] == ["bad_row"]
    (mended,) = orders(text.replace(";much;more", "").encode())[1]
    assert mended.order == orders(CSV.encode())[1][0].order


def test_a_line_that_is_no_json_stands_behind_its_reason() -> None:
    good, broken = json.dumps(OURS), json.dumps(OURS)[:-2]
    content = f"{good}\n{broken}\n".encode()
    _, parsed = orders(content)
    text = refused_file(content, "json", [(parsed[1], parsed[1].errors)])
    note, raw = text.decode().splitlines()
    assert json.loads(note)["refused"][0]["line"] == 2
    assert raw == broken
    (mended,) = orders(text.replace(broken.encode(), good.encode()))[1]
    assert mended.order == parsed[0].order
    (refused,) = orders(text)[1]
    assert refused.errors[0].code == "bad_json"


def test_a_source_ends_without_its_line_end() -> None:
    for text in (CSV, CSV.replace("\n", "\r\n")):
        for parsed in orders(text.encode())[1]:
            assert parsed.raw == parsed.raw.rstrip()
