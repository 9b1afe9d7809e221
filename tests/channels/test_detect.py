import io
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.channels import detect
from penstock.kernel.errors import Malformed, Refusal

HERE = Path(__file__).parent
SHARED = Path(os.environ.get("PENSTOCK_SHARED", HERE.parents[1] / "../shared")) / "data/channels"
SAMPLES = {
    "tiktok_shop.json": ("tiktok_shop", 4),
    "shopify.json": ("shopify", 2),
    "orders.ndjson": ("json", 3),
    "orders.csv": ("csv", 3),
}


def sample(name: str) -> bytes:
    return (HERE / "samples" / name).read_bytes()


@pytest.mark.parametrize("name", SAMPLES)
def test_each_sample_finds_its_reader(name: str) -> None:
    expected, count = SAMPLES[name]
    for source in (sample(name), io.BytesIO(sample(name)), b"\xef\xbb\xbf\n" + sample(name)):
        found, records = detect.read(source)
        assert (found, len(list(records))) == (expected, count)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_head_is_enough_wherever_it_ends(name: str) -> None:
    head = sample(name)
    enough = head.index(b"\n") if name.endswith(("csv", "ndjson")) else 500
    for size in range(enough, len(head)):
        assert detect.detect(head[:size]) == SAMPLES[name][0]


@pytest.mark.parametrize(
    ("name", "unwrap", "expected"),
    [
        ("tiktok_shop.json", lambda body: body["data"]["orders"], "tiktok_shop"),
        ("tiktok_shop.json", lambda body: body["data"]["orders"][0], "tiktok_shop"),
        ("tiktok_shop.json", lambda _: {"code": 0, "data": {"orders": []}}, "tiktok_shop"),
        ("tiktok_shop.json", lambda _: {"code": 36004004, "message": "Expired"}, "tiktok_shop"),
        ("shopify.json", lambda body: body["orders"], "shopify"),
        ("shopify.json", lambda body: body["orders"][0], "shopify"),
        ("shopify.json", lambda body: {"order": body["orders"][0]}, "shopify"),
        ("shopify.json", lambda _: {"orders": []}, "shopify"),
        ("shopify.json", lambda _: [], "json"),
    ],
)
def test_json_is_told_by_its_keys(name: str, unwrap, expected: str) -> None:
    for indent in (None, 2):
        body = json.dumps(unwrap(json.loads(sample(name))), indent=indent)
        assert detect.detect(body.encode()) == expected


def test_words_inside_texts_and_deeper_objects_mislead_nobody() -> None:
    own = b'{"note": "\\"recipient_address\\": {", "a": {"create_time": 1}, "channel_order_id": ""}'
    assert detect.detect(own) == "json"
    assert detect.detect(b"[" + own + b"]") == "json"


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_header_is_told_by_its_columns(mark: str) -> None:
    header = mark.join(['"Channel"', "channel_order_id", "colour"])
    assert detect.detect(header.encode()) == "csv"


@pytest.mark.parametrize(
    "content", [b"hello", b"%PDF-1.7", b'{"a": 1}', b"<orders/>", b"a,b,c\n1,2,3", b"PK\x03\x04"]
)
def test_what_is_of_no_known_format_is_refused(content: bytes) -> None:
    with pytest.raises(Malformed, match="no format that Penstock reads"):
        detect.detect(content)


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(Malformed, match="empty"):
        detect.read(io.BytesIO(b""))


def test_a_long_file_is_read_whole_after_its_head() -> None:
    line = sample("orders.ndjson").splitlines(keepends=True)[0]
    content = line * (detect.HEAD_SIZE // len(line) + 50)
    found, records = detect.read(io.BytesIO(content))
    assert found == "json"
    assert sum(record.order is not None for record in records) == content.count(b"\n")


@given(st.binary() | st.binary().map(b'{"'.__add__) | st.binary().map(b"[{".__add__))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        _format, records = detect.read(content)
        list(records)
    except Refusal:
        pass


@pytest.mark.skipif(not SHARED.exists(), reason="PENSTOCK_SHARED has no channels' payloads")
def test_the_platforms_own_payloads_find_their_readers() -> None:
    search = (SHARED / "tiktok_shop/models/OrderSearchOrdersResponse.json").read_bytes()
    assert detect.detect(search) == "tiktok_shop"
    for name in ("order.json", "orders.json"):
        assert detect.detect((SHARED / "shopify" / name).read_bytes()) == "shopify"
    event = (SHARED / "tiktok_shop/events/OrderStatusChangeEvent.json").read_bytes()
    with pytest.raises(Malformed):
        detect.detect(event)
