import io
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.channels.ndjson_file import decode_orders, read
from penstock.channels.order import NewOrder
from penstock.kernel.errors import Malformed, Refusal

ORDERS = st.from_type(NewOrder)
SAMPLE = (Path(__file__).parent / "samples" / "orders.ndjson").read_bytes()
LINES = SAMPLE.splitlines()
GOOD = LINES[0]


def array(items: list[bytes]) -> bytes:
    return b"[\n" + b",\n".join(items) + b"\n]"


def test_the_sample_gives_its_good_orders_and_points_at_the_bad_one() -> None:
    good, bad, pending = read(io.BytesIO(SAMPLE))
    assert good.order is not None
    assert good.order.channel_order_id == "WEB-1001"
    assert (bad.line, bad.order) == (2, None)
    assert [(e.pointer, e.code) for e in bad.errors] == [("/lines/0/quantity", "out_of_range")]
    assert bad.raw.encode() == LINES[1]
    assert pending.line == 4, "a blank line counts and is passed over"
    assert pending.order is not None
    assert pending.order.paid_at is None


@given(st.lists(ORDERS, min_size=1, max_size=4), st.sampled_from(["lines", "array", "stream"]))
def test_orders_survive_the_file(orders: list[NewOrder], shape: str) -> None:
    encoded = [msgspec.json.encode(order) for order in orders]
    content = array(encoded) if shape == "array" else b"\r\n".join(encoded)
    records = list(read(io.BytesIO(content) if shape == "stream" else content))
    assert [record.order for record in records] == orders
    first = 2 if shape == "array" else 1
    assert [record.line for record in records] == [first + i for i in range(len(orders))]


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (b'{"channel": 1}', "wrong_type"),
        (GOOD.replace(b"Ann", b"\\ud800"), "bad_text"),
        (GOOD.replace(b": 2,", b": NaN,"), "bad_json"),
        (GOOD.replace(b": 2,", b": tru,"), "bad_json"),
        (GOOD[:-1] + b',"note":"a","note":"b"}', "duplicate_key"),
        (b"3", "wrong_type"),
    ],
)
@pytest.mark.parametrize("shape", ["lines", "array"])
def test_one_bad_order_of_a_thousand_stops_no_other(bad: bytes, code: str, shape: str) -> None:
    items = [GOOD] * 700 + [bad] + [GOOD] * 299
    records = decode_orders(array(items) if shape == "array" else b"\n".join(items))
    assert sum(record.order is not None for record in records) == 999
    [refused] = [record for record in records if record.order is None]
    assert code in {error.code for error in refused.errors}
    assert refused.line == (702 if shape == "array" else 701)
    assert refused.raw.encode() == bad
    for error in refused.errors:
        assert error.line in {None, refused.line}


def test_a_line_that_is_not_utf8_stops_no_other() -> None:
    first, second = decode_orders(GOOD.replace(b"Ann", b"Zo\xe9") + b"\n" + GOOD)
    assert [error.code for error in first.errors] == ["not_utf8"]
    assert "Zo\ufffd" in first.raw
    assert second.order is not None


def test_one_order_may_be_spread_over_lines() -> None:
    spread = msgspec.json.format(GOOD)
    [record] = decode_orders(b"\n\n" + spread)
    assert (record.line, record.order) == (3, decode_orders(GOOD)[0].order)


def test_a_byte_order_mark_is_passed_over() -> None:
    assert [r.order is not None for r in decode_orders(b"\xef\xbb\xbf" + GOOD)] == [True]
    assert [r.order is not None for r in decode_orders(b"\xef\xbb\xbf" + array([GOOD]))] == [True]


def test_lines_are_read_as_they_come() -> None:
    taken = []

    def endless():
        while True:
            taken.append(GOOD + b"\n")
            yield taken[-1]

    records = read(endless())
    assert next(records).order is not None
    assert len(taken) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (GOOD.decode().encode("utf-16"), "UTF-16"),
        (array([GOOD, GOOD])[:-3], "ends too early, at line 3"),
        (array([GOOD]) + b"\n!", "line 3, column 2: something follows"),
        (array([GOOD, b'"\xff"']), "Line 3, column 2 is not UTF-8"),
        (msgspec.json.format(GOOD)[:-4], "ends too early"),
        (b"[" * 100_000, "ends too early"),
        (GOOD[:-4], "ends too early, at line 1"),
    ],
)
def test_a_file_unreadable_as_a_whole_is_refused_at_once(content: bytes, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        read(content)


@given(st.binary() | st.binary().map(lambda tail: b"[" + tail) | st.binary().map(b"{}\n".__add__))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        records = decode_orders(content)
    except Refusal:
        return
    assert all((record.order is None) == bool(record.errors) for record in records)
    msgspec.json.encode(records)
