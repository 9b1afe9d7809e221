"""Controlled growth by the front door: who may say what, and what it comes to."""

from datetime import timedelta

import pytest

from penstock.lifecycle.advance import create, new_ids
from penstock.orders.pay import store_unpaid

from_today = "2026-11-20"
HOLD = {
    "kind": "hold", "code": "calm", "channel": "web", "minutes": 30, "source": "ours",
    "effective_from": from_today,
}  # fmt: skip
LADDER = {
    "kind": "ladder", "code": "steps", "profile": "penstock_les", "source": "ours",
    "effective_from": from_today, "tiers": [{"tier": "few", "daily_cap": 3}, {"tier": "many"}],
}  # fmt: skip


@pytest.fixture
async def ask(api):
    operator = await api.key()

    async def ask(method, path, body=None, who=operator):
        answer = await api.client.request(method, path, json=body, headers=who)
        return answer.status_code, answer.json() if answer.content else None

    return ask


async def test_policies_are_listed_added_and_ended(ask):
    body = {"policies": [HOLD, LADDER], "because": "peak"}
    status, answers = await ask("POST", "/v1/policies", body)
    assert (status, [a["outcome"] for a in answers]) == (200, ["added", "added"])
    status, found = await ask("GET", "/v1/policies")
    assert [(p["policy"]["code"], p["origin"], p["because"]) for p in found] == [
        ("calm", "operator", "peak"), ("steps", "operator", "peak"),
    ]  # fmt: skip
    assert found[0]["decided_by"].startswith("operator ")
    end = {"code": "calm", "effective_from": from_today, "effective_to": from_today}
    assert await ask("POST", "/v1/policies:end", end | {"because": "over"}) == (204, None)
    assert len((await ask("GET", "/v1/policies?since=2026-11-21"))[1]) == 1
    status, refused = await ask("POST", "/v1/policies:end", end | {"code": "x", "because": "y"})
    assert (status, refused["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"minutes": -1}, "/policies/0/minutes"),
        ({"kind": "holt"}, "/policies/0/kind"),
        ({"minuts": 1}, "/policies/0/minuts"),
        ({"effective_to": "2026-11-19"}, "/policies/0/effective_to"),
    ],
)
async def test_a_wrong_policy_is_told_by_field(ask, change, pointer):
    body = {"policies": [HOLD | change], "because": "x"}
    status, refused = await ask("POST", "/v1/policies", body)
    assert (status, [e["pointer"] for e in refused["errors"]]) == (422, [pointer])


async def test_a_tier_is_set_and_seen_by_the_merchant(api, ask):
    merchant_id = await api.made(lambda make: make.merchant())
    shop = await api.key("merchant", merchant_id=merchant_id)
    await ask("POST", "/v1/policies", {"policies": [LADDER], "because": "x"})
    decision = {
        "merchant_id": merchant_id, "tier": "few", "because": "new here", "until": "2026-12-01",
    }  # fmt: skip
    status, answers = await ask("POST", "/v1/tiers", {"decisions": [decision]})
    assert (status, answers[0]["outcome"]) == (200, "decided")
    status, found = await ask("GET", "/v1/standing", who=shop)
    assert status == 200
    (tier,) = found["tiers"]
    assert (tier["tier"], tier["daily_cap"], tier["because"]) == ("few", 3, "new here")
    assert tier["ended_at"] is None
    assert tier["pinned_until"] == "2026-12-01"


async def test_a_merchant_declares_its_capacity(api, ask):
    merchant_id = await api.made(lambda make: make.merchant())
    shop = await api.key("merchant", merchant_id=merchant_id)
    wish = {"orders": 500, "effective_from": "2026-11-21", "because": "two packers"}
    answer = await ask("PUT", "/v1/capacity", {"capacities": [wish]}, who=shop)
    assert answer == (200, {"changed": 1})
    api.clock.at += timedelta(days=1)
    _, found = await ask("GET", "/v1/standing", who=shop)
    (capacity,) = found["capacities"]
    assert (capacity["node_id"], capacity["orders"], capacity["effective_to"]) == (0, 500, None)


async def test_limits_are_lifted_with_a_reason(api, ask):
    async def limited(make):
        merchant_id = await make.merchant()
        limit_id = await make.one(
            "INSERT INTO merchants.volume_limit (merchant_id, policy, percent, mean_orders,"
            " daily_cap, from_at, until_at, because) VALUES ($1, 'p', 50, 10, 5, $2, $3, 'low')"
            " RETURNING limit_id",
            merchant_id, api.clock.at, api.clock.at + timedelta(days=7),
        )  # fmt: skip
        return {"merchant_id": merchant_id, "limit_id": limit_id}

    limit = await api.made(limited)
    body = {"limits": [limit], "because": "the weather's fault"}
    status, answers = await ask("POST", "/v1/volume-limits:lift", body)
    assert (status, answers) == (200, [limit | {"outcome": "lifted"}])
    _, answers = await ask("POST", "/v1/volume-limits:lift", body | {"lifted": False})
    assert answers[0]["outcome"] == "restored"


async def test_a_payment_lets_an_order_go_on(api, ask):
    now = api.clock.at

    async def unpaid(make):
        merchant_id = await make.merchant()
        (order,) = await new_ids(make.tx, count=1, at=now)
        await make.tx.fetch(
            "INSERT INTO orders.receipt (merchant_id, order_id, channel, channel_order_id, outcome,"
            " country, currency, goods_minor, shipping_minor, policy, buyer_id, ship_to,"
            " ordered_at, received_at, dispatch_by_at, deliver_by_at) VALUES ($1, $2, 'web', 'U',"
            " 'accepted', 'US', 'USD', 1, 0, 'all_or_nothing', '', '{}', $3, $3, $3, $3)",
            merchant_id, order, now,
        )  # fmt: skip
        await store_unpaid(
            make.tx, merchant_id=merchant_id, order_ids=[order], expires_at=[now],
            holds=[timedelta(hours=1)], slas=["tiktok_us_regular"], extra_days=[0],
        )  # fmt: skip
        await create(
            make.tx, kind="fulfilment_order", merchant_ids=[merchant_id], subject_ids=[order],
            events=["received_unpaid"], due_at=[now], at=now,
        )  # fmt: skip
        return merchant_id, order

    merchant_id, order = await api.made(unpaid)
    shop = await api.key("merchant", merchant_id=merchant_id)
    body = {"payments": [{"order_id": order, "paid_at": now.isoformat(), "reference": "p-1"}]}
    status, (answer,) = await ask("POST", "/v1/orders:pay", body, who=shop)
    assert (status, answer["outcome"], answer["status"]) == (200, "paid", "held")
    assert answer["dispatch_by_at"] > now.isoformat()
    _, (again,) = await ask("POST", "/v1/orders:pay", body, who=shop)
    assert again == {"order_id": order, "outcome": "repeated", "status": "held"}
