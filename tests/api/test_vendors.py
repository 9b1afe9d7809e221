"""Vendors are signed on by contract, and tell what happened in their own name."""

from penstock.api.vendors import EVENTS_MAX

SWIFT = {
    "vendor": "swift", "title": "Swift", "role": "carrier", "gateway": "sandbox",
    "endpoint": "http://swift.example", "zone": "America/Chicago",
}  # fmt: skip
RATE = {
    "vendor": "swift", "node_id": 1, "country": "US", "service": "ground", "weight_to_g": 2000,
    "fee_minor": 500, "currency": "USD", "transit_days": 2, "parcels_per_day": 100,
    "effective_from": "2026-01-01",
}  # fmt: skip
PICKUP = {"vendor": "swift", "node_id": 1, "cut_off": "17:00:00"}
EVENT = {
    "event_id": "e-1", "topic": "parcel", "about": "T-1", "code": "AF",
    "occurred_at": "2026-11-20T11:00:00Z",
}  # fmt: skip


async def contracted(api):
    return await api.made(
        lambda make: make.tx.fetch(
            "SELECT v.title, r.fee_minor, r.effective_to::text, p.cut_off::text"
            " FROM vendors.vendor AS v JOIN vendors.rate AS r USING (vendor)"
            " JOIN vendors.pickup AS p USING (vendor, node_id)"
        )
    )


async def test_a_contract_is_signed_and_corrected(api):
    await api.made(lambda make: make.node())
    operator = await api.key()

    async def ask(path, body):
        answer = await api.client.post(f"/v1/{path}", json={path: [body]}, headers=operator)
        return answer.status_code, answer.content

    for fee in (500, 450):
        assert await ask("vendors", SWIFT) == (204, b"")
        assert await ask("rates", RATE | {"fee_minor": fee}) == (204, b"")
        assert await ask("pickups", PICKUP) == (204, b"")
        assert [tuple(row) for row in await contracted(api)] == [
            ("Swift", fee, "infinity", "17:00:00")
        ]
    assert await ask("rates", RATE | {"effective_to": "2026-12-31"}) == (204, b"")
    assert (await contracted(api))[0]["effective_to"] == "2026-12-31"


async def test_a_contract_with_errors_is_refused_whole_and_by_field(api):
    operator = await api.key()

    async def pointers(path, *items):
        answer = await api.client.post(f"/v1/{path}", json={path: items}, headers=operator)
        assert answer.status_code == 422, answer.text
        return [e["pointer"] for e in answer.json()["errors"]]

    odd = SWIFT | {"vendor": "Swift & Co", "zone": "Mars/Olympus"}
    assert await pointers("vendors", SWIFT, odd) == ["/vendors/1/vendor", "/vendors/1/zone"]
    assert await pointers("vendors", SWIFT | {"role": "pirate"}) == ["/vendors/0/role"]
    assert "/pickups/0/vendor" in await pointers("pickups", PICKUP)
    odd = RATE | {"country": "QQ", "currency": "US$", "fee_minor": -1, "transit_days": 2**31 - 1}
    wrong = await pointers("rates", odd)
    fields = "vendor", "country", "currency", "fee_minor", "transit_days"
    assert {f"/rates/0/{field}" for field in fields} <= set(wrong)
    assert await contracted(api) == []


async def test_a_vendor_speaks_in_its_own_name(api):
    operator = await api.key()
    signed = {"vendors": [SWIFT, SWIFT | {"vendor": "slow", "title": "Slow"}]}
    await api.client.post("/v1/vendors", json=signed, headers=operator)

    async def parcel(make):
        merchant_id = await make.merchant()
        await make.tx.fetch(
            "INSERT INTO shipping.label (merchant_id, parcel_id, vendor, service, tracking_number,"
            " fee_minor, currency, bought_at, pickup_at, deliver_by_at)"
            " VALUES ($1, 7, 'swift', 'ground', 'T-1', 500, 'USD', $2, $2, $2)",
            merchant_id, api.clock.at,
        )  # fmt: skip

    await api.made(parcel)
    swift = await api.key("vendor", vendor="swift")
    slow = await api.key("vendor", vendor="slow", node_id=0)  # another id than swift's

    async def tell(who, *events, about=""):
        path = f"/v1/vendor-events{about}"
        answer = await api.client.post(path, json={"events": events}, headers=who)
        return answer.status_code, answer.json()

    other = EVENT | {"event_id": "e-2", "topic": "weather"}
    status, told = await tell(slow, EVENT, other, about="?vendor=swift")
    refused = {(r["event_id"], r["outcome"]) for r in told["refused"]}
    assert (status, refused) == (200, {("e-1", "unknown_parcel"), ("e-2", "unknown_topic")})
    status, told = await tell(swift, EVENT)
    assert (status, sum(told["counts"].values())) == (200, 1)
    assert {r["outcome"] for r in told["refused"]} <= {"unknown_code"}
    assert (await tell(operator, EVENT))[0] == 403
    status, again = await tell(operator, EVENT, about="?vendor=swift")
    assert (status, sum(again["counts"].values())) == (200, 1)
    status, problem = await tell(operator, EVENT, about="?vendor=nobody")
    assert (status, problem["code"]) == (404, "not_found")
    status, problem = await tell(swift, *[EVENT] * (EVENTS_MAX + 1))
    assert (status, problem["code"]) == (413, "too_large")
