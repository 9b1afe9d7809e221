"""Lift over HTTP: a merchant's own, and a clear word where nothing can be said."""

from datetime import timedelta


async def test_a_merchant_asks_for_its_own(api):
    async def shop(make):
        ours, theirs = await make.merchant(), await make.merchant()
        for number in range(1, 36):
            at = api.clock.now() - timedelta(days=5, minutes=number)
            await make.tx.fetch(
                "INSERT INTO experience.journey (merchant_id, fulfilment_order_id, order_ref,"
                " ordered_at, accepted_at, dispatch_by_at, dispatched_at, deliver_by_at,"
                " delivered_at) VALUES ($1, $2, 'o', $3, $4, $5, $4, $5, $4)",
                ours, number, at, at + timedelta(minutes=30), at + timedelta(days=2),
            )  # fmt: skip
        return ours, theirs

    ours, theirs = await api.made(shop)
    key = await api.key("merchant", merchant_id=ours)
    answer = await api.client.get("/v1/scores:lift", params={"weeks": 1}, headers=key)
    assert answer.status_code == 200, answer.text
    told = answer.json()["lifts"]
    assert told["orders"] == 35
    (sync,) = told["lifted"]
    assert sync["lever"]["kind"] == "sync"
    assert sync["points"] > 0
    assert {one["kind"] for one in told["not_told"]} == {
        "pickers", "carrier", "second_node", "cut_off",
    }  # fmt: skip
    other = await api.key("merchant", merchant_id=theirs, node_id=0)
    none = await api.client.get("/v1/scores:lift", headers=other)
    assert none.status_code == 422
    assert "no order in the 4 weeks" in none.json()["detail"]
    odd = await api.client.get("/v1/scores:lift", params={"profile": "x.toml"}, headers=key)
    assert odd.json()["errors"][0]["code"] == "unknown_profile"
