"""From one week to the next: parts sum exactly, and kinds of orders agree with plain sets."""

from datetime import UTC, datetime, timedelta
from random import Random

import msgspec
import pytest

from penstock.experience.explain.changes import changes
from penstock.experience.measure.measure import count
from penstock.experience.profiles.load import load
from penstock.experience.scores.points import Count
from penstock.kernel.errors import Invalid

LES = load("penstock_les")
SINCE = datetime(2026, 10, 12, tzinfo=UTC)
WEEK = timedelta(days=7)
T0 = SINCE - timedelta(days=45)


def h(hours):
    return timedelta(hours=hours)


def drawn(number):
    """Ordered every four hours; some late, some cancelled or lost long after."""
    chance, ordered = Random(number), T0 + h(4 * number)
    late = chance.random() < 0.2
    gone = chance.random() < 0.1
    return {
        "ordered_at": ordered,
        "paid_at": ordered,
        "accepted_at": ordered + timedelta(seconds=chance.choice([30, 400])),
        "dispatch_by_at": ordered + h(48),
        "dispatched_at": ordered + h(90 if late else 30),
        "deliver_by_at": ordered + h(144),
        "delivered_at": None if gone else ordered + h(160 if late else 120),
        "lost_at": ordered + h(chance.choice([200, 500])) if gone else None,
        "cancelled_at": ordered + h(150) if gone else None,
        "cancel_fault": "seller" if gone else None,
    }


async def journeys(tx, merchant, numbers):
    clocks = {number: drawn(number) for number in numbers}
    for number, clock in clocks.items():
        marks = ", ".join(f"${n}" for n in range(3, 3 + len(clock)))
        await tx.fetch(
            f"INSERT INTO experience.journey (merchant_id, fulfilment_order_id, order_ref,"
            f" {', '.join(clock)}) VALUES ($1, $2, 'o-' || $2::bigint, {marks})",
            merchant, number, *clock.values(),
        )  # fmt: skip
    return clocks


def check(found):
    assert sum(part.change for part in found.parts) == found.change
    assert found.change == found.after.points - found.before.points
    for part in found.parts:
        assert sum(part.by_cause.values()) + part.rounding == part.change


@pytest.mark.parametrize("days", [1, 7, 31], ids=["overlap of 29", "overlap of 23", "no overlap"])
async def test_parts_sum_and_orders_are_those_of_plain_sets(tx, make, days):
    merchant = await make.merchant()
    clocks = await journeys(tx, merchant, range(460))
    since, until = SINCE, SINCE + timedelta(days=days)
    found = await changes(
        tx, LES, LES, merchant=merchant, days=days, until=until, known_to=until + 5 * WEEK
    )
    check(found)
    assert found.parts

    def window(end):
        """Orders of `kept_orders`, and whether they were cancelled by then."""
        return {
            number: bool(c["cancelled_at"] and c["cancelled_at"] <= end)
            for number, c in clocks.items()
            if end - timedelta(days=30) < c["ordered_at"] <= end
        }

    then, now = window(since), window(until)
    kinds = {
        "entered": {n for n in now.keys() - then.keys() if now[n]},
        "left": {n for n in then.keys() - now.keys() if then[n]},
        "turned_bad": {n for n in then.keys() & now.keys() if now[n] and not then[n]},
        "turned_good": set(),
    }
    told = {b.kind: b for b in found.orders if b.metric == "kept_orders"}
    assert told.keys() == {kind for kind, orders in kinds.items() if orders}
    assert (days < 30) == ("turned_bad" in told)
    for kind, behind in told.items():
        assert behind.orders == len(kinds[kind])
        assert set(behind.order_refs) <= {f"o-{n}" for n in kinds[kind]}


async def test_another_version_and_supplied_numbers_are_causes_of_their_own(tx, make):
    merchant = await make.merchant()
    await journeys(tx, merchant, range(460))
    old, new = load("douyin_2026_02"), load("douyin_2026_05")
    until = SINCE + WEEK
    codes = {metric.code for metric in (*old.metrics, *new.metrics) if metric.supplied}
    good = {code: Count(numerator=95, denominator=100) for code in codes}
    bad = {code: Count(numerator=70, denominator=100) for code in codes}
    bad["misconduct"] = Count(numerator=1, denominator=0)
    moments = {"merchant": merchant, "days": 7, "until": until, "known_to": until + WEEK}
    known = [{c: n for c, n in s.items() if c in _codes(p)} for p, s in ((old, good), (new, bad))]
    found = await changes(tx, old, new, **moments, supplied=tuple(known))
    check(found)
    causes = {cause for part in found.parts for cause in part.by_cause}
    assert {"profile", "supplied"} <= causes
    (misconduct,) = [part for part in found.parts if part.code == "misconduct"]
    assert set(misconduct.by_cause) == {"supplied"}


def _codes(profile):
    return {part.code for part in (*profile.metrics, *profile.bonuses, *profile.misconducts)}


async def test_the_fixed_points_of_a_growing_shop_are_the_gates_doing(tx, make):
    merchant = await make.merchant()
    await journeys(tx, merchant, range(100, 400))
    douyin = load("douyin_2026_05")
    early = T0 + timedelta(days=17)
    found = await changes(
        tx, douyin, douyin, merchant=merchant, days=14, until=early + 2 * WEEK, known_to=SINCE
    )
    assert found.before.status == "growth" != found.after.status
    (part,) = found.parts
    assert part.by_cause == {"gate": found.change}
    strict = msgspec.structs.replace(LES, gate=msgspec.structs.replace(LES.gate, below="no_score"))
    none = await changes(
        tx, strict, strict, merchant=merchant, days=7, until=early + WEEK, known_to=SINCE
    )
    assert (none.change, none.parts) == (None, ())


async def test_odd_moments_are_refused_and_nothing_is_none(tx, make):
    merchant = await make.merchant()
    asked = {"merchant": merchant, "known_to": SINCE}
    for days in (0, -7, 10**9):
        with pytest.raises(Invalid):
            await changes(tx, LES, LES, until=SINCE, days=days, **asked)
    assert await changes(tx, LES, LES, until=SINCE, days=7, **asked) is None
    assert not await count(tx, LES, as_of=SINCE, merchant=merchant)
