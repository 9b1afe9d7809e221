"""Stock is set up, received by the floor that has it before it, and shown to whose it is."""

NODE = {
    "code": "reno-1", "title": "Reno", "country": "US", "zone": "America/Los_Angeles",
    "cut_off": "17:00:00", "orders_per_hour": 400,
}  # fmt: skip
ORDER = {
    "channel": "web", "channel_order_id": "A-1", "currency": "USD",
    "ordered_at": "2026-11-20T11:59:00Z",
    "paid_at": "2026-11-20T11:59:00Z",
    "ship_to": {"name": "Ada", "line1": "1 High St", "city": "Austin", "country": "US"},
    "lines": [{"sku": "LAMP", "quantity": 2, "unit_price_minor": 1999}],
}  # fmt: skip


async def shop(make):
    merchant_id = await make.merchant()
    for code in ("LAMP", "VASE"):
        await make.sku(merchant_id, code=code)
    return merchant_id


async def test_what_a_floor_receives_is_for_sale_at_once(api):
    merchant_id = await api.made(shop)
    operator, owner = await api.key(), await api.key("merchant", merchant_id=merchant_id)

    async def ask(path, body, who=operator):
        whose = "" if path == "/v1/nodes" else "?merchant=merchant-1"
        answer = await api.client.post(f"{path}{whose}", json=body, headers=who)
        return answer.status_code, answer.json()

    status, node = await ask("/v1/nodes", NODE)
    assert status == 200
    assert await ask("/v1/nodes", NODE | {"orders_per_hour": 500}) == (200, node)
    node_id = node["node_id"]
    pool = {"code": "us", "node_ids": [node_id], "markets": [{"country": "US"}]}
    status, made = await ask("/v1/pools", pool)
    assert status == 200
    assert await ask("/v1/pools", pool) == (200, made)
    rival = await ask("/v1/pools", pool | {"code": "us-2"})
    assert (rival[0], "reno-1" in rival[1]["detail"]) == (409, True)

    lines = [
        {"sku": "LAMP", "announced": 10, "received": 9, "bin": "A-01-01"},
        {"sku": "VASE", "announced": 4, "received": 4},
    ]
    asn = {"code": "asn-1", "node": node_id, "lines": lines}
    floor = await api.key("floor", node_id=node_id)
    status, came = await ask("/v1/asns", asn, floor)
    assert status == 200
    assert came["discrepancies"] == [{"sku": "LAMP", "announced": 10, "received": 9}]
    assert await ask("/v1/asns", asn, floor) == (200, came | {"repeated": True})
    status, problem = await ask("/v1/asns", asn | {"lines": lines[:1]}, floor)
    assert (status, problem["code"]) == (409, "conflict")

    placed = await api.client.post("/v1/orders", json=ORDER, headers=owner)
    assert placed.status_code == 201, placed.text
    answer = await api.client.get("/v1/stock", headers=owner)
    lamp = {"sku": "LAMP", "pool": "us", "on_hand": 9, "reserved": 2, "available": 7}
    vase = {"sku": "VASE", "pool": "us", "on_hand": 4, "reserved": 0, "available": 4}
    assert answer.json() == [lamp, vase]
    pages = [
        (await api.client.get(f"/v1/stock?{about}", headers=owner)).json()
        for about in ("limit=1", "limit=1&after=LAMP", "after=VASE")
    ]
    assert pages == [[lamp], [vase], []]


async def test_what_makes_no_sense_is_refused_by_field(api):
    merchant_id = await api.made(shop)
    operator = await api.key()
    await api.made(lambda make: make.node())

    async def refused(path, body):
        whose = "" if path == "/v1/nodes" else "?merchant=merchant-1"
        answer = await api.client.post(f"{path}{whose}", json=body, headers=operator)
        assert answer.status_code == 422, answer.text
        return [e["pointer"] for e in answer.json()["errors"]]

    asn = {"code": "a", "node": 1, "lines": [{"sku": "SOFA", "announced": 1, "received": -1}]}
    assert await refused("/v1/asns", asn) == ["/node", "/lines/0/sku", "/lines/0/received"]
    assert await refused("/v1/asns", asn | {"node": 2**40}) == ["/node"]
    odd = {"country": "QQ", "zone": "Mars/Olympus", "orders_per_hour": 0, "title": ""}
    pointers = ["/title", "/country", "/zone", "/orders_per_hour"]
    assert await refused("/v1/nodes", NODE | odd) == pointers
    pool = {"code": "us", "node_ids": [1, 99], "markets": [{"country": "US"}, {"country": "US"}]}
    assert await refused("/v1/pools", pool) == ["/node_ids/1", "/markets/1/country"]
    stocked = await api.client.get("/v1/stock?merchant=merchant-1", headers=operator)
    assert (stocked.status_code, stocked.json()) == (200, [])
    assert merchant_id == 1


async def test_a_floor_names_whose_goods_it_has_before_it(api):
    await api.made(shop)
    floor = await api.key("floor", node_id=await api.made(lambda make: make.node()))
    asn = {"code": "a", "node": 1, "lines": []}
    for code in ("", "?merchant=nobody"):
        answer = await api.client.post(f"/v1/asns{code}", json=asn, headers=floor)
        assert (answer.status_code, "?merchant=CODE" in answer.json()["detail"]) == (422, True)
    elsewhere = await api.client.post("/v1/asns", json=asn | {"node": 2}, headers=floor)
    assert elsewhere.status_code == 403
