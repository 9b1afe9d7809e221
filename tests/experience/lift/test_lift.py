"""Levers on a small world whose answer is known."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import msgspec
import pytest

from penstock.experience.drivers.array import np
from penstock.experience.lift import predict
from penstock.experience.lift.assumptions import assuming, shipped
from penstock.experience.lift.columns import columns_of
from penstock.experience.lift.levers import KINDS, Lever
from penstock.experience.lift.lift import lift, lift_snapshot
from penstock.experience.lift.past import past_of
from penstock.experience.lift.queues import Queues
from penstock.experience.lift.recount import tallies
from penstock.experience.lift.replay import replay
from penstock.experience.lift.snapshot import Lane, PastOrder, Road, Snapshot, Walk
from penstock.experience.profiles.load import load
from penstock.kernel.errors import Invalid

T0 = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
DAYS = 14
AS_OF = T0 + timedelta(days=DAYS + 10)
HERE, THERE = 1, 2
RATES = {"USD": Decimal(1), "EUR": Decimal(1), "CNY": Decimal("0.125")}
LES = load("penstock_les").over(28)


def lane(vendor, node_id, transit_days, fee_minor, currency="USD"):
    return Lane(
        vendor, "UTC", node_id, f"node-{node_id}", "US", "UTC", time(17), 100, "US", 30_000,
        fee_minor, currency, transit_days,
    )  # fmt: skip


LANES = (
    lane("slow", HERE, 4, 500),
    lane("fast", HERE, 2, 6400, "CNY"),
    lane("fast", THERE, 2, 800),
)
ROADS = (
    Road("fast", THERE, "US", 2, 0, 36_000.0, 95),
    Road("fast", THERE, "US", 2, 1, 36_000.0, 5),
    Road("slow", HERE, "US", 4, 0, 36_000.0, 60),
    Road("slow", HERE, "US", 4, 2, 36_000.0, 40),
)


def order(number, day):
    """Ordered at 8, accepted after two hours, picked by a floor that falls behind."""
    ordered = T0 + timedelta(days=day, minutes=number % 20)
    picked = T0 + timedelta(days=day + day // 3, hours=3, minutes=number % 20)
    pickup = picked.replace(hour=17, minute=0)
    left = pickup + timedelta(minutes=30)
    came = (left + timedelta(days=4 if number % 5 < 3 else 6)).replace(hour=10, minute=0)
    return PastOrder(
        fulfilment_order_id=number, market="US", ordered_at=ordered, paid_at=ordered,
        accepted_at=ordered + timedelta(hours=2),
        dispatch_by_at=(ordered + timedelta(days=2)).replace(hour=23),
        deliver_by_at=(ordered + timedelta(days=7)).replace(hour=23),
        allocated_at=ordered + timedelta(hours=2), picked_at=picked,
        packed_at=picked + timedelta(minutes=5), labelled_at=picked + timedelta(minutes=10),
        dispatched_at=left,
        transit_by_at=(pickup + timedelta(days=5)).replace(hour=0) - timedelta(seconds=1),
        delivered_at=came, cancelled_at=None, cancel_fault=None, returned_at=None,
        return_fault=None, lost_at=None, exception_fault=None, excluded=None, node_id=HERE,
        vendor="slow", transit_days=4, pickup_at=pickup, fee_minor=500, fee_currency="USD",
        weight_g=400, goods_minor=10_000, currency="USD", only_sku_id=0,
    )  # fmt: skip


def world(**changed):
    orders = [order(20 * day + n, day) for day in range(DAYS) for n in range(20)]
    walks = [
        Walk(HERE, "ada", 1, o.picked_at - timedelta(minutes=2), o.picked_at - timedelta(minutes=1),
             o.picked_at)
        for o in orders
    ]  # fmt: skip
    snapshot = Snapshot(
        from_at=AS_OF - timedelta(weeks=4), as_of=AS_OF, orders=orders, load=(), walks=walks,
        lanes=LANES, roads=ROADS,
    )  # fmt: skip
    return msgspec.structs.replace(snapshot, **changed)


def measured(snapshot):
    """What the database would have counted, by the recount that a test holds to it."""
    columns = columns_of(snapshot.orders)
    told = tallies(LES, columns.orders(), snapshot.as_of)
    return {code: tally.count() for code, tally in told.items()}


def lifted(snapshot, **given):
    return lift(snapshot, measured(snapshot), LES, weeks=4, given=given, eur_per_unit=RATES)


@pytest.fixture(scope="module", autouse=True)
def few_resamples():
    """Intervals need many; to be in order, few are enough."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(predict, "_ROUNDS", 2)
        yield


