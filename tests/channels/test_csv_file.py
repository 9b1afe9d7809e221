import csv
import io
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from penstock.channels.csv_file import COLUMNS, REQUIRED, read
from penstock.channels.order import Address, NewLine, NewOrder
from penstock.channels.parsed import Parsed
from penstock.kernel.errors import Malformed, Refusal
from penstock.kernel.money import CURRENCIES

SAMPLE = (Path(__file__).parent / "samples" / "orders.csv").read_bytes()
ROW = {
    "channel": "web",
    "channel_order_id": "1",
    "currency": "GBP",
    "ordered_at": "2026-11-21T19:00:00Z",
    "name": "Ann",
    "line1": "1 High Street",
    "city": "York",
    "country": "GB",
    "sku": "TEA",
    "quantity": "2",
    "unit_price": "4.50",
}


def table(
    *rows: dict[str, str], delimiter: str = ",", end: str = "\n", quoting: Any = csv.QUOTE_MINIMAL
) -> bytes:
    text = io.StringIO()
    columns = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(
        text, columns, delimiter=delimiter, lineterminator=end, quoting=quoting, restval=""
    )
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def rows_of(order: NewOrder) -> list[dict[str, str]]:
    def decimal(minor: int) -> str:
        return f"{Decimal(minor).scaleb(-CURRENCIES[order.currency]):f}"

    to = {name: getattr(order.ship_to, name) for name in Address.__struct_fields__}
    shared = {
        "channel": order.channel,
        "channel_order_id": order.channel_order_id,
        "currency": order.currency,
        "ordered_at": order.ordered_at.isoformat(),
        "paid_at": order.paid_at.isoformat() if order.paid_at else "",
        "policy": order.policy,
        "stream": order.stream,
        "buyer_id": order.buyer_id,
        "shipping": decimal(order.shipping_minor),
        "note": order.note,
        **to,
    }
    return [
        {
            **shared,
            "sku": line.sku,
            "quantity": str(line.quantity),
            "unit_price": decimal(line.unit_price_minor),
        }
        for line in order.lines
    ]


def key_of(row: dict[str, str]) -> tuple[str, str]:
    return row["channel"], row["channel_order_id"]


