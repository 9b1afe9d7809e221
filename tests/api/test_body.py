"""A body that cannot be taken is refused by field, in words that say what to send."""

import json
import re

JARGON = re.compile(r"`|\||regex|RFC3339|ISO8601|datetime|Struct|msgspec|\bnull\b|\bstr\b|\bint\b")
NODE = {
    "code": "reno-1",
    "title": "Reno",
    "country": "US",
    "zone": "America/Los_Angeles",
    "cut_off": "17:00:00",
    "orders_per_hour": 400,
}
STREAM = {
    "code": "friday",
    "title": "Friday night",
    "country": "US",
    "starts_at": "2026-11-20T18:00:00Z",
    "ends_at": "2026-11-20T21:00:00Z",
    "skus": [{"sku": "LAMP", "quantity": 3}],
}
BY_FIELD = {
    "text for a number": ("nodes", NODE | {"orders_per_hour": "400"}, "/orders_per_hour"),
    "a time of day without its seconds": ("nodes", NODE | {"cut_off": "17"}, "/cut_off"),
    "a list for an object": ("nodes", [NODE], ""),
    "nothing": ("nodes", None, ""),
    "a missing field": ("nodes", {k: v for k, v in NODE.items() if k != "zone"}, "/zone"),
    "no list": ("merchants", {"applications": {}}, "/applications"),
    "inside a list": ("merchants", {"applications": [{"code": 5}]}, "/applications/0/code"),
    "a duration": (
        "merchants:decide",
        {"decisions": [{"merchant_id": 1, "verdict": "approved", "because": "x", "hold": "1h"}]},
        "/decisions/0/hold",
    ),
    "a choice": (
        "merchants:decide",
        {"decisions": [{"merchant_id": 1, "verdict": "perhaps", "because": "x"}]},
        "/decisions/0/verdict",
    ),
    "a date": (
        "rates",
        {"rates": [{"vendor": "swift", "effective_from": "tomorrow"}]},
        "/rates/0/effective_from",
    ),
    "an instant without its offset": (
        "streams",
        STREAM | {"ends_at": "2026-11-20T21:00:00"},
        "/ends_at",
    ),
    "a code that is empty": ("streams", STREAM | {"code": ""}, "/code"),
    "a text that no database holds": ("nodes", NODE | {"title": "a\0b"}, "/title"),
}
UNREADABLE = {
    "empty": b"",
    "blank": b"  \n",
    "no JSON": b"hello",
    "truncated": b'{"applications": [',
    "no UTF-8": b'{"applications": "\xff"}',
    "too deep": b'{"applications": ' + b"[" * 100_000,
    "NaN": b'{"applications": NaN}',
    "half a surrogate pair": b'{"applications": "\\ud800"}',
}


async def test_every_field_at_fault_is_named_in_plain_words(api):
    operator = await api.key()
    for case, (path, body, pointer) in BY_FIELD.items():
        answer = await api.client.post(f"/v1/{path}", content=json.dumps(body), headers=operator)
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (422, "invalid"), (case, problem)
        assert answer.headers["content-type"] == "application/problem+json", case
        assert pointer in [e["pointer"] for e in problem["errors"]], (case, problem)
        for told in (problem, *problem["errors"]):
            assert not JARGON.search(told["detail"]), (case, told["detail"])


async def test_what_is_no_json_is_malformed(api):
    operator = await api.key()
    for case, raw in UNREADABLE.items():
        answer = await api.client.post("/v1/merchants", content=raw, headers=operator)
        problem = answer.json()
        wanted = (422, "invalid") if case == "half a surrogate pair" else (400, "malformed")
        assert (answer.status_code, problem["code"]) == wanted, (case, problem)
        assert not JARGON.search(problem["detail"]), (case, problem)


async def test_nothing_is_guessed_or_lost(api):
    operator = await api.key()
    twice = b'{"applications": [], "applications": [{"code": "a", "title": "A", "country": "US"}]}'
    answer = await api.client.post("/v1/merchants", content=twice, headers=operator)
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/applications", "duplicate_key")
    both = NODE | {"orders_per_hour": "400", "country": 7}
    answer = await api.client.post("/v1/nodes", json=both, headers=operator)
    assert {e["pointer"] for e in answer.json()["errors"]} == {"/orders_per_hour", "/country"}


async def test_every_operation_refuses_a_field_that_it_does_not_know(api):
    operator = await api.key()
    bodies = [
        (min(handler.http_methods - {"OPTIONS"}), route.path_format)
        for route in api.app.routes
        for handler in getattr(route, "route_handlers", ())
        if getattr(handler, "parsed_data_field", None) is not None
    ]
    assert len(bodies) > 15
    for method, path in bodies:
        values = dict.fromkeys(re.findall(r"{(\w+)}", path), 1)
        answer = await api.client.request(
            method, path.format(**values), json={"qqq": 1}, headers=operator
        )
        told = {(e["pointer"], e["code"]) for e in answer.json()["errors"]}
        assert (answer.status_code, ("/qqq", "unknown_field") in told) == (422, True), path


async def test_an_unknown_field_is_told_with_the_name_that_was_meant(api):
    operator = await api.key()
    for path, body, pointer, meant in (
        ("nodes", NODE | {"orders_an_hour": 1}, "/orders_an_hour", "orders_per_hour"),
        ("merchants:decide", {"decisions": [{
            "merchant_id": 1, "verdict": "approved", "because": "x", "dailycap": 5,
        }]}, "/decisions/0/dailycap", "daily_cap"),
        ("returns?merchant=x", {"requests": [{
            "request_key": "r", "reason": "late", "lines": [{"line_no": 0, "quantitiy": 1}],
        }]}, "/requests/0/lines/0/quantitiy", "quantity"),
    ):  # fmt: skip
        answer = await api.client.post(f"/v1/{path}", json=body, headers=operator)
        told = {e["pointer"]: e["detail"] for e in answer.json()["errors"]}
        assert answer.status_code == 422
        assert f"did you mean {meant}?" in told[pointer], told


async def test_types_and_rules_are_told_together(api):
    operator = await api.key()
    vendor = {"vendor": "a b", "title": 5, "role": "carrier", "gateway": "sandbox", "endpoint": ""}
    body = {"vendors": [vendor, vendor | {"title": "A", "zone": "Mars"}]}
    answer = await api.client.post("/v1/vendors", json=body, headers=operator)
    assert {e["pointer"] for e in answer.json()["errors"]} == {
        "/vendors/0/title", "/vendors/0/vendor", "/vendors/1/vendor", "/vendors/1/zone",
    }  # fmt: skip


async def test_a_stranger_is_not_told_what_is_wrong(api):
    answer = await api.client.post("/v1/nodes", content=b"hello")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorised")


async def test_parameters_of_the_address_are_explained_too(api):
    operator = await api.key()
    for path, pointer in {
        "/v1/scores?as_of=yesterday": "/as_of",
        "/v1/statement?since=2026-11-01&until=soon": "/until",
        "/v1/exceptions?limit=many": "/limit",
        "/v1/exceptions?limit=0": "/limit",
    }.items():
        answer = await api.client.get(path, headers=operator)
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (400, "bad_request"), problem
        assert [e["pointer"] for e in problem["errors"]] == [pointer], problem
        assert not JARGON.search(problem["detail"]), problem
        assert "quotes" not in problem["detail"], "nothing in an address is in quotes"
    missing = await api.client.get("/v1/statement?since=2026-11-01", headers=operator)
    assert missing.status_code == 400
    assert "'until'" in missing.json()["detail"]
