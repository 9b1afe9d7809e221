"""A merchant's standing: the least of its caps, named, in one statement that locks the day."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock.db.transaction import OPERATOR
from penstock.merchants.admit import count_day, day_admission, standing
from penstock.merchants.growth.load_policies import load_shipped_policies

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


async def under(tx, merchant_id, *, tier=None, volume=None):
    await tx.fetch(
        "INSERT INTO merchants.tier (merchant_id, ladder, tier, daily_cap, from_at, because,"
        " decided_by) VALUES ($1, 'l', 't', $2, $3, '', '')",
        merchant_id, tier, NOW - HOUR,
    )  # fmt: skip
    if volume is not None:
        await tx.fetch(
            "INSERT INTO merchants.volume_limit (merchant_id, policy, percent, mean_orders,"
            " daily_cap, from_at, until_at, because) VALUES ($1, 'p', 50, 1, $2, $3, $4, '')",
            merchant_id, volume, NOW - HOUR, NOW + HOUR,
        )  # fmt: skip


async def test_without_anything_new_it_is_as_it_was(tx, make):
    merchant_id = await make.merchant(cap=7, hold=HOUR)
    found = await day_admission(tx, merchant_id, NOW)
    assert (found.status, found.orders_left, found.hold) == ("approved", 7, HOUR)
    assert (found.limited_by, found.handling.taken, found.handling.declared) == (
        "daily_cap", 0, False,
    )  # fmt: skip
    assert await day_admission(tx, 999_999_999, NOW) is None


caps = st.none() | st.integers(0, 1000)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cap=st.integers(0, 1000), tier=caps, volume=caps, taken=st.integers(0, 1000))
async def test_the_least_cap_binds(tx, make, cap, tier, volume, taken):
    merchant_id = await make.merchant(cap=cap)
    await under(tx, merchant_id, tier=tier, volume=volume)
    known = {"daily_cap": cap, "tier": tier, "volume_limit": volume}
    least = min(c for c in known.values() if c is not None)
    await tx.fetch(
        "INSERT INTO merchants.day VALUES ($1, $2, $3, $3)", merchant_id, NOW.date(), taken
    )
    found = await standing(tx, merchant_id=merchant_id, now=NOW)
    assert found.orders_left == max(0, least - taken)
    assert known[found.limited_by] == least
    assert found.handling.taken == taken


async def test_the_terms_in_force_come_with_it(tx, make):
    merchant_id = await make.merchant(hold=timedelta(minutes=5))
    assert (await standing(tx, merchant_id=merchant_id, now=NOW)).terms.holds == ()
    await load_shipped_policies(tx)
    found = await standing(tx, merchant_id=merchant_id, now=NOW)
    assert found.terms.hold("tiktok_shop", found.hold) == HOUR
    assert found.terms.hold("shopify", found.hold) == timedelta(minutes=5)
    assert found.terms.reservation("web", "night") == timedelta(minutes=15)
    before = await standing(tx, merchant_id=merchant_id, now=datetime(2025, 1, 1, tzinfo=UTC))
    assert before.terms.reservation("web", "night") == timedelta(0)


async def test_it_is_one_statement(tx, make):
    merchant_id = await make.merchant()
    fetch, seen = tx.fetch, []

    async def counted(sql, *arguments):
        seen.append(sql)
        return await fetch(sql, *arguments)

    tx.fetch = counted
    await standing(tx, merchant_id=merchant_id, now=NOW)
    assert len(seen) == 1


async def test_two_batches_share_the_last_orders_of_a_tier(database, make_in):
    async def world(tx):
        merchant_id = await make_in(tx).merchant()
        await under(tx, merchant_id, tier=5)
        return merchant_id

    merchant_id = await database.run(OPERATOR, world)

    async def batch(tx):
        found = await standing(tx, merchant_id=merchant_id, now=NOW)
        await asyncio.sleep(0)
        took = min(3, found.orders_left)
        await count_day(tx, merchant_id=merchant_id, day=NOW.date(), orders=took, handled="")
        return took

    took = await asyncio.gather(*(database.run(OPERATOR, batch) for _ in range(4)))
    assert sorted(took) == [0, 0, 2, 3]


@pytest.mark.parametrize("lowered", [3, 0])
async def test_a_cap_that_falls_below_what_was_taken_leaves_none(tx, make, lowered):
    merchant_id = await make.merchant(cap=100)
    await standing(tx, merchant_id=merchant_id, now=NOW)
    await count_day(tx, merchant_id=merchant_id, day=NOW.date(), orders=4, handled="")
    await under(tx, merchant_id, tier=lowered)
    assert (await standing(tx, merchant_id=merchant_id, now=NOW)).orders_left == 0
