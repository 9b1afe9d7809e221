"""Milestones and supplied counts over HTTP: what is taken, what is refused, and whose they are."""

from penstock.db.transaction import OPERATOR

T = "2026-11-02T10:00:00Z"


def told(word="ordered", at=T, **about):
    return {"order_ref": "W-1", "milestone": word, "at": at, **about}


async def journeys(api):
    rows = await api.database.run(
        OPERATOR,
        lambda tx: tx.fetch("SELECT merchant_id, order_ref, paid_at FROM experience.journeys"),
    )
    return [(r["merchant_id"], r["order_ref"], r["paid_at"] is not None) for r in rows]


async def two(make):
    await make.merchant()
    await make.merchant()


async def test_milestones_are_taken_as_often_as_they_are_told(api):
    await api.made(two)
    owner = await api.key("merchant", merchant_id=2)
    body = {"milestones": [told(), told("paid")]}
    answers = [
        (await api.client.post("/v1/milestones", json=body, headers=owner)).json() for _ in range(2)
    ]
    assert answers == [
        {"milestones": 2, "orders_new": 1, "orders_known": 0},
        {"milestones": 2, "orders_new": 0, "orders_known": 1},
    ]
    empty = await api.client.post("/v1/milestones", json={"milestones": []}, headers=owner)
    assert empty.json() == {"milestones": 0, "orders_new": 0, "orders_known": 0}
    assert await journeys(api) == [(2, "W-1", True)]


async def test_what_could_never_be_is_refused_and_nothing_taken(api):
    await api.made(two)
    owner = await api.key("merchant", merchant_id=2)
    for row in (
        told(at="0001-01-01T00:00:00+14:00"),
        told(at="9999-12-31T23:59:59-12:00"),
        told(at="2026-11-02T10:00:00"),
        told("melted"),
        told(fault="nobody"),
        told(market="Mars"),
        told(order_ref=""),
        told(order_ref="a\0b"),
        told(colour="red"),
    ):
        answer = await api.client.post(
            "/v1/milestones", json={"milestones": [told(), row]}, headers=owner
        )
        assert answer.status_code in {400, 422}, (row, answer.text)
    assert await journeys(api) == []


async def test_counts_are_supplied_by_operators_for_known_codes_and_days(api):
    await api.made(two)
    operator, where = await api.key(), "/v1/scores:supplied?merchant=merchant-1"
    row = {"code": "reply_seconds", "day": "2026-11-02", "numerator": 90, "denominator": 9}
    body = {"profile": "douyin_2026_05", "source": "shop page", "counts": [row, row]}
    answers = [(await api.client.put(where, json=body, headers=operator)).json() for _ in "12"]
    assert answers == [{"changed": 1}, {"changed": 0}]
    for wrong, code in (
        ({"profile": "nothing"}, "unknown_profile"),
        ({"counts": [row, row | {"code": "route_sla"}]}, "unknown_code"),
        ({"counts": [row | {"day": "2999-01-01"}]}, "out_of_range"),
    ):
        answer = await api.client.put(where, json=body | wrong, headers=operator)
        assert answer.status_code == 422, answer.text
        assert [error["code"] for error in answer.json()["errors"]] == [code]
    owner = await api.key("merchant", merchant_id=1)
    assert (await api.client.put(where, json=body, headers=owner)).status_code == 403
