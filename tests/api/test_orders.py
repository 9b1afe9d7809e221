"""Orders over HTTP, good and bad: a clear answer by field, never a 500, nothing half-written."""

import asyncio
import json

import pytest


async def lamp_shop(make, units=5):
    merchant_id = await make.merchant()
    node = await make.node()
    pool = await make.pool(merchant_id, [node])
    sku = await make.sku(merchant_id, code="LAMP")
    await make.stock(merchant_id, node, pool, sku, units)
    return merchant_id


def body(key="A-1", **changes):
    order = {
        "channel": "web",
        "channel_order_id": key,
        "currency": "USD",
        "ordered_at": "2026-11-20T11:59:00Z",
        "paid_at": "2026-11-20T11:59:00Z",
        "ship_to": {"name": "Ada", "line1": "1 High St", "city": "Austin", "country": "US"},
        "lines": [{"sku": "LAMP", "quantity": 1, "unit_price_minor": 1999}],
    }
    order.update(changes)
    return order


@pytest.fixture
async def shop(api):
    merchant_id = await api.made(lamp_shop)
    return await api.key("merchant", merchant_id=merchant_id)


async def stored(api):
    rows = await api.database.run(
        __import__("penstock.db.transaction", fromlist=["OPERATOR"]).OPERATOR,
        lambda tx: tx.fetch(
            "SELECT (SELECT count(*) FROM orders.receipt), (SELECT count(*) FROM orders.line),"
            " (SELECT count(*) FROM inventory.reservation),"
            " (SELECT count(*) FROM lifecycle.subject)"
        ),
    )
    return tuple(rows[0])


async def test_an_order_is_reserved_and_answered_with_its_promise(api, shop):
    first = await api.client.post("/v1/orders", json=body(), headers=shop)
    assert first.status_code == 201, first.text
    assert first.json()["outcome"] == "accepted"
    assert first.json()["deliver_by_at"] > first.json()["dispatch_by_at"]
    again = await api.client.post("/v1/orders", json=body(), headers=shop)
    assert (again.status_code, again.json()) == (201, first.json())
    other = body(shipping_minor=5)
    refused = await api.client.post("/v1/orders", json=other, headers=shop)
    assert (refused.status_code, refused.json()["code"]) == (422, "key_reused")
    assert await stored(api) == (1, 1, 1, 1)


