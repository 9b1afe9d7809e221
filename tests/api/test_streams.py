"""A stream is scheduled by the merchant's own codes, and shows what is left of what it keeps."""

from datetime import timedelta
from functools import partial

from penstock.inventory.ring_fence import give_back
from penstock.streams.turn import turn

STREAM = {
    "code": "friday", "title": "Friday night", "host": "Mia", "country": "US",
    "starts_at": "2026-11-20T11:00:00Z", "ends_at": "2026-11-20T13:00:00Z",
    "skus": [{"sku": "VASE", "quantity": 2}, {"sku": "LAMP", "quantity": 8}],
    "expected_orders": 100,
}  # fmt: skip
ORDER = {
    "channel": "web", "channel_order_id": "A-1", "currency": "USD", "stream": "friday",
    "ordered_at": "2026-11-20T11:59:00Z",
    "paid_at": "2026-11-20T11:59:00Z",
    "ship_to": {"name": "Ada", "line1": "1 High St", "city": "Austin", "country": "US"},
    "lines": [{"sku": "LAMP", "quantity": 3, "unit_price_minor": 1999}],
}  # fmt: skip


async def shop(make):
    merchant_id = await make.merchant()
    pool = await make.pool(merchant_id, [node := await make.node()])
    await make.stock(merchant_id, node, pool, await make.sku(merchant_id, code="LAMP"), 6)
    await make.sku(merchant_id, code="VASE")
    return merchant_id


async def test_a_stream_from_its_plan_to_its_end(api):
    merchant_id = await api.made(shop)
    owner = await api.key("merchant", merchant_id=merchant_id)
    answer = await api.client.post("/v1/streams", json=STREAM, headers=owner)
    assert answer.status_code == 201, answer.text
    kept = [
        {"sku": "VASE", "wanted": 2, "ring_fenced": 0},
        {"sku": "LAMP", "wanted": 8, "ring_fenced": 6},
    ]
    assert answer.json()["skus"] == kept
    again = await api.client.post("/v1/streams", json=STREAM, headers=owner)
    assert again.json() == answer.json() | {"repeated": True}
    other = await api.client.post("/v1/streams", json=STREAM | {"country": "GB"}, headers=owner)
    assert (other.status_code, other.json()["code"]) == (409, "conflict")

    async def lamps():
        shown = (await api.client.get("/v1/streams/friday", headers=owner)).json()
        lamp, vase = shown["skus"]
        assert (lamp["sku"], vase["sku"], vase["available"]) == ("LAMP", "VASE", 0)
        return shown["state"], *(
            lamp[name] for name in ("ring_fenced", "given_back", "reserved", "available")
        )

    placed = await api.client.post("/v1/orders", json=ORDER, headers=owner)
    assert placed.status_code == 201, placed.text
    assert await lamps() == ("scheduled", 6, 0, 3, 3)

    async def turned(make):
        return await partial(turn, give_back=give_back)(make.tx, api.clock.at)

    await api.made(turned)
    assert await lamps() == ("live", 6, 0, 3, 3)
    api.clock.at += timedelta(hours=1)
    await api.made(turned)
    assert await lamps() == ("closed", 6, 3, 3, 0)
    operator = await api.key()
    shown = await api.client.get("/v1/streams/friday?merchant=merchant-1", headers=operator)
    assert shown.json()["host"] == "Mia"


async def test_a_stream_that_cannot_be_is_refused_by_field(api):
    owner = await api.key("merchant", merchant_id=await api.made(shop))
    odd = {
        "ends_at": "2026-11-20T10:00:00Z",
        "skus": [{"sku": "SOFA", "quantity": 1}, {"sku": "LAMP", "quantity": -1}],
    }
    answer = await api.client.post("/v1/streams", json=STREAM | odd, headers=owner)
    pointers = ["/ends_at", "/skus/0/sku", "/skus/1/quantity"]
    assert [e["pointer"] for e in answer.json()["errors"]] == pointers
    unknown = await api.client.get("/v1/streams/saturday", headers=owner)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
