"""A merchant comes in by the front door, and sells when everything about it is approved."""

from penstock.merchants.apply import Application

SKU = {
    "code": "LAMP", "title": "Desk lamp", "weight_g": 400, "length_mm": 120, "width_mm": 80,
    "height_mm": 60, "value_minor": 1500, "currency": "USD", "hs6": "940521",
    "origin_country": "CN",
}  # fmt: skip
ORDER = {
    "channel": "web", "channel_order_id": "A-1", "currency": "USD",
    "ordered_at": "2026-11-20T11:59:00Z",
    "paid_at": "2026-11-20T11:59:00Z",
    "ship_to": {"name": "Ada", "line1": "1 High St", "city": "Austin", "country": "US"},
    "lines": [{"sku": "LAMP", "quantity": 1, "unit_price_minor": 1999}],
}  # fmt: skip
LUMEN = {"code": "lumen", "title": "Lumen", "country": "US"}


async def asked(api, who, method, path, body):
    answer = await api.client.request(method, path, json=body, headers=who)
    return answer.status_code, answer.json()


async def test_from_the_application_to_the_first_order(api):
    operator = await api.key()

    async def ask(method, path, body):
        return await asked(api, operator, method, path, body)

    status, (applied,) = await ask("POST", "/v1/merchants", {"applications": [LUMEN]})
    assert (status, applied["outcome"]) == (200, "applied")
    merchant_id = applied["merchant_id"]
    shop = await api.key("merchant", merchant_id=merchant_id)

    status, skus = await asked(api, shop, "POST", "/v1/skus", {"skus": [SKU]})
    assert (status, skus[0]["outcome"]) == (200, "added")
    status, refused = await asked(api, shop, "POST", "/v1/orders", ORDER)
    assert (status, refused["code"]) == (403, "merchant_not_approved")

    verdict = {"merchant_id": merchant_id, "verdict": "approved", "because": "checked"}
    decision = {"decisions": [verdict | {"daily_cap": 1, "hold": "PT1H"}]}
    decided = {"merchant_id": merchant_id, "outcome": "decided", "status": "approved"}
    assert await ask("POST", "/v1/merchants:decide", decision) == (200, [decided])
    market = {"markets": [{"country": "US", "currency": "USD", "sla": "tiktok_us_regular"}]}
    assert await ask("PUT", "/v1/markets?merchant=lumen", market) == (200, {"changed": 1})
    status, refused = await asked(api, shop, "POST", "/v1/orders", ORDER)
    assert (status, refused["code"]) == (422, "sku_not_approved")

    approval = {"merchant_id": merchant_id, "code": "LAMP", "outcome": "approved"}
    body = {"skus": ["LAMP"]}
    assert await ask("POST", "/v1/skus:approve?merchant=lumen", body) == (200, [approval])

    async def stocked(make):
        pool = await make.pool(merchant_id, [node := await make.node()])
        await make.stock(merchant_id, node, pool, skus[0]["sku_id"], 5)

    await api.made(stocked)
    status, taken = await asked(api, shop, "POST", "/v1/orders", ORDER)
    assert (status, taken["outcome"]) == (201, "accepted")
    again = ORDER | {"channel_order_id": "A-2"}
    status, refused = await asked(api, shop, "POST", "/v1/orders", again)
    assert (status, refused["code"]) == (429, "daily_cap_reached")

    repeated = await ask("POST", "/v1/merchants", {"applications": [LUMEN]})
    assert repeated[1][0]["outcome"] == "repeated"
    assert (await ask("POST", "/v1/merchants:decide", decision))[1][0]["outcome"] == "repeated"
    assert await ask("PUT", "/v1/markets?merchant=lumen", market) == (200, {"changed": 0})
    assert (await asked(api, shop, "POST", "/v1/skus", {"skus": [SKU]}))[1][0][
        "outcome"
    ] == "unchanged"
    assert (await ask("POST", "/v1/skus:approve?merchant=lumen", body))[1][0][
        "outcome"
    ] == "repeated"


async def test_each_item_is_answered_by_itself_and_a_whole_request_by_field(api):
    operator = await api.key()

    async def ask(method, path, body):
        return await asked(api, operator, method, path, body)

    many = [LUMEN, LUMEN | {"title": "Other"}, LUMEN | {"code": "BAD CODE"}]
    status, answers = await ask("POST", "/v1/merchants", {"applications": many})
    assert (status, [a["outcome"] for a in answers]) == (200, ["applied", "code_taken", "invalid"])
    assert answers[2]["detail"]
    assert set(LUMEN) == set(Application.__struct_fields__)

    long = {"merchant_id": 1, "verdict": "approved", "because": "x", "hold": "P999999999D"}
    status, problem = await ask("POST", "/v1/merchants:decide", {"decisions": [long]})
    assert (status, problem["errors"][0]["pointer"]) == (422, "/decisions/0/daily_cap")
    assert "how many orders a day" in problem["detail"]
    long["daily_cap"] = 5
    _, (answer,) = await ask("POST", "/v1/merchants:decide", {"decisions": [long]})
    assert answer["outcome"] == "invalid"
    skus = [SKU, SKU | {"code": "VASE", "weight_g": 0, "hs6": "94"}]
    status, answers = await ask("POST", "/v1/skus?merchant=lumen", {"skus": skus})
    assert (status, [a["outcome"] for a in answers]) == (200, ["added", "invalid"])
    assert [e["pointer"] for e in answers[1]["errors"]] == ["/weight_g", "/hs6"]

    markets = {"markets": [{"country": "QQ", "currency": "US$", "sla": "whenever"}]}
    status, problem = await ask("PUT", "/v1/markets?merchant=lumen", markets)
    pointers = ["/markets/0/country", "/markets/0/currency", "/markets/0/sla"]
    assert (status, [e["pointer"] for e in problem["errors"]]) == (422, pointers)
    status, problem = await ask("PUT", "/v1/markets?merchant=nobody", {"markets": []})
    assert (status, "?merchant=CODE" in problem["detail"]) == (422, True)
    battery = SKU | {"code": "CELL", "restricted": "UN3480"}
    await ask("POST", "/v1/skus?merchant=lumen", {"skus": [battery]})
    path, body = "/v1/skus:approve?merchant=lumen", {"skus": ["CELL", "NONE"]}
    _, answers = await ask("POST", path, body)
    assert [a["outcome"] for a in answers] == ["restricted", "unknown_sku"]
    _, answers = await ask("POST", path, body | {"permitted": ["UN3480"]})
    assert answers[0]["outcome"] == "approved"