async def test_an_idempotency_key_stands_for_one_body(api, shop):
    headers = shop | {"Idempotency-Key": "k"}
    first = await api.client.post("/v1/orders", json=body(), headers=headers)
    again = await api.client.post("/v1/orders", json=body(), headers=headers)
    assert first.json() == again.json()
    other = await api.client.post("/v1/orders", json=body("B-2"), headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")


async def test_fifty_buyers_at_once_get_exactly_the_stock(api, shop):
    answers = await asyncio.gather(
        *(api.client.post("/v1/orders", json=body(f"K-{i}"), headers=shop) for i in range(50))
    )
    assert sorted(a.status_code for a in answers) == [201] * 5 + [409] * 45


BAD = {
    "unknown SKU": (body(lines=[{"sku": "X", "quantity": 1, "unit_price_minor": 1}]), 422,
                    "unknown_sku", "/lines/0/sku"),
    "zero": (body(lines=[{"sku": "LAMP", "quantity": 0, "unit_price_minor": 1}]), 422,
             None, "/lines/0/quantity"),
    "negative": (body(lines=[{"sku": "LAMP", "quantity": -1, "unit_price_minor": 1}]), 422,
                 None, "/lines/0/quantity"),
    "enormous": (body(lines=[{"sku": "LAMP", "quantity": 10**18, "unit_price_minor": 1}]), 422,
                 None, "/lines/0/quantity"),
    "beyond 64 bits": (body(lines=[{"sku": "LAMP", "quantity": 10**30, "unit_price_minor": 1}]),
                       422, None, "/lines/0/quantity"),
    "no address": ({k: v for k, v in body().items() if k != "ship_to"}, 422, None, "/ship_to"),
    "unknown country": (body(ship_to={"name": "A", "line1": "1", "city": "X", "country": "QQ"}),
                        422, None, "/ship_to/country"),
    "wrong currency": (body(currency="EUR"), 422, "wrong_currency", "/currency"),
    "no currency": (body(currency="XXX"), 422, None, "/currency"),
    "10,000 lines": (body(lines=[{"sku": "LAMP", "quantity": 1, "unit_price_minor": 1}] * 10_000),
                     422, None, "/lines"),
    "dated in 2099": (body(ordered_at="2099-01-01T00:00:00Z"), 422, None, "/ordered_at"),
    "no offset": (body(ordered_at="2026-11-20T11:59:00"), 422, None, "/ordered_at"),
    "NUL": (body(note="a\0b"), 422, None, "/note"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD, ids=str)
async def test_bad_orders_are_refused_by_field(api, shop, case):
    order, status, code, pointer = BAD[case]
    answer = await api.client.post("/v1/orders", json=order, headers=shop)
    problem = answer.json()
    assert answer.status_code == status, problem
    assert answer.headers["content-type"] == "application/problem+json"
    assert code is None or problem["code"] == code
    assert pointer in [e["pointer"] for e in problem["errors"]]
    assert all(e["detail"] for e in problem["errors"])
    assert await stored(api) == (0, 0, 0, 0)


RAW = {
    "lone surrogate": json.dumps(body(note="@")).replace("@", "\\ud800").encode(),
    "truncated": json.dumps(body()).encode()[:-30],
    "empty": b"",
    "not UTF-8": b'{"channel": "\xff"}',
    "duplicate keys": json.dumps(body()).replace('"USD"', '"USD", "currency": "EUR"').encode(),
    "not JSON": b"hello",
    "deep": b"[" * 100_000,
    "NaN": json.dumps(body(shipping_minor=float("nan"))).encode(),
}


@pytest.mark.parametrize("case", RAW, ids=str)
async def test_bytes_that_are_no_order_are_refused(api, shop, case):
    for path in ("/v1/orders", "/v1/orders:batch"):
        answer = await api.client.post(path, content=RAW[case], headers=shop)
        assert answer.status_code in {200, 400, 422}, answer.text
        if answer.status_code == 200:
            assert set(answer.json()["counts"]) == {"invalid"}
        else:
            assert answer.json()["detail"]
    assert await stored(api) == (0, 0, 0, 0)


async def test_a_body_of_20_mb_is_too_large(api, shop):
    answer = await api.client.post("/v1/orders:batch", content=b" " * 20_000_000, headers=shop)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_in_a_batch_the_good_part_goes_on(api, shop):
    lines = [json.dumps(body(f"G-{i}")) for i in range(3)]
    lines.insert(1, '{"channel": "web"}')
    lines.insert(3, json.dumps(body("X", lines=[])))
    answer = await api.client.post("/v1/orders:batch", content="\n".join(lines), headers=shop)
    assert answer.status_code == 200, answer.text
    assert answer.json()["counts"] == {"accepted": 3, "invalid": 2}
    assert [a["line"] for a in answer.json()["answers"] if a["outcome"] == "invalid"] == [2, 4]
    again = await api.client.post("/v1/orders:batch", content="\n".join(lines), headers=shop)
    assert again.json() == answer.json()
    assert await stored(api) == (3, 3, 3, 3)


async def test_only_a_good_key_opens(api, shop):
    assert (await api.client.post("/v1/orders", json=body())).status_code == 401
    wrong = {"Authorization": "Bearer pk_x_00"}
    assert (await api.client.post("/v1/orders", json=body(), headers=wrong)).status_code == 401
    vendor = await api.key("vendor", vendor="swift")
    assert (await api.client.post("/v1/orders", json=body(), headers=vendor)).status_code == 403
    operator = await api.key()
    unnamed = await api.client.post("/v1/orders", json=body(), headers=operator)
    assert unnamed.status_code == 422
    named = await api.client.post("/v1/orders?merchant=merchant-1", json=body(), headers=operator)
    assert named.status_code == 201


async def test_an_unknown_path_is_a_problem_too(api):
    answer = await api.client.get("/v1/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
