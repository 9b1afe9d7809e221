"""Policies have their days; what has begun is ended, never rewritten."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from penstock.kernel.errors import Conflict, Invalid, NotFound
from penstock.merchants.growth.end_policy import end_policy
from penstock.merchants.growth.in_force import policies_in_force
from penstock.merchants.growth.load_policies import (
    load_policies,
    load_shipped_policies,
    policies_stored,
)
from penstock.merchants.growth.policy import Hold
from penstock.merchants.growth.policy_file import shipped_policies

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TODAY = NOW.date()
DAY = timedelta(days=1)


def hold(code="mine", *, minutes=30, begin=TODAY, end=None):
    return Hold(
        code=code, channel="shopify", minutes=minutes, effective_from=begin, effective_to=end,
        source="ours",
    )  # fmt: skip


async def load(tx, *policies, now=NOW, because="peak"):
    answers = await load_policies(tx, policies, now, because=because, by="op")
    return [a.outcome for a in answers]


async def holds(tx, day):
    return [(p.code, p.minutes) for p in await policies_in_force(tx, "hold", day)]


async def test_a_policy_holds_from_its_first_day_to_its_last(tx):
    begin, end = TODAY + 2 * DAY, TODAY + 4 * DAY
    assert await load(tx, hold(begin=begin, end=end)) == ["added"]
    for days in range(7):
        day = TODAY + days * DAY
        assert await holds(tx, day) == ([("mine", 30)] if begin <= day <= end else [])


async def test_the_same_again_changes_nothing_and_what_has_not_begun_may_be_replaced(tx):
    later = TODAY + DAY
    assert await load(tx, hold(), hold(begin=later)) == ["added", "added"]
    assert await load(tx, hold(), hold(begin=later)) == ["repeated", "repeated"]
    assert await load(tx, hold(minutes=9), hold(minutes=9, begin=later)) == ["begun", "replaced"]
    assert await holds(tx, TODAY) == [("mine", 30)]
    assert await load(tx, hold("old", begin=TODAY - DAY)) == ["in_the_past"]
    assert await load(tx, hold("two", minutes=1), hold("two", minutes=2)) == ["superseded", "added"]


async def test_an_operators_policy_goes_before_a_shipped_one_and_the_latest_before_others(tx):
    shipped = await load_shipped_policies(tx)
    assert shipped == len(shipped_policies())
    assert await load_shipped_policies(tx) == 0
    mine = msgspec.structs.replace(hold("a_mine"), channel="tiktok_shop")
    await load(tx, mine, hold("later", begin=TODAY + DAY))
    assert await holds(tx, TODAY + DAY) == [("later", 30), ("a_mine", 30), ("tiktok_remorse", 60)]


async def test_an_end_is_kept_and_can_be_taken_back(tx):
    await load_shipped_policies(tx)
    begin = date(2020, 1, 1)
    yesterday = TODAY - DAY
    await end_policy(tx, "tiktok_remorse", begin, yesterday, NOW, because="no hold", by="op")
    await load_shipped_policies(tx)
    assert await holds(tx, TODAY) == []
    assert await holds(tx, yesterday) == [("tiktok_remorse", 60)]
    (row,) = [p for p in await policies_stored(tx, since=yesterday) if p.code == "tiktok_remorse"]
    assert (row.ended_because, row.effective_to, row.decided_by) == ("no hold", yesterday, "op")
    await end_policy(tx, "tiktok_remorse", begin, None, NOW, because="again", by="op")
    assert await holds(tx, TODAY) == [("tiktok_remorse", 60)]


async def test_what_was_in_force_cannot_be_unsaid(tx):
    begin = TODAY - 5 * DAY
    await load(tx, hold(begin=begin), now=NOW - 5 * DAY)
    with pytest.raises(Conflict):
        await end_policy(tx, "mine", begin, TODAY - 2 * DAY, NOW, because="x", by="op")
    with pytest.raises(NotFound):
        await end_policy(tx, "mine", TODAY, TODAY, NOW, because="x", by="op")
    with pytest.raises(Invalid):
        await end_policy(tx, "mine", begin, TODAY, NOW, because=" ", by="op")


async def test_a_bad_policy_or_no_reason_refuses_the_call(tx):
    bad = hold(begin=TODAY, end=TODAY - DAY)
    with pytest.raises(Invalid) as refused:
        await load(tx, hold("good"), bad, because="")
    assert [e.pointer for e in refused.value.errors] == ["/policies/1/effective_to", "/because"]
    assert await holds(tx, TODAY) == []
