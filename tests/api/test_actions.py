"""Acts by the front door: the operator decides, the merchant sees its own with the reason."""

from datetime import UTC, datetime, timedelta

from penstock.merchants.growth.act_on_score import Rule, Wish, act_on_score

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
RULE = Rule(
    policy="bands", kind="settlement_days", profile="penstock_les", approval="approve",
    silent_days=28,
)  # fmt: skip


async def proposed(make):
    ids = [await make.merchant() for _ in range(2)]
    wishes = [
        Wish(
            merchant_id=merchant_id, day=NOW.date(), score=40.5, band="poor", before=None,
            wanted=31, because="bands: score 40.5",
        )
        for merchant_id in ids
    ]  # fmt: skip
    await act_on_score(make.tx, RULE, wishes, NOW)
    return ids


async def test_an_act_is_listed_approved_seen_and_reverted(api):
    ours, _ = await api.made(proposed)
    operator, shop = await api.key(), await api.key("merchant", merchant_id=ours)

    async def ask(method, path, body=None, who=operator):
        answer = await api.client.request(method, path, json=body, headers=who)
        return answer.status_code, answer.json()

    _, everybody = await ask("GET", "/v1/actions?in_state=proposed")
    assert len(everybody) == 2
    _, (act,) = await ask("GET", "/v1/actions", who=shop)
    assert (act["merchant_id"], act["score"], act["wanted"], act["state"]) == (
        ours, 40.5, 31, "proposed",
    )  # fmt: skip
    _, next_page = await ask("GET", f"/v1/actions?before={min(a['action_id'] for a in everybody)}")
    assert next_page == []

    def word(decision, because="looked at"):
        said = {"merchant_id": ours, "action_id": act["action_id"], "decision": decision}
        return {"decisions": [said | {"because": because}]}

    assert (await ask("POST", "/v1/actions:decide", word("approve"), who=shop))[0] == 403
    assert (await ask("POST", "/v1/actions:decide", word("forget")))[0] == 422
    for decision, outcome in (
        ("revert", "not_applied"), ("approve", "applied"), ("approve", "repeated"),
    ):  # fmt: skip
        status, (answer,) = await ask("POST", "/v1/actions:decide", word(decision))
        assert (status, answer["outcome"]) == (200, outcome)
    _, standing = await ask("GET", "/v1/standing", who=shop)
    ((term),) = standing["terms"]
    assert (term["kind"], term["value"], term["because"]) == (
        "settlement_days", 31, "bands: score 40.5",
    )  # fmt: skip
    _, (answer,) = await ask("POST", "/v1/actions:decide", word("revert", "a strike"))
    assert answer["outcome"] == "reverted"
    _, (act,) = await ask("GET", "/v1/actions?in_state=reverted", who=shop)
    assert (act["reverted_because"], act["decided_because"]) == ("a strike", "looked at")
    assert (await ask("GET", "/v1/standing", who=shop))[1]["terms"] == []


async def test_payouts_need_a_period(api):
    merchant_id = await api.made(lambda make: make.merchant())
    shop = await api.key("merchant", merchant_id=merchant_id)
    day = NOW.date()
    for until, status in ((day + timedelta(days=1), 200), (day, 422)):
        answer = await api.client.get(f"/v1/payouts?since={day}&until={until}", headers=shop)
        assert answer.status_code == status
