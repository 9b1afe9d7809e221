"""Surges over HTTP: a merchant's own, an operator's all, those that go on first."""

from datetime import UTC, datetime, timedelta

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


async def surged(make):
    shops = []
    for code in ("LAMP", "VASE"):
        merchant_id = await make.merchant()
        shops.append((merchant_id, await make.sku(merchant_id, code=code)))
    lamp, vase = shops
    rows = [
        (lamp, NOW - HOUR, None),
        (vase, NOW, None),
        (lamp, NOW - 9 * HOUR, NOW - 8 * HOUR),
    ]
    for shop, started_at, ended_at in rows:
        await make.tx.fetch(
            "INSERT INTO planning.surge VALUES ($1, $2, $3, 12, 60, 1.5, 0.98, $4)",
            *shop, started_at, ended_at,
        )  # fmt: skip
    return lamp[0]


async def test_surges_are_listed_to_whom_they_concern(api):
    merchant_id = await api.made(surged)
    operator, owner = await api.key(), await api.key("merchant", merchant_id=merchant_id)

    async def listed(key, **asked):
        answer = await api.client.get("/v1/surges", headers=key, params=asked)
        assert answer.status_code == 200, answer.text
        return [(s["sku"], s["ended_at"] is None) for s in answer.json()]

    assert await listed(operator) == [("VASE", True), ("LAMP", True), ("LAMP", False)]
    assert await listed(operator, going=True) == [("VASE", True), ("LAMP", True)]
    assert await listed(operator, merchant="merchant-2") == [("VASE", True)]
    assert await listed(operator, limit=1) == [("VASE", True)]
    assert await listed(owner) == [("LAMP", True), ("LAMP", False)]
    (shown,) = (await api.client.get("/v1/surges?going=true", headers=owner)).json()
    assert shown == {
        "merchant": "merchant-1", "sku": "LAMP", "title": "Lamp", "rate": 12.0, "peak": 60.0,
        "started_at": "2026-11-20T11:00:00Z", "ended_at": None, "expected": 1.5, "score": 0.98,
    }  # fmt: skip


async def test_a_floor_has_no_surges(api):
    answer = await api.client.get("/v1/surges", headers=await api.key("floor", node_id=1))
    assert answer.status_code == 403


async def test_what_surges_bring_is_expected_of_the_processes(api):
    await api.made(surged)
    shown = await api.client.get("/v1/scale", headers=await api.key())
    assert shown.json()["orders_expected_per_minute"] == 2 * 10.5
