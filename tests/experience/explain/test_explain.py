"""Every point is traced to orders and back, on journeys drawn at random."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from penstock.experience.explain.explain import Wanted, explain
from penstock.experience.profiles.load import load
from penstock.experience.scores.points import Count
from penstock.kernel.errors import Invalid

T0 = datetime(2026, 9, 1, tzinfo=UTC)
AT = datetime(2026, 10, 20, 1, tzinfo=UTC)
LES, MARKETPLACE = load("penstock_les"), load("marketplace")
CLOCKS = (
    "ordered_at", "paid_at", "accepted_at", "dispatch_by_at", "dispatched_at", "deliver_by_at",
    "delivered_at", "cancelled_at", "cancel_fault", "lost_at", "returned_at", "return_fault",
    "exception_fault",
)  # fmt: skip


def h(hours):
    return timedelta(hours=hours)


def drawn(number):
    """A journey by its number: in time, late, cancelled, returned, lost or under way."""
    chance = Random(number)
    ordered = T0 + h(number * 2)
    clock = {
        "ordered_at": ordered,
        "paid_at": ordered,
        "accepted_at": ordered + timedelta(seconds=chance.choice([20, 40, 700, 5000])),
        "dispatch_by_at": ordered + h(48),
        "dispatched_at": ordered + h(chance.choice([20, 30, 40, 60, 100])),
        "deliver_by_at": ordered + h(144),
        "delivered_at": ordered + h(chance.choice([120, 130, 140, 200])),
    }
    fate = chance.random()
    if fate < 0.1:
        clock |= {
            "dispatched_at": None, "delivered_at": None, "cancel_fault": "seller",
            "cancelled_at": ordered + h(chance.choice([10, 250])),
        }  # fmt: skip
    elif fate < 0.15:
        clock |= {"delivered_at": None, "lost_at": ordered + h(300)}
    elif fate < 0.25:
        clock |= {"returned_at": ordered + h(400), "return_fault": "carrier"}
    return clock


async def journeys(tx, merchant, numbers):
    columns = ", ".join(CLOCKS)
    marks = ", ".join(f"${n}" for n in range(3, 3 + len(CLOCKS)))
    for number in numbers:
        clock = drawn(number)
        await tx.fetch(
            "INSERT INTO experience.journey (merchant_id, fulfilment_order_id, order_ref,"
            f" {columns}) VALUES ($1, $2, 'o-' || $2::bigint, {marks})",
            merchant, number, *(clock.get(column) for column in CLOCKS),
        )  # fmt: skip


@pytest.mark.parametrize("profile", [LES, MARKETPLACE], ids=lambda profile: profile.code)
async def test_orders_and_the_rest_add_up_to_what_is_lost(tx, make, profile):
    merchant = await make.merchant()
    await journeys(tx, merchant, range(250, 520))
    whole = await explain(
        tx, profile, merchant=merchant, as_of=AT, known_to=AT, wanted=Wanted(limit=1000)
    )
    assert whole.lost == whole.high - whole.score.points > 0
    assert whole.shared + sum(part.points for part in whole.unshared) == whole.lost
    assert sum(order.points for order in whole.orders) == whole.shared
    assert [o.points for o in whole.orders] == sorted(o.points for o in whole.orders)[::-1]
    for metric in whole.score.metrics:
        by_order = [x for o in whole.orders for x in o.losses if x.metric == metric.code]
        assert sum(loss.points for loss in by_order) == metric.points_lost
        for loss in by_order:
            assert loss.miss.due_at is None or loss.miss.late_s > 0, loss
            assert loss.miss.counted_at <= AT
    if profile is LES:
        refs = {o.clocks.order_ref: o for o in whole.orders}
        lost = next(o for o in refs.values() if o.clocks.lost_at)
        assert {"delivered_sound", "delivered_in_time"} <= {x.metric for x in lost.losses}


async def test_pages_hold_every_order_once_by_metric_and_by_sub_process(tx, make):
    merchant = await make.merchant()
    await journeys(tx, merchant, range(250, 400))
    asked = {"merchant": merchant, "as_of": AT, "known_to": AT}
    for part in ({"metric": "dispatched_in_time"}, {"sub_process": "order_delivery"}):
        whole = await explain(tx, LES, **asked, wanted=Wanted(**part, limit=1000))
        paged, after = [], 0
        while after is not None:
            page = await explain(tx, LES, **asked, wanted=Wanted(**part, after=after, limit=7))
            paged += page.orders
            after = page.next_after
        assert tuple(paged) == whole.orders
        assert whole.matching == len(paged) > 7
        key, value = next(iter(part.items()))
        lost = sum(m.points_lost for m in whole.score.metrics if value in {m.code, m.sub_process})
        assert sum(order.points for order in whole.orders) == lost, key
    for wrong in (
        Wanted(metric="none"),
        Wanted(sub_process="x"),
        Wanted(limit=0),
        Wanted(after=-1),
    ):
        with pytest.raises(Invalid):
            await explain(tx, LES, **asked, wanted=wrong)
    assert await explain(tx, LES, merchant=merchant, as_of=T0, known_to=AT) is None


async def test_supplied_numbers_and_bonuses_are_told_apart_from_orders(tx, make):
    merchant = await make.merchant()
    await journeys(tx, merchant, range(250, 330))
    douyin = load("douyin_2026_05")
    code = next(metric.code for metric in douyin.metrics if metric.supplied)
    supplied = {
        code: Count(numerator=1, denominator=10**6),
        "misconduct": Count(numerator=2, denominator=0),
    }
    whole = await explain(tx, douyin, merchant=merchant, as_of=AT, known_to=AT, supplied=supplied)
    assert {part.because for part in whole.unshared} >= {"adjustment", "supplied"}
    assert whole.shared + sum(part.points for part in whole.unshared) == whole.lost


SOUND = {
    "ordered_at": T0, "paid_at": T0 + h(1), "accepted_at": T0 + h(2), "dispatch_by_at": T0 + h(48),
    "dispatched_at": T0 + h(30), "deliver_by_at": T0 + h(120), "delivered_at": T0 + h(80),
}  # fmt: skip


async def one(tx, number, **clock):
    row = {"merchant_id": 7, "fulfilment_order_id": number, "order_ref": f"o-{number}", **clock}
    marks = ", ".join(f"${n}" for n in range(1, len(row) + 1))
    await tx.fetch(
        f"INSERT INTO experience.journey ({', '.join(row)}) VALUES ({marks})", *row.values()
    )


async def test_the_orders_that_cost_most_come_first_each_with_its_metrics(tx):
    late = {"dispatched_at": T0 + h(50), "delivered_at": T0 + h(121)}  # at dispatch and at the door
    cancelled = {"dispatched_at": None, "delivered_at": None, "cancelled_at": T0 + h(20)}
    for number in range(1, 41):
        await one(tx, number, **SOUND)
    await one(tx, 41, **SOUND | late)
    await one(tx, 42, **SOUND | {"delivered_at": T0 + h(130)})  # in transit and at the door
    await one(tx, 43, **SOUND | cancelled, cancel_fault="seller")
    as_of = T0 + h(24 * 20)
    known_to = as_of + timedelta(days=7)
    told = await explain(tx, LES, merchant=7, as_of=as_of, known_to=known_to)
    assert (told.score.status, told.score.orders) == ("final", 43)
    metrics = {
        order.clocks.fulfilment_order_id: [loss.metric for loss in order.losses if loss.points]
        for order in told.orders
    }
    assert metrics[41] == ["receipt_time", "dispatched_in_time", "delivered_in_time"]
    assert metrics[42] == ["receipt_time", "transit_in_time", "delivered_in_time"]
    assert metrics[43] == ["kept_orders", "receipt_time"]
    assert told.orders[0].clocks.order_ref in {"o-42", "o-43"}


async def test_evidence_of_the_past_does_not_know_the_future(tx):
    late = {"dispatched_at": T0 + h(50), "delivered_at": T0 + h(130), "returned_at": T0 + h(200)}
    await one(tx, 1, **SOUND | late, return_fault="carrier")
    as_of = T0 + h(49)
    told = await explain(tx, MARKETPLACE, merchant=7, as_of=as_of, known_to=as_of)
    (order,) = told.orders
    seen = order.clocks
    assert (seen.dispatch_by_at, seen.dispatched_at, seen.delivered_at) == (T0 + h(48), None, None)
    assert (seen.returned_at, seen.return_fault) == (None, None)
    (loss,) = order.losses
    assert (loss.miss.due_at, loss.miss.happened_at, loss.miss.late_s) == (T0 + h(48), None, 3600)
