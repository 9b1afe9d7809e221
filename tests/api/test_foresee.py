"""A merchant's forecast and save list over HTTP: its own, by shipped profiles, always an answer."""

from datetime import timedelta


async def open_orders(make, now):
    """A merchant with five weeks of orders in time, and ten that are about to be late."""
    merchant_id = await make.merchant()
    rows = []
    for number in range(1, 211):
        at = now - timedelta(days=36) + timedelta(hours=4 * number)
        late = number > 200
        rows.append((
            merchant_id, number, at, at + timedelta(hours=40), at + timedelta(days=5),
            None if late else at + timedelta(hours=30),
            None if late else at + timedelta(days=3) if at < now - timedelta(days=3) else None,
        ))  # fmt: skip
    await make.tx._connection.executemany(
        "INSERT INTO experience.journey (merchant_id, fulfilment_order_id, order_ref, ordered_at,"
        " paid_at, accepted_at, dispatch_by_at, deliver_by_at, dispatched_at, delivered_at)"
        " VALUES ($1, $2, 'o-' || $2::bigint, $3, $3, $3, $4, $5, $6, $7)",
        rows,
    )


async def test_a_forecast_and_what_to_save(api):
    await api.made(lambda make: open_orders(make, api.clock.at))
    owner, operator = await api.key("merchant", merchant_id=1), await api.key()

    async def asked(path, who=owner):
        answer = await api.client.get(f"/v1/scores:{path}", headers=who)
        assert answer.status_code == 200, answer.text
        return answer.json()

    told = await asked("forecast")
    assert told["profile"] == "penstock_les"
    assert told["days"][0]["day"] == "2026-11-21"
    assert len(told["days"]) == 30
    assert all(day["low"] <= day["expected"] <= day["high"] for day in told["days"])
    assert told["open_orders"] >= 10
    assert told == await asked("forecast?merchant=merchant-1", operator), "the same each time"
    saves = await asked("save-list?limit=5")
    assert 0 < len(saves["lines"]) <= 5
    line = saves["lines"][0]
    assert line["points"] > 0
    assert line["action"]
    assert line["before_at"] > saves["as_of"]
    assert (await asked("save-list?node=7"))["lines"] == []


async def test_strange_questions_are_refused_and_an_empty_shop_is_answered(api):
    await api.made(lambda make: make.merchant())
    owner = await api.key("merchant", merchant_id=1)
    for path in ("forecast", "save-list"):
        empty = await api.client.get(f"/v1/scores:{path}", headers=owner)
        assert empty.status_code == 200
        assert (empty.json().get("days") or empty.json().get("lines")) in ([], None)
        for wrong in ("profile=none", "profile=x.toml", "profile=%00"):
            answer = await api.client.get(f"/v1/scores:{path}?{wrong}", headers=owner)
            assert answer.status_code == 422, wrong
    for wrong in ("limit=0", "limit=501", "node=0", "node=99999999999", "limit=x"):
        answer = await api.client.get(f"/v1/scores:save-list?{wrong}", headers=owner)
        assert answer.status_code == 400, (wrong, answer.status_code)