@pytest.fixture(scope="module")
def found(few_resamples):
    return lifted(world())


def test_every_lever_is_told_with_its_interval(found):
    assert {one.lever.kind for one in found.lifted} == set(KINDS)
    assert not found.not_told
    assert not found.held
    for one in found.lifted:
        assert one.low <= one.points <= one.high
        assert sum(one.sub_processes.values()) == pytest.approx(one.points, abs=0.05)
    points = [one.points for one in found.lifted]
    assert points == sorted(points, reverse=True)


def test_a_better_carrier_brings_the_points_of_its_better_transit(found):
    one = next(o for o in found.lifted if o.lever.kind == "carrier")
    assert one.lever.vendor == "fast"
    assert one.sub_processes["ship_and_transport"] > 15
    assert one.sub_processes["pick_and_pack"] == 0
    # 280 parcels at 64.00 CNY, which are 8.00 USD, instead of 5.00.
    assert one.money.currency == "USD"
    assert one.money.cost_minor == 280 * (800 - 500)


def test_orders_that_come_at_once_are_received_at_once(found):
    one = next(o for o in found.lifted if o.lever.kind == "sync")
    assert one.sub_processes["order_receipt"] > 0


def test_the_same_snapshot_gives_the_same_answer(found):
    assert lifted(world()) == found


def test_an_assumption_can_be_replaced_and_is_named(found):
    pickers = next(o for o in found.lifted if o.lever.kind == "pickers")
    assert "picker_hour_minor" in pickers.money.assumed
    free = lifted(world(), picker_hour_minor=0)
    assert next(o for o in free.lifted if o.lever.kind == "pickers").money.cost_minor == 0
    for wrong in ({"picker_pay": 1.0}, {"late_percent": -1.0}, {"late_percent": float("nan")}):
        with pytest.raises(Invalid):
            assuming(wrong)


def test_what_is_not_touched_stays_as_it_was():
    past = past_of(world())
    nobody_more = Lever(kind="pickers", title="", node_id=HERE, more=0)
    luck = np.full(len(past.snapshot.orders), 0.5)
    for lever in (nobody_more, Lever(kind="cut_off", title="", node_id=HERE, hours_earlier=0)):
        then = replay(past, lever, Queues(past), luck).columns
        for name, before in past.columns.times.items():
            assert (then.times[name] == before).all(), (lever.kind, name)


def test_a_later_van_is_never_an_earlier_hand_over():
    past = past_of(world())
    later = Lever(kind="cut_off", title="", node_id=HERE, hours_earlier=-3)
    then = replay(past, later, Queues(past), np.zeros(len(past.snapshot.orders))).columns
    assert (then.times["dispatched"] >= past.columns.times["dispatched"]).all()


def test_a_history_without_floor_and_carrier_says_so():
    bare = [
        msgspec.structs.replace(
            o, node_id=0, vendor="", pickup_at=None, accepted_at=None, allocated_at=None,
            picked_at=None, packed_at=None, labelled_at=None,
        )
        for o in world().orders
    ]  # fmt: skip
    told = lifted(world(orders=bare, walks=(), lanes=(), roads=()))
    assert not told.lifted
    assert {one.kind for one in told.not_told} == set(KINDS)
    assert all(one.because for one in told.not_told)


def test_what_cannot_be_recounted_is_left_as_measured():
    snapshot = world()
    other = measured(snapshot)
    other["transit_in_time"] = msgspec.structs.replace(other["transit_in_time"], numerator=1)
    told = lift(snapshot, other, LES, weeks=4, given={}, eur_per_unit=RATES)
    assert told.held == ("transit_in_time",)
    assert all(one.sub_processes["ship_and_transport"] == 0 for one in told.lifted)


async def test_no_orders_are_refused_and_so_is_an_odd_number_of_weeks(tx, make):
    merchant = await make.merchant()
    for weeks in (0, 1, 27):
        with pytest.raises(Invalid):
            await lift_snapshot(tx, load("penstock_les"), merchant, weeks=weeks, as_of=AS_OF)


def test_each_default_says_what_it_is():
    for name, one in shipped().items():
        assert one.note, name
        assert one.unit, name
        assert one.source, name
