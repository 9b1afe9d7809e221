"""The policy of the market decides, by the day of the request."""

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock.returns.approve import approve
from penstock.returns.load_policies import Policy, load_policies
from penstock.returns.request import request
from penstock.returns.returnable import NewReturn, ReturnLine

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def wanted(shop, key, order_id, reason="changed_mind", units=1):
    return NewReturn(
        merchant_id=shop.merchant_id,
        request_key=key,
        lines=(ReturnLine(0, units),),
        reason=reason,
        order_id=order_id,
    )


async def decided(tx, shop):
    rows = await tx.fetch(
        "SELECT r.request_key, s.status, r.fault, r.decided_because FROM returns.rma AS r"
        " JOIN lifecycle.subject AS s ON s.subject_id = r.return_id"
        " WHERE r.merchant_id = $1 ORDER BY r.return_id",
        shop.merchant_id,
    )
    return [tuple(row) for row in rows]


async def test_inside_the_window_yes_outside_no_and_why(tx, delivered):
    shop = await delivered.shop(country="GB")
    (early,) = await shop.orders(1, at=NOW - timedelta(days=14))
    (late,) = await shop.orders(1, at=NOW - timedelta(days=15))
    await request(
        tx,
        [
            wanted(shop, "A", early),
            wanted(shop, "B", late),
            wanted(shop, "C", late, reason="damaged"),
        ],
        NOW,
    )
    await approve(tx, await shop.due("requested"), NOW + timedelta(days=30))
    assert await decided(tx, shop) == [
        ("A", "approved", "buyer",
         "requested 14 days after delivery, in time, where 14 days are given for changed mind"),
        ("B", "rejected", "buyer",
         "requested 15 days after delivery, too late, where 14 days are given for changed mind"),
        ("C", "approved", "carrier",
         "requested 15 days after delivery, in time, where 30 days are given for damaged"),
    ]  # fmt: skip


async def test_rejected_units_may_be_asked_for_again(tx, delivered):
    shop = await delivered.shop(country="GB")
    (order_id,) = await shop.orders(1, lines=(2,), at=NOW - timedelta(days=20))
    await request(tx, [wanted(shop, "A", order_id, units=2)], NOW)
    await approve(tx, await shop.due("requested"), NOW)
    (again,) = await request(tx, [wanted(shop, "B", order_id, "damaged", units=2)], NOW)
    assert again.outcome == "requested"


async def test_a_country_without_its_own_has_the_one_for_all(tx, delivered):
    shop = await delivered.shop(country="FR")
    (order_id,) = await shop.orders(1)
    await request(tx, [wanted(shop, "A", order_id)], NOW)
    await approve(tx, await shop.due("requested"), NOW)
    rows = await tx.fetch(
        "SELECT p.country FROM returns.rma AS r JOIN returns.policy AS p USING (policy_id)"
        " WHERE r.merchant_id = $1",
        shop.merchant_id,
    )
    assert [row[0] for row in rows] == ["*"]


async def test_without_a_policy_it_waits_for_one(tx, delivered):
    shop = await delivered.shop()
    (order_id,) = await shop.orders(1)
    await tx.fetch("DELETE FROM returns.policy")
    await request(tx, [wanted(shop, "A", order_id)], NOW)
    await approve(tx, await shop.due("requested"), NOW)
    assert await shop.statuses() == {"requested": 1}


async def test_the_policy_of_the_day_of_the_request_counts(tx, delivered):
    shop = await delivered.shop()
    (order_id,) = await shop.orders(1, lines=(2,))
    await tx.fetch("DELETE FROM returns.policy")
    change = NOW.date() + timedelta(days=1)
    common = {"country": "US", "reason": "changed_mind", "fault": "buyer", "source": "test"}
    await load_policies(
        tx,
        [
            Policy(**common, window_days=90, shopper_weight=1, effective_to=NOW.date()),
            Policy(**common, window_days=0, shopper_weight=1, effective_from=change),
        ],
    )
    await request(tx, [wanted(shop, "A", order_id)], NOW)
    await request(tx, [wanted(shop, "B", order_id)], NOW + timedelta(days=1))
    await approve(tx, await shop.due("requested"), NOW + timedelta(days=2))
    assert [row[1] for row in await decided(tx, shop)] == ["approved", "rejected"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25,
          deadline=None)  # fmt: skip
@given(st.integers(0, 40), st.integers(0, 86399), st.integers(0, 86399), st.integers(0, 40))
async def test_the_window_ends_with_its_last_day(tx, delivered, window, delivered_s, asked_s, days):
    day = date(2026, 10, 1)
    delivered_at = datetime.combine(day, time(tzinfo=UTC)) + timedelta(seconds=delivered_s)
    asked_at = datetime.combine(day, time(tzinfo=UTC)) + timedelta(days=days, seconds=asked_s)
    if asked_at < delivered_at:
        return
    shop = await delivered.shop()
    await tx.fetch("DELETE FROM returns.rma")
    await tx.fetch("DELETE FROM returns.policy")
    policy = Policy(country="US", reason="late", window_days=window, fault="carrier",
                    source="test", carrier_weight=1)  # fmt: skip
    await load_policies(tx, [policy])
    (order_id,) = await shop.orders(1, at=delivered_at)
    await request(tx, [wanted(shop, "A", order_id, "late")], asked_at)
    await approve(tx, await shop.due("requested"), asked_at)
    ((_, status, _, _),) = await decided(tx, shop)
    assert status == ("approved" if days <= window else "rejected")


async def test_twice_changes_nothing(tx, delivered):
    shop = await delivered.shop()
    (order_id,) = await shop.orders(1)
    await request(tx, [wanted(shop, "A", order_id)], NOW)
    subjects = await shop.due("requested")
    await approve(tx, subjects, NOW)
    before = await decided(tx, shop)
    await approve(tx, subjects, NOW)
    assert await decided(tx, shop) == before
    assert await shop.statuses() == {"approved": 1}


async def test_thousands_at_once(tx, delivered, fresh_plans):
    shop = await delivered.shop()
    ids = await shop.orders(1000)
    await request(tx, [wanted(shop, f"K{i}", i) for i in ids], NOW)
    await approve(tx, await shop.due("requested"), NOW)
    assert await shop.statuses() == {"approved": 1000}
