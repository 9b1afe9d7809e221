"""Tiers move by score and age, once a day, with their history; an operator's word stands."""

import asyncio
from datetime import UTC, datetime, timedelta

from penstock.db.transaction import OPERATOR
from penstock.merchants.admit import standing
from penstock.merchants.growth.climb import climb
from penstock.merchants.growth.load_policies import load_policies, load_shipped_policies
from penstock.merchants.growth.policy import Ladder, Tier
from penstock.merchants.growth.set_tiers import TierDecision, set_tiers

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


async def put_on(tx, merchant_id, tier="probation_50", *, now=NOW - 30 * DAY, until=None):
    decision = TierDecision(
        merchant_id=merchant_id, tier=tier, because="new", until=until or now.date()
    )
    (answer,) = await set_tiers(tx, [decision], now, by="op")
    return answer.outcome


async def history(tx, merchant_id):
    rows = await tx.fetch(
        "SELECT tier, daily_cap, from_at, ended_at, because, decided_by FROM merchants.tier"
        " WHERE merchant_id = $1 ORDER BY tier_id",
        merchant_id,
    )
    return [tuple(row) for row in rows]


async def test_who_has_earned_it_goes_up_and_the_cap_with_it(tx, past):
    ready, young, poor, unscored = [await past.merchant() for _ in range(4)]
    for merchant_id in (ready, young, poor, unscored):
        assert await put_on(tx, merchant_id) == "decided"
        await past.delivered(merchant_id, 29 if merchant_id == young else 30)
    for merchant_id in (ready, young):
        await past.score(merchant_id, 71)
    await past.score(poor, 69)
    assert await climb(tx, NOW) == 1
    assert [row[0] for row in await history(tx, ready)] == ["probation_50", "probation_100"]
    (old, new) = await history(tx, ready)
    assert old[3] == new[2] == NOW
    assert new[1] == 100
    assert "score 71" in new[4]
    assert new[5] == "policy probation"
    for merchant_id in (young, poor, unscored):
        assert len(await history(tx, merchant_id)) == 1
    assert (await standing(tx, merchant_id=ready, now=NOW)).orders_left == 100
    assert (await standing(tx, merchant_id=young, now=NOW)).orders_left == 50
    assert await past.told(ready, "merchants.tier_changed") == 2
    assert await climb(tx, NOW) == 0


async def test_a_low_score_leads_down_unless_it_is_old_provisional_or_of_another_profile(tx, past):
    low, stale, provisional, elsewhere = [await past.merchant() for _ in range(4)]
    for merchant_id in (low, stale, provisional, elsewhere):
        await put_on(tx, merchant_id, "probation_200")
    await past.score(low, 59)
    await past.score(low, 99, days_ago=2)
    await past.score(stale, 1, days_ago=15)
    await past.score(provisional, 1, status="provisional")
    await past.score(elsewhere, 1, profile="marketplace")
    assert await climb(tx, NOW) == 1
    assert (await history(tx, low))[-1][:2] == ("probation_100", 100)


async def test_imported_history_earns_no_tier(tx, past):
    merchant_id = await past.merchant()
    await put_on(tx, merchant_id)
    await past.delivered(merchant_id, 500, source="olist")
    await past.score(merchant_id, 100)
    assert await climb(tx, NOW) == 0


async def test_an_operators_word_stands_until_its_day(tx, past):
    merchant_id = await past.merchant()
    day = (NOW + 5 * DAY).date()
    await put_on(tx, merchant_id, "established", until=day)
    for days in range(8):
        await past.score(merchant_id, 5, days_ago=-days)
        moved = await climb(tx, NOW + days * DAY)
        assert moved == (days == 5)
    assert (await history(tx, merchant_id))[-1][0] == "probation_200"
    # undone, for good reason, by the same means
    await put_on(tx, merchant_id, "established", now=NOW + 8 * DAY, until=(NOW + 40 * DAY).date())
    assert [row[0] for row in await history(tx, merchant_id)] == [
        "established", "probation_200", "established",
    ]  # fmt: skip


