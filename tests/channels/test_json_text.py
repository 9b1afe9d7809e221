import json
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.channels.json_text import decode_order
from penstock.channels.order import Address, NewLine, NewOrder
from penstock.kernel.errors import FieldError, Invalid, Malformed, Refusal

SEEDS = st.integers(0, 2**32)
ORDERS = st.from_type(NewOrder)
EXAMPLE = b"""{
  "channel": "shop", "channel_order_id": "A-1", "currency": "GBP",
  "ordered_at": "2026-11-21T10:00:00Z",
  "ship_to": {"name": "Ann", "line1": "1 High St", "city": "York", "country": "GB"},
  "lines": [{"sku": "TEA", "quantity": 2, "unit_price_minor": 450}]
}"""


def refused(raw: bytes) -> Refusal:
    with pytest.raises(Refusal) as caught:
        decode_order(raw)
    return caught.value


def faults(raw: bytes) -> set[tuple[str, str]]:
    return {(error.pointer, error.code) for error in refused(raw).errors}


def spelled(value: Any, chance: Random, repeat_at: str | None = None) -> bytes:
    """The same JSON in another spelling: blanks, escapes, and a key repeated where asked."""

    def blank() -> str:
        return chance.choice(["", "", " ", "\n", "\t "])

    def char(value: str) -> str:
        if ord(value) > 0xFFFF or chance.random() < 0.7:
            return json.dumps(value, ensure_ascii=False)[1:-1]
        return chance.choice([f"\\u{ord(value):04x}", f"\\u{ord(value):04X}"])

    def text(value: str) -> str:
        return '"' + "".join(map(char, value)) + '"'

    def written(value: Any, pointer: str) -> str:
        if isinstance(value, dict):
            members = [(key, value[key], f"{pointer}/{key}") for key in value]
            if repeat_at is not None and repeat_at.rpartition("/")[0] == pointer:
                key = repeat_at.rpartition("/")[2]
                again = chance.choice([value[key], "", ":", 0, None, {"a": "::"}])
                members.insert(chance.randint(0, len(members)), (key, again, "-"))
            body = ",".join(
                f"{blank()}{text(key)}{blank()}:{blank()}{written(member, at)}{blank()}"
                for key, member, at in members
            )
            return f"{{{body}}}"
        if isinstance(value, list):
            inner = (f"{blank()}{written(v, f'{pointer}/{i}')}" for i, v in enumerate(value))
            return f"[{','.join(inner)}{blank()}]"
        return text(value) if isinstance(value, str) else json.dumps(value)

    return f"{blank()}{written(value, '')}{blank()}".encode()


def tree(order: NewOrder) -> Any:
    return json.loads(msgspec.json.encode(order))


def keys(value: Any, pointer: str = "") -> Iterator[str]:
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for key, member in members:
        if isinstance(value, dict):
            yield f"{pointer}/{key}"
        if isinstance(member, dict | list):
            yield from keys(member, f"{pointer}/{key}")


@given(ORDERS)
def test_what_is_encoded_comes_back(order: NewOrder) -> None:
    assert decode_order(msgspec.json.encode(order)) == order


@given(ORDERS, SEEDS, st.booleans())
def test_no_spelling_of_a_sound_order_is_refused(
    order: NewOrder, seed: int, with_defaults: bool
) -> None:
    value = tree(order)
    if with_defaults:
        value = {"note": "", "stream": "", "paid_at": None, "shipping_minor": 0, **value}
    assert decode_order(spelled(value, Random(seed))) == order


@given(ORDERS, SEEDS)
def test_no_repeated_key_is_missed(order: NewOrder, seed: int) -> None:
    value, chance = tree(order), Random(seed)
    at = chance.choice(list(keys(value)))
    assert (at, "duplicate_key") in faults(spelled(value, chance, at))


def test_what_the_colon_count_rests_on() -> None:
    for kind in (NewOrder, Address, NewLine):
        assert kind.__struct_config__.omit_defaults


@given(st.sampled_from(["+0530", "+05:30", "-0030"]))
def test_an_offset_without_its_colon_hides_no_repeated_key(offset: str) -> None:
    raw = EXAMPLE.replace(b"10:00:00Z", f"10:00:00{offset}".encode())
    assert decode_order(raw).ordered_at.tzinfo is UTC
    assert faults(raw.replace(b'"shop",', b'"shop", "note": "a", "note": "b",')) == {
        ("/note", "duplicate_key")
    }


@given(st.binary())
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    with pytest.raises(Refusal):
        decode_order(raw)


@given(st.data())
def test_any_damage_is_read_or_refused(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(EXAMPLE)))
    stop = data.draw(st.integers(start, min(start + 20, len(EXAMPLE))))
    patch = data.draw(
        st.sampled_from([b"", b'"', b"\\ud800", b"\\u0000", b"{", b"]", b"9", b"\xff"])
    )
    found: tuple[FieldError, ...] = ()
    try:
        decode_order(EXAMPLE[:start] + patch + EXAMPLE[stop:])
    except Refusal as refusal:
        found = refusal.errors or (FieldError("", "none", "A refusal must say where."),)
    assert "none" not in {error.code for error in found}
    msgspec.json.encode(found)