def trimmed(value: Any) -> Any:
    """A cell loses the blanks around its text: spreadsheets put them there."""
    if isinstance(value, dict):
        return {key: trimmed(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [trimmed(item) for item in value]
    return value.strip() if isinstance(value, str) else value


ORDERS = st.from_type(NewOrder).map(
    lambda order: msgspec.convert(trimmed(msgspec.to_builtins(order)), NewOrder)
)


def faults(record: Parsed) -> list[tuple[str, str, int | None]]:
    assert record.order is None
    return [(error.pointer, error.code, error.line) for error in record.errors]


def test_the_sample_gives_its_orders() -> None:
    first, second, third = read(io.BytesIO(SAMPLE))
    assert first.order == NewOrder(
        channel="web",
        channel_order_id="1001",
        currency="GBP",
        ordered_at=datetime(2026, 11, 21, 19, 2, 11, tzinfo=UTC),
        paid_at=datetime(2026, 11, 21, 19, 2, 15, tzinfo=UTC),
        stream="autumn-tea",
        ship_to=Address(
            name="Ann Archer",
            line1="1 High Street",
            city="York",
            postal_code="YO1 7HH",
            country="GB",
        ),
        lines=(
            NewLine(sku="TEA-100", quantity=2, unit_price_minor=450),
            NewLine(sku="CUP-1", quantity=1, unit_price_minor=1200),
        ),
        shipping_minor=295,
        note='Leave it\nwith "Bob", please',
    )
    assert first.raw.splitlines() == [SAMPLE.decode().splitlines()[i] for i in (1, 2, 4)]
    assert (first.line, second.line, third.line) == (2, 4, 6)
    assert faults(second) == [("/quantity", "wrong_type", 4)]
    assert third.order is not None
    assert third.order.lines[0].unit_price_minor == 1200
    assert third.order.ordered_at == datetime(2026, 11, 21, 19, 4, tzinfo=UTC)


@given(st.data(), st.lists(ORDERS, min_size=1, max_size=3))
def test_orders_survive_the_file(data: st.DataObject, orders: list[NewOrder]) -> None:
    keys = [(order.channel, order.channel_order_id) for order in orders]
    assume(len(set(keys)) == len(keys))
    rows = [row for order in orders for row in rows_of(order)]
    if data.draw(st.booleans(), label="only the first row tells what is shared"):
        first = {key: number for number, key in reversed(list(enumerate(map(key_of, rows))))}
        for number, row in enumerate(rows):
            if first[key_of(row)] != number:
                row.update(currency="", ordered_at="", name="", note="", shipping="")
    content = table(
        *rows,
        delimiter=data.draw(st.sampled_from(",;\t")),
        end=data.draw(st.sampled_from(["\n", "\r\n"])),
        quoting=csv.QUOTE_ALL,
    )
    mark = data.draw(st.sampled_from([b"", b"\xef\xbb\xbf"]))
    records = list(read(mark + content))
    assert [record.errors for record in records] == [()] * len(orders)
    assert [record.order for record in records] == orders


@given(st.permutations(range(5)))
def test_scattered_rows_make_one_order_in_the_sequence_of_the_file(places: list[int]) -> None:
    rows = [{**ROW, "channel_order_id": str(i % 2), "sku": f"S{i}"} for i in places]
    records = {r.order.channel_order_id: r.order for r in read(table(*rows)) if r.order}
    assert [line.sku for line in records["1"].lines] == [f"S{i}" for i in places if i % 2]
    assert [line.sku for line in records["0"].lines] == [f"S{i}" for i in places if not i % 2]


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("currency", "", "unknown_currency"),
        ("currency", "GBX", "unknown_currency"),
        ("ordered_at", "", "required"),
        ("ordered_at", "yesterday", "bad_time"),
        ("ordered_at", "2026-11-21 19:00", "bad_time"),
        ("ordered_at", "0001-01-01T00:00:00+01:00", "bad_time"),
        ("paid_at", "no", "bad_time"),
        ("policy", "maybe", "bad_choice"),
        ("shipping", "free", "bad_amount"),
        ("quantity", "0", "out_of_range"),
        ("quantity", "1.5", "wrong_type"),
        ("quantity", "", "wrong_type"),
        ("unit_price", "4,50", "bad_amount"),
        ("unit_price", "4.505", "bad_amount"),
        ("unit_price", "9" * 14, "out_of_range"),
        ("sku", " ", "required"),
        ("sku", "x" * 256, "too_long"),
        ("name", "", "required"),
        ("country", "Britain", "bad_country"),
        ("note", "a\0b", "bad_text"),
    ],
)
def test_a_bad_cell_refuses_its_order_and_no_other(column: str, cell: str, code: str) -> None:
    first, second = read(table(ROW, {**ROW, "channel_order_id": "2", column: cell}))
    assert first.order is not None
    assert (f"/{column}", code, 3) in faults(second)
    assert "\0" not in second.raw


def test_rows_of_one_order_that_disagree_are_refused_with_both_lines() -> None:
    [record] = read(table(ROW, {**ROW, "city": "Leeds"}))
    assert faults(record) == [("/city", "conflict", 3)]
    assert "on line 2" in record.errors[0].detail


@pytest.mark.parametrize("column", ["channel", "channel_order_id"])
def test_a_row_without_its_key_refuses_the_order_it_may_belong_to(column: str) -> None:
    other = {**ROW, "channel_order_id": "2"}
    records = list(read(table(ROW, other, {**ROW, column: ""})))
    refused = [record for record in records if record.order is None]
    assert len(refused) == 1
    assert faults(refused[0]) == [(f"/{column}", "required", 4)]
    home = "1" if column == "channel" else "2"
    assert f"web,{home}," in refused[0].raw


