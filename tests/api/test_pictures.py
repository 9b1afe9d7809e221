"""A score's pictures as data: a merchant's own, in numbers, refused where they cannot be."""

from datetime import UTC, datetime, timedelta

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def shop(make):
    ids = [await make.merchant() for _ in range(2)]
    for n in range(40):
        at = NOW - timedelta(days=9, hours=n)
        await make.tx.fetch(
            "INSERT INTO experience.journey (merchant_id, fulfilment_order_id, order_ref, market,"
            " ordered_at, paid_at, accepted_at, dispatch_by_at, deliver_by_at, dispatched_at,"
            " delivered_at) VALUES ($1, $2, 'T', 'GB', $3, $3, $3, $4, $5, $4, $6)",
            ids[0], n + 1, at, at + timedelta(days=2), at + timedelta(days=5),
            at + timedelta(days=4 if n % 4 else 6),
        )  # fmt: skip
    return ids


async def test_a_merchant_gets_the_data_of_its_pictures(api):
    ours, theirs = await api.made(shop)
    key = await api.key("merchant", merchant_id=ours)
    answer = await api.client.get("/v1/scores:pictures", headers=key)
    assert answer.status_code == 200
    seen = answer.json()
    assert set(seen) == {"history", "waterfall", "lanes", "at_risk"}
    fall = seen["waterfall"]
    assert isinstance(fall["score"], float)
    assert round(fall["high"] - sum(loss["points"] for loss in fall["losses"]), 2) == fall["score"]
    ((lane),) = seen["lanes"]["lanes"]
    assert (lane["market"], lane["due"], lane["on_time"]) == ("GB", 40, 30)
    assert seen["history"]["days"][-1]["score"] == fall["score"]
    other = await api.key("merchant", merchant_id=theirs, vendor="")
    empty = (await api.client.get("/v1/scores:pictures", headers=other)).json()
    assert (empty["waterfall"]["score"], empty["lanes"]["lanes"]) == (None, [])


async def test_what_cannot_be_drawn_is_refused_by_name(api):
    merchant_id = await api.made(lambda make: make.merchant())
    key = await api.key("merchant", merchant_id=merchant_id)
    for query, status in (
        ("profile=none", 422), ("profile=/etc/x.toml", 422), ("days=0", 422), ("days=401", 422),
        ("as_of=2026-11-21", 422), ("as_of=2026-11-19&days=1", 200),
    ):  # fmt: skip
        answer = await api.client.get(f"/v1/scores:pictures?{query}", headers=key)
        assert answer.status_code in ({status, 400} if status == 422 else {200}), query
    assert (await api.client.get("/v1/scores:pictures", headers=await api.key())).status_code == 422
