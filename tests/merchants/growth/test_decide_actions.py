"""Acts: proposed, approved, turned down, undone; each is logged, told, and given back exactly."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from penstock.db.transaction import OPERATOR
from penstock.merchants.admit import standing
from penstock.merchants.growth.bands import ScoreBand, ScoreRules
from penstock.merchants.growth.climb import climb
from penstock.merchants.growth.decide_actions import ActionDecision, decide_actions
from penstock.merchants.growth.end_policy import end_policy
from penstock.merchants.growth.grow import grow
from penstock.merchants.growth.lift_limits import lift_limits
from penstock.merchants.growth.list_actions import actions_shown
from penstock.merchants.growth.load_policies import load_policies, load_shipped_policies
from penstock.merchants.growth.policy import Act, VolumeLimit
from penstock.merchants.growth.set_tiers import TierDecision, set_tiers
from penstock.merchants.growth.show_standing import standing_shown

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
BANDS = (
    ScoreBand(
        code="poor", at=0, volume_percent=50, probation=True, settlement_days=31,
        return_share=100, streams=False,
    ),
    ScoreBand(
        code="fair", at=50, volume_percent=100, probation=False, settlement_days=8,
        return_share=50, streams=True,
    ),
    ScoreBand(code="good", at=80, settlement_days=1, return_share=20, streams=True),
)  # fmt: skip


def rules_of(profile, day):
    return ScoreRules(BANDS, lambda _: ()) if profile == "penstock_les" else None


async def bands_act(tx, approval, **about):
    policy = Act(
        code="ours", effective_from=(NOW - 30 * DAY).date(), source="ours",
        profile="penstock_les", probation=approval, settlement_days=approval,
        return_share=approval, streams=approval, **about,
    )  # fmt: skip
    await load_policies(tx, [policy], NOW - 30 * DAY, because="x", by="op")


async def acts(tx, merchant_id):
    shown = await actions_shown(tx, merchant=merchant_id)
    return {act.kind: act for act in reversed(shown)}


async def terms(tx, merchant_id, now=NOW):
    shown = await standing_shown(tx, merchant_id, now)
    return {t.kind: t.value for t in shown.terms}


async def decide(tx, decision, *found, now=NOW, because="looked at"):
    decisions = [
        ActionDecision(
            merchant_id=a.merchant_id, action_id=a.action_id, decision=decision, because=because
        )
        for a in found
    ]
    return [d.outcome for d in await decide_actions(tx, decisions, now, by="op")]


async def tier(tx, merchant_id):
    rows = await tx.fetch(
        "SELECT tier FROM merchants.tier WHERE merchant_id = $1 AND ended_at = 'infinity'",
        merchant_id,
    )
    return rows[0][0] if rows else None


async def test_what_is_proposed_waits_is_done_and_is_given_back(tx, past):
    merchant_id = await past.merchant()
    await bands_act(tx, "approve")
    await past.score(merchant_id, 40)
    assert await grow(tx, NOW, rules_of=rules_of) == 4
    assert await grow(tx, NOW + DAY, rules_of=rules_of) == 0, "it is proposed once"
    found = await acts(tx, merchant_id)
    assert set(found) == {"tier", "settlement_days", "return_share", "streams"}
    one = found["settlement_days"]
    assert (one.state, one.score, one.day, one.band, one.before, one.wanted) == (
        "proposed", 40.0, (NOW - DAY).date(), "poor", None, 31,
    )  # fmt: skip
    assert "score 40" in one.because
    assert await terms(tx, merchant_id) == {}
    assert await tier(tx, merchant_id) is None
    assert await past.told(merchant_id, "merchants.action") == 4
    assert await decide(tx, "approve", *found.values()) == ["applied"] * 4
    assert await decide(tx, "approve", *found.values()) == ["repeated"] * 4
    assert await terms(tx, merchant_id) == {
        "settlement_days": 31, "return_share": 100, "streams": 0,
    }  # fmt: skip
    assert await tier(tx, merchant_id) == "probation_50"
    assert (await standing(tx, merchant_id=merchant_id, now=NOW)).orders_left == 50
    assert await past.told(merchant_id, "merchants.action") == 8
    assert await decide(tx, "revert", *found.values(), now=NOW + DAY) == ["reverted"] * 4
    assert await terms(tx, merchant_id) == {}
    assert await tier(tx, merchant_id) == ""
    left = (await standing(tx, merchant_id=merchant_id, now=NOW + DAY)).orders_left
    assert left == 1_000_000
    assert await past.told(merchant_id, "merchants.action") == 12
    for days in range(2, 35):
        await past.score(merchant_id, 40, days_ago=-days)
        again = await grow(tx, NOW + days * DAY, rules_of=rules_of)
        assert again == (4 if days == 29 else 0), "an operator's word is kept for 28 days"


async def test_what_is_turned_down_is_not_done_and_what_is_not_wanted_any_more_is_withdrawn(
    tx, past
):
    one, two = await past.merchant(), await past.merchant()
    await bands_act(tx, "approve", silent_days=5, settle_days=3)
    for merchant_id in (one, two):
        await past.score(merchant_id, 60)
    assert await grow(tx, NOW, rules_of=rules_of) == 4
    found = await acts(tx, one)
    assert await decide(tx, "reject", *found.values()) == ["rejected"] * 2
    assert await decide(tx, "approve", *found.values()) == ["not_proposed"] * 2
    assert await decide(tx, "revert", *found.values()) == ["not_applied"] * 2
    await past.score(two, 90, days_ago=-1)
    assert await grow(tx, NOW + DAY, rules_of=rules_of) == 2
    states = [(a.kind, a.band, a.state) for a in await actions_shown(tx, merchant=two)]
    assert sorted(states) == [
        ("return_share", "fair", "withdrawn"), ("return_share", "good", "proposed"),
        ("settlement_days", "fair", "withdrawn"), ("settlement_days", "good", "proposed"),
    ]  # fmt: skip
    assert await grow(tx, NOW + 2 * DAY, rules_of=rules_of) == 0
    assert len(await actions_shown(tx, merchant=two)) == 4, "what is open stays as it is"
    assert await terms(tx, one) == await terms(tx, two) == {}


async def test_a_score_on_a_line_does_not_send_a_merchant_to_and_fro(tx, past):
    merchant_id = await past.merchant()
    await bands_act(tx, "auto", margin=3.0, settle_days=2)
    for day in range(40):
        await past.score(merchant_id, 79.5 + day % 3 * 0.5, days_ago=-day)
        await grow(tx, NOW + day * DAY, rules_of=rules_of)
    done = [a for a in await actions_shown(tx, merchant=merchant_id) if a.kind == "return_share"]
    assert [a.wanted for a in done] == [50], "80 and 80.5 are not three above the line"
    await past.score(merchant_id, 83, days_ago=-40)
    await grow(tx, NOW + 40 * DAY, rules_of=rules_of)
    assert await terms(tx, merchant_id) == {"settlement_days": 1, "return_share": 20}
    await past.score(merchant_id, 79.9, days_ago=-41)
    await grow(tx, NOW + 41 * DAY, rules_of=rules_of)
    assert (await terms(tx, merchant_id))["return_share"] == 20, "it rests for two days"
    await grow(tx, NOW + 42 * DAY, rules_of=rules_of)
    assert (await terms(tx, merchant_id))["return_share"] == 50


async def test_what_has_changed_since_is_left_alone_and_that_is_said(tx, past):
    merchant_id = await past.merchant()
    await bands_act(tx, "auto", settle_days=1)
    await past.score(merchant_id, 40)
    await grow(tx, NOW, rules_of=rules_of)
    first = await acts(tx, merchant_id)
    await past.score(merchant_id, 60, days_ago=-2)
    await grow(tx, NOW + 2 * DAY, rules_of=rules_of)
    second = await acts(tx, merchant_id)
    both = first["settlement_days"], second["settlement_days"]
    assert [a.wanted for a in both] == [31, 8]
    assert await decide(tx, "revert", both[0], now=NOW + 3 * DAY) == ["changed_since"]
    assert await decide(tx, "revert", both[1], now=NOW + 3 * DAY) == ["reverted"]
    assert (await terms(tx, merchant_id))["settlement_days"] == 31
    assert await decide(tx, "revert", both[0], now=NOW + 4 * DAY) == ["reverted"]
    assert "settlement_days" not in await terms(tx, merchant_id)
    assert "streams" not in await terms(tx, merchant_id)
    assert await decide(tx, "revert", second["streams"], now=NOW + 4 * DAY) == ["reverted"]
    assert (await terms(tx, merchant_id))["streams"] == 0, "what the act had ended is back"
    placed = TierDecision(
        merchant_id=merchant_id, tier="established", because="x", until=(NOW + 9 * DAY).date()
    )
    await set_tiers(tx, [placed], NOW + 4 * DAY, by="op")
    assert await decide(tx, "revert", first["tier"], now=NOW + 4 * DAY) == ["changed_since"]
    assert await tier(tx, merchant_id) == "established"


async def test_a_policy_that_has_ended_or_is_outweighed_proposes_no_more(tx, past):
    merchant_id = await past.merchant()
    await past.score(merchant_id, 40)
    assert await grow(tx, NOW, rules_of=rules_of) == 4, "the shipped one"
    await bands_act(tx, "approve")
    assert await grow(tx, NOW, rules_of=rules_of) == 4
    shown = await actions_shown(tx, merchant=merchant_id)
    assert [(a.policy, a.state) for a in shown[:4]] == [("ours", "proposed")] * 4
    assert [(a.policy, a.state) for a in shown[4:]] == [("score_bands", "withdrawn")] * 4
    await end_policy(
        tx, "ours", (NOW - 30 * DAY).date(), (NOW - DAY).date(), NOW, because="x", by="op"
    )
    await grow(tx, NOW + DAY, rules_of=rules_of)
    shown = await actions_shown(tx, merchant=merchant_id)
    assert {a.state for a in shown if a.policy == "ours"} == {"withdrawn"}


@pytest.mark.parametrize("approval", ["auto", "approve"])
async def test_a_volume_limit_is_an_act_like_the_others(tx, past, approval):
    merchant_id = await past.merchant()
    policy = VolumeLimit(
        code="order_volume_limit", effective_from=NOW.date(), source="ours",
        profile="penstock_les", approval=approval,
    )  # fmt: skip
    await load_policies(tx, [policy], NOW, because="x", by="op")
    await past.days(merchant_id, 100)
    await past.score(merchant_id, 40)
    assert await grow(tx, NOW, rules_of=rules_of) >= 1
    act = (await acts(tx, merchant_id))["volume_limit"]
    if approval == "approve":
        left = (await standing(tx, merchant_id=merchant_id, now=NOW)).orders_left
        assert left == 1_000_000
        assert await decide(tx, "approve", act) == ["applied"]
    seen = await standing(tx, merchant_id=merchant_id, now=NOW)
    assert (seen.orders_left, seen.limited_by) == (50, "volume_limit"), "half of the mean: the band"
    assert await decide(tx, "revert", act) == ["reverted"]
    left = (await standing(tx, merchant_id=merchant_id, now=NOW)).orders_left
    assert left == 1_000_000
    await past.score(merchant_id, 40, days_ago=-8)
    await grow(tx, NOW + 8 * DAY, rules_of=rules_of)
    again = (await actions_shown(tx, merchant=merchant_id, state=""))[0]
    assert again.kind == "volume_limit" or approval == "approve"


async def test_a_limit_that_was_lifted_otherwise_has_changed_since(tx, past):
    merchant_id = await past.merchant()
    await past.days(merchant_id, 100)
    await past.score(merchant_id, 20)
    await grow(tx, NOW, rules_of=rules_of)
    act = (await acts(tx, merchant_id))["volume_limit"]
    ((limit_id,),) = await tx.fetch(
        "SELECT limit_id FROM merchants.volume_limit WHERE merchant_id = $1", merchant_id
    )
    await lift_limits(tx, [(merchant_id, limit_id)], NOW, because="weather", by="op")
    assert await decide(tx, "revert", act) == ["changed_since"]


async def test_a_step_of_the_ladder_is_an_act_and_can_be_taken_back(tx, past):
    merchant_id = await past.merchant()
    placed = TierDecision(
        merchant_id=merchant_id, tier="probation_50", because="new", until=(NOW - 20 * DAY).date()
    )
    await set_tiers(tx, [placed], NOW - 20 * DAY, by="op")
    await past.delivered(merchant_id, 30)
    await past.score(merchant_id, 90)
    assert await climb(tx, NOW) == 1
    act = (await acts(tx, merchant_id))["tier"]
    assert (act.state, act.policy, act.band, act.score) == (
        "applied", "probation", "probation_100", 90.0,
    )  # fmt: skip
    assert act.before["tier"] == "probation_50"
    assert await decide(tx, "revert", act) == ["reverted"]
    assert await tier(tx, merchant_id) == "probation_50"
    assert await climb(tx, NOW + DAY) == 0


async def test_each_decision_gets_its_answer(tx, past):
    merchant_id = await past.merchant()
    await bands_act(tx, "approve")
    await past.score(merchant_id, 60)
    await grow(tx, NOW, rules_of=rules_of)
    one, other = (await acts(tx, merchant_id)).values()

    def said(action_id, decision, because="x", whose=merchant_id):
        return ActionDecision(
            merchant_id=whose, action_id=action_id, decision=decision, because=because
        )

    answers = await decide_actions(
        tx,
        [said(one.action_id, "approve"), said(one.action_id, "reject"),
         said(other.action_id, "reject", because=" "), said(other.action_id, "revert"),
         said(10**6, "approve"), said(2**70, "approve"), said(one.action_id, "approve", whose=-1)],
        NOW, by="op",
    )  # fmt: skip
    assert [a.outcome for a in answers] == [
        "applied", "decided_above", "invalid", "not_applied", "unknown_action",
        "unknown_action", "unknown_action",
    ]  # fmt: skip


async def test_two_operators_at_once_decide_once(database, past_in, make_in):
    async def world(tx):
        await load_shipped_policies(tx)
        past = past_in(tx, make_in(tx))
        ids = [await past.merchant() for _ in range(4)]
        await bands_act(tx, "approve")
        for merchant_id in ids:
            await past.score(merchant_id, 40)
        assert await grow(tx, NOW, rules_of=rules_of) == 16
        return await actions_shown(tx)

    found = await database.run(OPERATOR, world)
    answers = await asyncio.gather(
        *(
            database.run(OPERATOR, lambda tx, d=d, acts=acts: decide(tx, d, *acts))
            for d, acts in (
                ("approve", found), ("reject", found[::-1]), ("approve", found[::2]),
                ("reject", found[1::2]),
            )
        ),
        database.run(OPERATOR, lambda tx: grow(tx, NOW, rules_of=rules_of)),
    )  # fmt: skip
    done = [outcome for outcomes in answers[:4] for outcome in outcomes]
    assert done.count("applied") + done.count("rejected") == 16

    async def after(tx):
        rows = await tx.fetch(
            "SELECT a.state, count(*)::int, count(t.term_id)::int FROM merchants.action AS a"
            " LEFT JOIN merchants.term AS t ON (t.merchant_id, t.kind) = (a.merchant_id, a.kind)"
            " WHERE a.kind <> 'tier' GROUP BY a.state"
        )
        return {row[0]: (row[1], row[2]) for row in rows}

    states = await database.run(OPERATOR, after)
    assert states.keys() <= {"applied", "rejected"}
    assert states.get("applied", (0, 0))[0] == states.get("applied", (0, 0))[1]
    assert states.get("rejected", (0, 0))[1] == 0