def test_a_row_without_its_key_stands_alone_where_nothing_is_above() -> None:
    lost, good = read(table({**ROW, "channel_order_id": ""}, ROW))
    lost, good = sorted((lost, good), key=lambda record: record.line)
    assert faults(lost) == [("/channel_order_id", "required", 2)]
    assert good.order is not None


def test_a_row_with_too_many_cells_refuses_its_own_order() -> None:
    good = {**ROW, "channel_order_id": "2"}
    content = table(ROW, ROW, good).replace(b"TEA,2,4.50\nweb,2", b"TEA,2,4,50\nweb,2")
    broken, sound = read(content)
    assert faults(broken) == [("", "bad_row", 3)]
    assert sound.order is not None


def test_a_row_with_too_many_cells_refuses_a_file_whose_key_may_have_moved() -> None:
    moved = {"name": "Bell, Ann", **{k: v for k, v in ROW.items() if k != "name"}}
    with pytest.raises(Malformed, match="Line 2 has 12 cells and the header 11"):
        read(table(moved).replace(b'"', b""))


def test_blank_cells_past_the_header_and_blank_rows_are_passed_over() -> None:
    content = table(ROW).replace(b"\n", b",,\n") + b",,,\n\n"
    assert [record.order is not None for record in read(content)] == [True]


def test_a_decimal_comma_is_read_only_after_semicolons() -> None:
    [record] = read(table({**ROW, "unit_price": "4,50"}, delimiter=";"))
    assert record.order is not None
    assert record.order.lines[0].unit_price_minor == 450


def test_columns_may_come_in_any_sequence_and_case() -> None:
    shuffled = {f" {name.upper()} ": ROW[name] for name in reversed(ROW)}
    assert [record.order for record in read(table(shuffled))] == [
        record.order for record in read(table(ROW))
    ]


@pytest.mark.parametrize("column", REQUIRED)
def test_a_missing_column_is_named(column: str) -> None:
    with pytest.raises(Malformed, match=f"Missing columns, to be added: {column}\\."):
        read(table({name: cell for name, cell in ROW.items() if name != column}))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\x1c\n", "Missing columns"),
        (table({**ROW, "colour": "red", "size": "L"}), "Unknown columns.*'colour', 'size'"),
        (table({**ROW, "SKU": "x"}), "stand twice: 'sku'"),
        (table(ROW).replace(b"York", b"\xc3\xa9\n Y\xf6rk"), "Line 3, column 3 is not UTF-8"),
        (table(ROW) + b'web,"2', "Line 3 cannot be read: a quote is opened"),
        (table(ROW).replace(b"Ann", b'"A"nn'), "Line 2 cannot be read"),
        (table(ROW).replace(b"Ann", b"A" * 200_000), "Line 2 cannot be read"),
    ],
)
def test_a_file_unreadable_as_a_whole_is_refused_at_once(content: bytes, words: str) -> None:
    with pytest.raises(Malformed, match=re.compile(words, re.DOTALL)):
        read(content)


@given(st.binary() | st.binary().map(SAMPLE[:176].__add__))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        records = list(read(content))
    except Refusal:
        return
    assert all((record.order is None) == bool(record.errors) for record in records)
    msgspec.json.encode(records)


@given(st.integers(0, len(SAMPLE)), st.integers(0, 30), st.sampled_from([b"", b'"', b",", b"\n"]))
def test_any_damage_is_read_or_refused(at: int, length: int, patch: bytes) -> None:
    try:
        records = list(read(SAMPLE[:at] + patch + SAMPLE[at + length :]))
    except Refusal:
        return
    assert all((record.order is None) == bool(record.errors) for record in records)


def test_every_column_is_described() -> None:
    assert set(REQUIRED) <= set(COLUMNS)
    [record] = read(table(dict.fromkeys(COLUMNS, "") | ROW))
    assert record.order is not None