def test_times_come_back_in_utc() -> None:
    order = decode_order(EXAMPLE.replace(b"10:00:00Z", b"10:00:00+02:00"))
    assert order.ordered_at == datetime(2026, 11, 21, 8, tzinfo=UTC)
    assert order.ordered_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (b'"quantity": 2', b'"quantity": "2"', ("/lines/0/quantity", "wrong_type")),
        (b'"quantity": 2', b'"quantity": null', ("/lines/0/quantity", "wrong_type")),
        (b'"quantity": 2', b'"quantity": 2.5', ("/lines/0/quantity", "wrong_type")),
        (b'"quantity": 2', b'"quantity": 0', ("/lines/0/quantity", "out_of_range")),
        (b'"quantity": 2', b'"quantity": ' + b"9" * 5000, ("/lines/0/quantity", "out_of_range")),
        (b'"quantity": 2', b'"qty": 2', ("/lines/0/qty", "unknown_field")),
        (b'"quantity": 2', b'"qty": 2', ("/lines/0/quantity", "required")),
        (b'"city"', b'"town"', ("/ship_to/town", "unknown_field")),
        (b'"country": "GB"', b'"country": "gb"', ("/ship_to/country", "bad_country")),
        (b'"country": "GB"', b'"country": "GB", "zip~/": 1', ("/ship_to/zip~0~1", "unknown_field")),
        (b'"GBP"', b'"GBX"', ("/currency", "unknown_currency")),
        (b"10:00:00Z", b"10:00:00", ("/ordered_at", "bad_time")),
        (b"2026-11-21T10:00:00Z", b"soon", ("/ordered_at", "bad_time")),
        (b"2026-11-21T10:00:00Z", b"0001-01-01T00:00:00+02:00", ("/ordered_at", "bad_time")),
        (b'"shop"', b'"shop", "policy": "maybe"', ("/policy", "bad_choice")),
        (b'"shop"', b'"  "', ("/channel", "required")),
        (b'"shop"', b'"' + b"x" * 256 + b'"', ("/channel", "too_long")),
        (b"Ann", b"A\\u0000nn", ("/ship_to/name", "bad_text")),
        (b"Ann", b"A\\ud83dnn", ("/ship_to/name", "bad_text")),
        (b'"shop"', b'"shop", "\\udc00": 1', ("/?", "bad_text")),
    ],
)
def test_a_field_at_fault_is_pointed_at(old: bytes, new: bytes, expected: tuple[str, str]) -> None:
    assert old in EXAMPLE
    refusal = refused(EXAMPLE.replace(old, new))
    assert isinstance(refusal, Invalid)
    assert expected in {(error.pointer, error.code) for error in refusal.errors}


def test_every_field_at_fault_is_named_at_once() -> None:
    raw = EXAMPLE.replace(b'"quantity": 2', b'"quantity": "2"').replace(b'"name": "Ann", ', b"")
    assert faults(raw) == {("/lines/0/quantity", "wrong_type"), ("/ship_to/name", "required")}


def test_a_detail_is_plain_english() -> None:
    [error] = refused(EXAMPLE.replace(b'"quantity": 2', b'"quantity": null')).errors
    assert error.detail == "quantity must be a whole number, not null."


def test_escapes_that_only_look_bad_are_read() -> None:
    assert decode_order(EXAMPLE.replace(b"Ann", b"\\\\u0000")).ship_to.name == "\\u0000"
    assert decode_order(EXAMPLE.replace(b"Ann", b"\\ud83d\\ude00")).ship_to.name == "😀"
    assert decode_order(EXAMPLE.replace(b"Ann", b"a\\u003ab")).ship_to.name == "a:b"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "empty"),
        (EXAMPLE[:-30], "line 5, column 40"),
        (EXAMPLE.replace(b": 2,", b": NaN,"), "line 5, column 40"),
        (EXAMPLE.replace(b": 2,", b": -Infinity,"), "line 5, column 40"),
        (EXAMPLE.replace(b'"GBP",', b'"GBP"'), "line 3, column 3"),
        (EXAMPLE.replace(b"Ann", b"A\xe9"), "Line 4, column 25"),
        (EXAMPLE + b"{}", "after the end"),
        (b"\xef\xbb\xbf" + EXAMPLE, "byte-order mark"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (EXAMPLE.replace(b'"shop"', b'"shop", "x": ' + b"[" * 50_000), "nested too deeply"),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(raw: bytes, words: str) -> None:
    refusal = refused(raw)
    assert isinstance(refusal, Malformed)
    assert words in refusal.detail
