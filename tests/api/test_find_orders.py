"""Orders are found over HTTP by what is known of them, a page at a time, only one's own."""

ORDER = {
    "channel": "web", "currency": "USD",
    "ordered_at": "2026-11-20T11:00:00Z",
    "paid_at": "2026-11-20T11:00:00Z",
    "ship_to": {"name": "Ada", "line1": "1 High St", "city": "Austin", "country": "US"},
    "lines": [{"sku": "LAMP", "quantity": 1, "unit_price_minor": 1999}],
}  # fmt: skip


async def shops(make):
    ours, theirs = await make.merchant(), await make.merchant()
    for merchant_id in (ours, theirs):
        node = await make.node()
        pool = await make.pool(merchant_id, [node])
        sku = await make.sku(merchant_id, code="LAMP")
        await make.stock(merchant_id, node, pool, sku, 9)
    return ours, theirs


async def test_pages_numbers_and_whose_they_are(api):
    ours, theirs = await api.made(shops)
    owner = await api.key("merchant", merchant_id=ours)
    operator = await api.key()
    for number in ("A-1", "A-2", "A-3"):
        body = ORDER | {"channel_order_id": number}
        assert (await api.client.post("/v1/orders", json=body, headers=owner)).status_code == 201
    body = ORDER | {"channel_order_id": "A-1"}
    about = f"?merchant=merchant-{theirs}"
    await api.client.post(f"/v1/orders{about}", json=body, headers=operator)

    async def found(who, **wanted):
        answer = await api.client.get("/v1/orders", params=wanted, headers=who)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        return [(o["merchant"], o["channel_order_id"]) for o in page["orders"]], page["next_after"]

    mine, after = await found(owner, limit=2)
    assert mine == [("merchant-1", "A-3"), ("merchant-1", "A-2")]
    assert await found(owner, limit=2, after=after) == ([("merchant-1", "A-1")], None)
    both = [("merchant-2", "A-1"), ("merchant-1", "A-1")]
    assert (await found(operator, channel_order_id="A-1"))[0] == both
    assert (await found(owner, channel_order_id="A-1"))[0] == both[1:]
    assert (await found(operator, merchant="merchant-2"))[0] == both[:1]
    assert (await found(operator, status="open", channel="web"))[0][0] == both[0]
    assert (await found(owner, received_to="2026-11-20T12:00:00Z"))[0] == []
    assert len((await found(owner, received_from="2026-11-20T20:00:00+08:00"))[0]) == 3


async def test_what_makes_no_sense_is_told_by_parameter(api):
    operator = await api.key()
    for wanted, status in {
        "status=opne": 422, "limit=0": 400, "limit=1001": 400, "after=soon": 400,
        "received_from=2026-11-20T12:00:00": 422, "received_to=soon": 400, "after=0": 400,
    }.items():  # fmt: skip
        answer = await api.client.get(f"/v1/orders?{wanted}", headers=operator)
        (error,) = answer.json()["errors"]
        assert (answer.status_code, error["pointer"]) == (status, f"/{wanted.partition('=')[0]}")
