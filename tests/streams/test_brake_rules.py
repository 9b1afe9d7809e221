"""Rules brake when their measure is beyond the threshold, and let go when it is back."""

from datetime import UTC, datetime, timedelta

import pytest

from penstock import journey, lending
from penstock.kernel.errors import Invalid
from penstock.streams.brake_rules import BrakeRule, brake_by_rule, put_rules, rules_of
from penstock.streams.count_minutes import count_minutes
from penstock.streams.set_brake import BrakeWish, brakes_of
from penstock.streams.watch import watch

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
OLD = BrakeRule(code="old", measure="backlog_age_min", threshold=30, kind="throttle", value=20)


def after(minutes):
    return NOW + timedelta(minutes=minutes)


async def turn(tx, at):
    await count_minutes(tx, at)
    await watch(tx, at)
    return await brake_by_rule(
        tx, at, hold_receipt=journey.day_admission, announce=journey.announce
    )


async def on(tx, friday, at):
    return [
        (b.kind, b.value, b.sku, b.rule)
        for b in await brakes_of(tx, friday.merchant, "friday")
        if b.to_at is None or b.to_at > at
    ]


async def test_it_brakes_and_lets_go(tx, friday):
    await put_rules(tx, friday.merchant, [OLD], NOW)
    order_id = await friday.order(NOW - timedelta(minutes=29))
    assert await turn(tx, NOW) == 0
    assert await turn(tx, after(2)) == 1
    assert await on(tx, friday, after(2)) == [("throttle", 20, "", "old")]
    assert await turn(tx, after(3)) == 0, "it is on already"
    await tx.fetch("UPDATE lifecycle.subject SET status = 'packed' WHERE subject_id = $1", order_id)
    assert await turn(tx, after(11)) == 0, "at least ten minutes"
    assert await turn(tx, after(12)) == 1
    assert await on(tx, friday, after(12)) == []
    (log,) = await brakes_of(tx, friday.merchant, "friday")
    assert log.because == "the oldest order waits 31 min, over 30 min"
    assert (log.by, log.released_by, log.released_because) == (
        "rule old", "rule old", "the measure is back",
    )  # fmt: skip


async def test_a_sku_that_runs_out_is_braked_alone(tx, friday):
    rule = BrakeRule(
        code="low", measure="stock_out_min", threshold=5, kind="pause", stream="friday"
    )
    await put_rules(tx, friday.merchant, [rule], NOW)
    await friday.order(NOW - timedelta(minutes=2), units=5)
    assert await turn(tx, NOW) == 0, "six units at one a minute"
    await friday.order(NOW - timedelta(minutes=1), units=5)
    assert await turn(tx, after(1)) == 1
    assert await on(tx, friday, after(1)) == [("pause", 0, "LAMP", "low")]


async def test_late_orders(tx, friday):
    rule = BrakeRule(code="late", measure="late_percent", threshold=50, kind="pause")
    await put_rules(tx, friday.merchant, [rule], NOW)
    await friday.order(dispatch_by=NOW - timedelta(hours=1))
    await friday.order()
    assert await turn(tx, NOW) == 0, "half is not over half"
    await friday.order(dispatch_by=NOW - timedelta(hours=1))
    assert await turn(tx, NOW) == 1


async def test_a_brake_by_hand_is_left_alone(tx, friday):
    await put_rules(tx, friday.merchant, [OLD], NOW)
    wish = BrakeWish(kind="pause", because="x", by="mia")
    await lending.SET_BRAKE(tx, friday.merchant, "friday", wish, NOW)
    assert await turn(tx, after(60)) == 0
    assert await on(tx, friday, after(60)) == [("pause", 0, "", "")]


async def test_a_rule_that_ends_lets_go(tx, friday):
    await put_rules(tx, friday.merchant, [OLD], NOW)
    await friday.order(NOW - timedelta(minutes=45))
    assert await turn(tx, NOW) == 1
    ended = BrakeRule(**{f: getattr(OLD, f) for f in OLD.__struct_fields__} | {
        "effective_from": after(1), "effective_to": after(1)})  # fmt: skip
    await put_rules(tx, friday.merchant, [ended], after(1))
    assert await turn(tx, after(2)) == 1
    (log,) = await brakes_of(tx, friday.merchant, "friday")
    assert log.released_because == "the rule has ended"


async def test_rules_have_their_days(tx, friday):
    assert await put_rules(tx, friday.merchant, [OLD], NOW) == 1
    assert await put_rules(tx, friday.merchant, [OLD], after(5)) == 0, "the same again"
    other = BrakeRule(code="old", measure="backlog_age_min", threshold=10, kind="pause")
    assert await put_rules(tx, friday.merchant, [other], after(5)) == 1
    told = await rules_of(tx, friday.merchant)
    assert [(r.threshold, r.effective_from, r.effective_to) for r in told] == [
        (30, NOW, after(5)), (10, after(5), None),
    ]  # fmt: skip
    assert await rules_of(tx, friday.merchant + 1) == ()


async def test_what_makes_no_sense_is_refused_by_line(tx, friday):
    rules = [
        BrakeRule(code="", measure="late_percent", threshold=-1, kind="pause", value=3),
        BrakeRule(code="a", measure="late_percent", threshold=1, kind="throttle", at_least_min=0),
        BrakeRule(code="a", measure="late_percent", threshold=1, kind="cap", stream="monday",
                  effective_to=NOW - timedelta(days=1)),
    ]  # fmt: skip
    with pytest.raises(Invalid) as refused:
        await put_rules(tx, friday.merchant, rules, NOW)
    assert [(e.pointer, e.code) for e in refused.value.errors] == [
        ("/rules/0/code", "missing"),
        ("/rules/0/threshold", "out_of_range"),
        ("/rules/0/value", "out_of_range"),
        ("/rules/1/value", "out_of_range"),
        ("/rules/1/at_least_min", "out_of_range"),
        ("/rules/2/code", "twice"),
        ("/rules/2/stream", "unknown_stream"),
        ("/rules/2/effective_to", "out_of_range"),
    ]