async def test_suspended_or_taken_off_nobody_climbs(tx, past):
    suspended, off = await past.merchant(), await past.merchant()
    for merchant_id in (suspended, off):
        await put_on(tx, merchant_id)
        await past.delivered(merchant_id, 100)
        await past.score(merchant_id, 99)
    await tx.fetch(
        "UPDATE merchants.merchant SET status = 'suspended' WHERE merchant_id = $1", suspended
    )
    await put_on(tx, off, "", now=NOW - DAY)
    assert await climb(tx, NOW) == 0
    left = (await standing(tx, merchant_id=off, now=NOW)).orders_left
    assert left == 1_000_000, "off the ladder only the daily cap is left"


async def test_a_ladder_for_the_new_lets_in_who_is_approved_since(tx, past):
    begin = (NOW - 10 * DAY).date()
    ladder = Ladder(
        code="newcomers", effective_from=begin, source="ours", profile="penstock_les",
        enrols="new", tiers=(Tier(tier="ten", daily_cap=10),),
    )  # fmt: skip
    await load_policies(tx, [ladder], NOW - 10 * DAY, because="x", by="op")
    new, old = await past.merchant(approved_days=10), await past.merchant(approved_days=11)
    placed = await past.merchant(approved_days=1)
    await put_on(tx, placed, "", now=NOW)
    assert await climb(tx, NOW) == 1
    assert [row[0] for row in await history(tx, new)] == ["ten"]
    assert await history(tx, old) == []
    assert (await standing(tx, merchant_id=new, now=NOW)).limited_by == "tier"


async def test_each_decision_gets_its_answer(tx, past):
    one, two = await past.merchant(), await past.merchant()

    def decision(merchant_id, **about):
        said = {"tier": "established", "because": "why", "until": NOW.date()}
        return TierDecision(merchant_id=merchant_id, **(said | about))

    answers = await set_tiers(
        tx,
        [decision(one), decision(one, tier="probation_50"), decision(two, tier="gold"),
         decision(two, because=""), decision(two, until=(NOW - DAY).date()),
         decision(two, ladder="none"), decision(999_999_999), decision(2**40)],
        NOW, by="op",
    )  # fmt: skip
    assert [a.outcome for a in answers] == [
        "decided", "repeated", "unknown_tier", "invalid", "invalid", "unknown_tier",
        "unknown_merchant", "unknown_merchant",
    ]  # fmt: skip
    assert [row[0] for row in await history(tx, one)] == ["established"]


async def test_climbing_and_deciding_at_once_leave_one_present_tier(database, past_in, make_in):
    async def world(tx):
        await load_shipped_policies(tx)
        past = past_in(tx, make_in(tx))
        ids = [await past.merchant() for _ in range(6)]
        for merchant_id in ids:
            await put_on(tx, merchant_id)
            await past.delivered(merchant_id, 30)
            await past.score(merchant_id, 90)
        return ids

    ids = await database.run(OPERATOR, world)

    async def decide(tx, some):
        decisions = [
            TierDecision(merchant_id=m, tier="established", because="x",
                         until=(NOW + DAY).date())
            for m in some
        ]  # fmt: skip
        await set_tiers(tx, decisions, NOW, by="op")

    await asyncio.gather(
        *(database.run(OPERATOR, lambda tx: climb(tx, NOW)) for _ in range(2)),
        database.run(OPERATOR, lambda tx: decide(tx, ids[3:])),
        database.run(OPERATOR, lambda tx: decide(tx, ids[:2:-1])),
    )

    async def after(tx):
        rows = await tx.fetch(
            "SELECT merchant_id, tier FROM merchants.tier WHERE ended_at = 'infinity'"
            " ORDER BY merchant_id"
        )
        counts = await tx.fetch(
            "SELECT count(*) FROM merchants.tier WHERE tier = 'probation_100' GROUP BY merchant_id"
        )
        return [tuple(row) for row in rows], [row[0] for row in counts]

    present, climbed = await database.run(OPERATOR, after)
    assert present == [(m, "probation_100") for m in ids[:3]] + [
        (m, "established") for m in ids[3:]
    ]
    assert set(climbed) == {1}, "nobody is promoted twice"
