"""The description is valid and whole, and nothing that is sent makes the API fall over."""

import typing
from datetime import date, datetime, time, timedelta
from types import NoneType, UnionType
from typing import Annotated, Any, Union

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate

from penstock.api.query_names import names_known
from penstock.channels.order import NewOrder

OPEN = {"/", "/health"}
"""What needs no key."""
RAW = {
    ("post", "/v1/orders"): "application/json",
    ("post", "/v1/orders:batch"): "application/x-ndjson",
    ("put", "/v1/vocabularies"): "application/toml",
}
"""Operations that read the bytes themselves, and what they take."""


def handlers(app):
    """Every operation: its method and path as the description writes it, and its handler."""
    for route in app.routes:
        path = route.path_format
        for handler in getattr(route, "route_handlers", ()):
            if handler.resolve_include_in_schema():
                for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"}):
                    yield method.lower(), path, handler


@pytest.fixture
async def described(api):
    answer = await api.client.get("/docs/openapi.json")
    assert answer.status_code == 200
    return answer.json()


async def test_the_description_is_valid_and_whole(api, described):
    assert described["openapi"].startswith("3.1")
    validate(described)
    told = {(method, path) for path, item in described["paths"].items() for method in item}
    assert told == {(method, path) for method, path, _ in handlers(api.app)}
    operations = {f"{m} {p}": described["paths"][p][m] for m, p in told}
    assert len({operation["operationId"] for operation in operations.values()}) == len(told)
    for name, operation in operations.items():
        method, path = name.split()
        assert operation["summary"], name
        assert operation["tags"], name
        assert operation.get("security", described["security"]) == (
            [{}] if path in OPEN else [{"key": []}]
        ), name
        assert ("requestBody" in operation) == (method != "get"), name
        answers = operation["responses"]
        refusals = {status: answers[status] for status in answers if status >= "400"}
        assert {"503"} if path in OPEN else {"400", "401", "403", "503"} <= refusals.keys(), name
        for refusal in refusals.values():
            schema = refusal["content"]["application/problem+json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Problem"}, name
    for name in ("NewNode", "Decisions", "MerchantDecision", "AskedReturn", "VendorEvent"):
        schema = described["components"]["schemas"][name]
        assert schema["additionalProperties"] is False, name
    assert "additionalProperties" not in described["components"]["schemas"]["OrderShown"]
    node = described["components"]["schemas"]["NewNode"]
    assert node["properties"]["cut_off"] == {"type": "string", "format": "time"}
    for (method, path), media_type in RAW.items():
        body = described["paths"][path][method]["requestBody"]
        assert body["required"]
        assert body["description"]
        assert list(body["content"]) == [media_type]


TEXTS = ["LAMP", "merchant-1", "UN3480", "Mars/Olympus", "parcel", "", " ", "\0", "é\u202e",
         "x" * 300, "'; --", "%s", "null"]  # fmt: skip
NUMBERS = [-1, 0, 1, 2, 5, 100, 2**31 - 1, 2**31, 2**63 - 1, 2**63, 10**30]
INSTANTS = ["2026-11-20T13:00:00Z", "2026-11-21T10:00:00+05:30", "0001-01-01T00:00:00+14:00",
            "9999-12-31T23:59:59-14:00", "2026-11-20T10:00:00", "soon"]  # fmt: skip
LEAVES: dict[Any, st.SearchStrategy[Any]] = {
    int: st.sampled_from(NUMBERS) | st.integers(0, 20),
    str: st.sampled_from(TEXTS) | st.text(max_size=8),
    float: st.sampled_from([-1, 0, 0.5, 30, 1e300]),
    bool: st.booleans(),
    NoneType: st.none(),
    datetime: st.sampled_from(INSTANTS),
    date: st.sampled_from(["2026-11-20", "0001-01-01", "9999-12-31", "2026-02-30"]),
    time: st.sampled_from(["17:00:00", "00:00:00", "23:59:59.999999Z", "25:00:00"]),
    timedelta: st.sampled_from(["PT1H", "P0D", "-PT1H", "P999999999D", "1 h"]),
}
GOOD = {
    "code": "night", "sku": "LAMP", "skus": "LAMP", "country": "US", "currency": "USD",
    "sla": "tiktok_us_regular", "zone": "UTC", "vendor": "swift", "gateway": "sandbox",
    "node": 1, "node_id": 1, "node_ids": 1, "merchant_id": 1, "orders": 1, "because": "so",
    "starts_at": "2026-11-20T13:00:00Z", "ends_at": "2026-11-20T15:00:00Z",
    "ordered_at": "2026-11-20T11:00:00Z",
    "paid_at": "2026-11-20T11:00:00Z",
    "effective_from": "2026-11-20", "reason": "damaged", "order_id": 1, "topic": "parcel",
    "occurred_at": "2026-11-20T11:00:00Z", "weight_g": 400, "length_mm": 90, "width_mm": 80,
    "height_mm": 70, "hs6": "940521", "origin_country": "CN", "restricted": "UN3480",
    "quantity": 2, "received": 5, "announced": 5, "orders_per_hour": 100, "rank": 1,
}  # fmt: skip
"""By a field's name, what lets a body through to the next rule."""
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.sampled_from(NUMBERS) | st.floats(allow_nan=False)
    | st.sampled_from(TEXTS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)  # fmt: skip


