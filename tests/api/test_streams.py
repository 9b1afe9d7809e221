"""A stream is scheduled by the merchant's own codes, and shows what is left of what it keeps."""

from datetime import timedelta
from functools import partial

from penstock.inventory.ring_fence import give_back
from penstock.streams.report import close_out
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


async def scheduled(api, **changes):
    merchant_id = await api.made(shop)
    owner = await api.key("merchant", merchant_id=merchant_id)
    answer = await api.client.post("/v1/streams", json=STREAM | changes, headers=owner)
    assert answer.status_code == 201, answer.text
    return owner


async def turned(api):
    async def work(make):
        await turn(make.tx, api.clock.at, give_back=give_back)
        await close_out(make.tx, api.clock.at)

    await api.made(work)


async def test_a_stream_is_amended_listed_and_cancelled(api):
    later = {"starts_at": "2026-11-20T18:00:00Z", "ends_at": "2026-11-20T20:00:00Z"}
    owner = await scheduled(api, **later)
    change = {"skus": [{"sku": "LAMP", "quantity": 4}], "channels": ["web"], "title": "Late"}
    answer = await api.client.patch("/v1/streams/friday", json=change, headers=owner)
    assert answer.json()["skus"] == [{"sku": "LAMP", "wanted": 4, "ring_fenced": 4}]
    shown = (await api.client.get("/v1/streams/friday", headers=owner)).json()
    assert (shown["title"], shown["channels"]) == ("Late", ["web"])
    body = {"because": "Mia is ill"}
    for repeated, units in ((False, 4), (True, 0)):
        done = await api.client.post("/v1/streams/friday/cancel", json=body, headers=owner)
        assert done.json() == {"code": "friday", "repeated": repeated, "units_given_back": units}
    (listed,) = (await api.client.get("/v1/streams", headers=owner)).json()
    assert (listed["code"], listed["state"]) == ("friday", "cancelled")
    gone = await api.client.post("/v1/orders", json=ORDER | {"stream": "friday"}, headers=owner)
    assert gone.json()["code"] == "unknown_stream"


async def test_capacity_is_booked_and_what_a_node_lacks_is_said(api):
    owner = await scheduled(api, capacity=[{"node": 1, "orders_per_hour": 900}])
    again = await api.client.post(
        "/v1/streams",
        json=STREAM | {"capacity": [{"node": 1, "orders_per_hour": 900}]},
        headers=owner,
    )
    assert again.json()["capacity"] == [{"node": 1, "wanted": 900, "booked": 500}]
    other = await api.client.post(
        "/v1/streams",
        json=STREAM | {"code": "beside", "capacity": [{"node": 1, "orders_per_hour": 9}]},
        headers=owner,
    )
    assert other.json()["capacity"] == [{"node": 1, "wanted": 9, "booked": 0}]


async def test_watched_and_braked(api):
    owner = await scheduled(api)
    await turned(api)
    placed = await api.client.post("/v1/orders", json=ORDER, headers=owner)
    assert placed.status_code == 201, placed.text
    seen = (await api.client.get("/v1/streams/friday/monitor", headers=owner)).json()
    assert (seen["accepted_orders"], seen["orders_per_minute"]) == (1, [1.0, 0.2, 1 / 15])
    lamp = next(sku for sku in seen["skus"] if sku["sku"] == "LAMP")
    assert (lamp["sold"], lamp["left"]) == (3, 3)
    brake = {"kind": "cap", "value": 5, "sku": "LAMP", "because": "the floor is full"}
    answer = await api.client.post("/v1/streams/friday/brakes", json=brake, headers=owner)
    assert answer.json() == {"brake_id": 1, "repeated": False, "taken": 3}
    again = await api.client.post("/v1/streams/friday/brakes", json=brake, headers=owner)
    assert again.json()["repeated"]
    odd = await api.client.post(
        "/v1/streams/friday/brakes", json=brake | {"sku": "SOFA"}, headers=owner
    )
    assert [e["pointer"] for e in odd.json()["errors"]] == ["/sku"]
    (on,) = (await api.client.get("/v1/streams/friday/monitor", headers=owner)).json()["brakes"]
    assert (on["sku"], on["kind"], on["because"]) == ("LAMP", "cap", "the floor is full")
    assert on["by"].startswith("merchant ")
    released = await api.client.post(
        "/v1/streams/friday/brakes:release", json={"because": "done", "sku": "LAMP"}, headers=owner
    )
    assert released.json() == {"released": [1]}
    (log,) = (await api.client.get("/v1/streams/friday/brakes", headers=owner)).json()
    assert (log["released_because"], log["taken"]) == ("done", 3)


async def test_rules_limits_and_tickets(api):
    owner = await scheduled(api)
    rules = {"rules": [{"code": "late", "measure": "late_percent", "threshold": 20.0,
                        "kind": "throttle", "value": 60, "stream": "friday"}]}  # fmt: skip
    for changed in (1, 0):
        answer = await api.client.put("/v1/brake-rules", json=rules, headers=owner)
        assert answer.json() == {"changed": changed}
    (rule,) = (await api.client.get("/v1/brake-rules", headers=owner)).json()
    assert (rule["code"], rule["stream"], rule["effective_to"]) == ("late", "friday", None)
    limits = {"limits": [{"sku": "LAMP", "units": 2}, {"units": 5}]}
    answer = await api.client.put("/v1/streams/friday/buyer-limits", json=limits, headers=owner)
    assert answer.json() == {"limits": 2}
    twice = {"limits": [{"units": 2}, {"units": 5}]}
    answer = await api.client.put("/v1/streams/friday/buyer-limits", json=twice, headers=owner)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/limits/1/sku")
    answer = await api.client.put(
        "/v1/streams/friday/admission", json={"sku": "LAMP", "per_minute": 6}, headers=owner
    )
    assert answer.status_code == 204
    wishes = {"tickets": [{"sku": "LAMP", "client_key": key} for key in "ab"]}
    drawn = (await api.client.post("/v1/streams/friday/tickets", json=wishes, headers=owner)).json()
    assert [(d["position"], d["status"], d["wait_s"]) for d in drawn] == [
        (1, "admitted", 0.0), (2, "waiting", 10.0),
    ]  # fmt: skip
    shown = await api.client.get(f"/v1/tickets/{drawn[1]['ticket_id']}", headers=owner)
    assert shown.json() == drawn[1]
    none = await api.client.get("/v1/tickets/999", headers=owner)
    assert none.status_code == 404


async def test_the_report_comes_when_it_is_over(api):
    owner = await scheduled(api)
    await api.client.post("/v1/orders", json=ORDER, headers=owner)
    early = await api.client.get("/v1/streams/friday/report", headers=owner)
    assert early.status_code == 404
    api.clock.at += timedelta(hours=1)
    await turned(api)
    told = (await api.client.get("/v1/streams/friday/report", headers=owner)).json()
    assert (told["accepted_orders"], told["sold_units"], told["given_back"]) == (1, 3, 3)
    assert (told["forecast_error"], told["under_way"]) == (-0.99, 1)