def fitting(kind: Any, name: str = "") -> st.SearchStrategy[Any]:
    """JSON of the shape of a type, with values that are good, odd, or too much."""
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        return st.lists(fitting(inside[0], name), max_size=3)
    struct = isinstance(kind, type) and issubclass(kind, msgspec.Struct)
    if name in GOOD and not struct:
        return st.sampled_from([GOOD[name]] * 3 + [None]).flatmap(
            lambda good: fitting(kind) if good is None else st.just(good)
        )
    if struct:
        fields = {f.encode_name: f for f in msgspec.structs.fields(kind)}
        config = kind.__struct_config__
        tag = {config.tag_field: st.just(config.tag)} if config.tag_field else {}
        return st.fixed_dictionaries(
            tag | {n: fitting(f.type, n) for n, f in fields.items() if f.required},
            optional={n: fitting(f.type, n) for n, f in fields.items() if not f.required},
        )
    if origin is Annotated:
        inside = inside[:1]
    if origin in {Annotated, Union, UnionType}:
        return st.one_of(*(fitting(choice) for choice in inside))
    return LEAVES[kind] if kind in LEAVES else st.sampled_from(inside)


def body_of(path, handler):
    return NewOrder if ("post", path) in RAW else handler.parsed_data_field.annotation


async def shop(make):
    merchant_id = await make.merchant()
    node = await make.node()
    pool = await make.pool(merchant_id, [node])
    await make.stock(merchant_id, node, pool, await make.sku(merchant_id, code="LAMP"), 100)
    await make.tx.fetch(
        "INSERT INTO vendors.vendor (vendor, title, role, gateway, endpoint, joined_at)"
        " VALUES ('swift', 'Swift', 'carrier', 'sandbox', '', '2026-01-01')"
    )


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
async def test_no_body_makes_it_fall_over(api, data):
    if not hasattr(api, "operator"):
        await api.made(shop)
        api.operator = await api.key()
        planned = {"code": "night", "title": "Night", "country": "US",
                   "starts_at": "2026-11-20T13:00:00Z", "ends_at": "2026-11-20T15:00:00Z",
                   "skus": [{"sku": "LAMP", "quantity": 9}]}  # fmt: skip
        about = {"merchant": "merchant-1"}
        await api.client.post("/v1/streams", params=about, json=planned, headers=api.operator)
    writing = [
        found
        for found in handlers(api.app)
        if found[0] in {"post", "put", "patch"}
        and found[1] != "/v1/vocabularies"  # which takes no JSON
    ]
    method, path, handler = data.draw(st.sampled_from(writing), label="operation")
    body = data.draw(
        st.integers(0, 9).flatmap(lambda n: fitting(body_of(path, handler)) if n else ANYTHING),
        label="body",
    )
    node = data.draw(st.sampled_from([1, 1, 1, 0, 99, 2**31, 2**63]), label="node")
    code = data.draw(st.sampled_from(["merchant-1"] * 4 + ["nobody", "\0", ""]), label="merchant")
    stream = data.draw(st.sampled_from(["night"] * 4 + ["monday", "é"]), label="stream")
    answer = await api.client.request(
        method,
        path.format(node_id=node, stream=stream),
        params={
            name: value
            for name, value in (("merchant", code), ("vendor", "swift"))
            if name in names_known(handler)
        },
        content=msgspec.json.encode(body),
        headers=api.operator,
    )
    assert answer.status_code < 500, answer.text
