"""The carrier: the cheapest in time that has room, the most urgent parcels first."""

import asyncio
import random
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from penstock.db.transaction import OPERATOR
from penstock.shipping.choose import choose_carriers

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
FX = {"USD": Decimal("0.9"), "GBP": Decimal("1.2")}


async def chosen(road, parcels, now=NOW, **options):
    choices = await choose_carriers(road.tx, parcels, now, fx=FX, **options)
    return {c.parcel_id: c for c in choices}


async def test_the_cheapest_lane_in_time_is_taken(road, make):
    node = await make.node()
    await road.lane("slow", node, fee=300, days=9)
    await road.lane("fair", node, fee=500, days=4)
    await road.lane("fast", node, fee=900, days=1)
    (parcel,) = await road.packed(node)
    choice = (await chosen(road, [parcel]))[parcel.subject_id]
    assert (choice.vendor, choice.in_time, choice.pickup_on) == ("fair", True, date(2026, 11, 20))


async def test_where_none_is_in_time_the_fastest_goes(road, make):
    node = await make.node()
    await road.lane("slow", node, fee=300, days=9)
    await road.lane("fast", node, fee=900, days=3)
    (parcel,) = await road.packed(node, deliver_by_at=NOW + timedelta(days=1))
    choice = (await chosen(road, [parcel]))[parcel.subject_id]
    assert (choice.vendor, choice.in_time) == ("fast", False)


async def test_in_time_means_the_last_second_of_the_carriers_day(road, make):
    node = await make.node()
    await road.lane("only", node, days=2)
    last = datetime(2026, 11, 23, 5, 59, 59, tzinfo=UTC)
    on_time, late = [
        (await road.packed(node, deliver_by_at=at))[0] for at in (last, last - timedelta(seconds=1))
    ]
    choices = await chosen(road, [on_time, late])
    assert choices[on_time.subject_id].in_time
    assert not choices[late.subject_id].in_time


async def test_after_the_cut_off_the_pick_up_is_tomorrows(road, make):
    node = await make.node()
    await road.lane("only", node, cut_off=time(17))
    parcels = await road.packed(node, 2)
    cut_off = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)
    before = await chosen(road, parcels[:1], cut_off - timedelta(microseconds=1))
    at = await chosen(road, parcels[1:], cut_off)
    assert [c.pickup_on.day for c in [*before.values(), *at.values()]] == [20, 21]


async def test_room_is_kept_for_the_most_urgent_and_across_batches(road, make):
    node = await make.node()
    await road.lane("cheap", node, fee=300, a_day=2)
    await road.lane("dear", node, fee=900, a_day=2)
    relaxed = await road.packed(node, 2, deliver_by_at=NOW + timedelta(days=9))
    urgent = await road.packed(node, 1, deliver_by_at=NOW + timedelta(days=6))
    choices = await chosen(road, relaxed + urgent)
    assert [choices[p.subject_id].vendor for p in [*urgent, *relaxed]] == ["cheap", "cheap", "dear"]
    more = await road.packed(node, 2)
    assert [c.vendor for c in (await chosen(road, more)).values()] == ["dear"]
    tomorrow = await chosen(road, more, NOW + timedelta(days=1))
    assert [c.vendor for c in tomorrow.values()] == ["cheap"]


async def test_bands_dates_and_roles_bound_a_lane(road, make):
    node = await make.node()
    await road.lane("bands", node, fee=100, to_g=500)
    await road.lane("bands", node, fee=400, to_g=1000)
    await road.lane("bands", node, fee=900, to_g=5000)
    await road.lane("old", node, fee=1, until=date(2026, 11, 19))
    await road.lane("new", node, fee=1, since=date(2026, 11, 21))
    await road.lane("broker", node, fee=1, role="broker")
    await road.lane("abroad", node, fee=1, country="GB")
    parcel, heavy = [(await road.packed(node, weight_g=g))[0] for g in (501, 5001)]
    choices = await chosen(road, [parcel, heavy])
    assert list(choices) == [parcel.subject_id]
    rows = await road.tx.fetch("SELECT vendor, fee_minor FROM shipping.choice")
    assert [tuple(r) for r in rows] == [("bands", 400)]


async def test_fees_are_compared_in_one_currency(road, make):
    node = await make.node()
    await road.lane("dollars", node, fee=500, currency="USD")
    await road.lane("pounds", node, fee=400, currency="GBP")
    await road.lane("dong", node, fee=1, currency="VND")
    (parcel,) = await road.packed(node)
    assert (await chosen(road, [parcel]))[parcel.subject_id].vendor == "dollars"


async def test_avoided_and_refusing_carriers_are_passed_over(road, make):
    node = await make.node()
    for fee, name in enumerate(["first", "second", "third"]):
        await road.lane(name, node, fee=fee)
    (parcel,) = await road.packed(node)
    await road.tx.fetch(
        "INSERT INTO shipping.refusal VALUES ($1, $2, 'first', 'no', $3)",
        parcel.merchant_id, parcel.subject_id, NOW,
    )  # fmt: skip
    choices = await chosen(road, [parcel], avoided=["second"])
    assert choices[parcel.subject_id].vendor == "third"
    assert await chosen(road, [parcel]) == {}, "a parcel keeps its lane"


async def test_a_pick_up_is_not_overfilled_by_two_who_do_not_see_each_other(database, road_in):
    others, chosen_first = [], asyncio.Event()

    async def build(tx):
        road = road_in(tx)
        node = await road.make.node()
        await road.lane("only", node, a_day=5)
        parcels = await road.packed(node, 12)
        await choose_carriers(tx, parcels[:1], NOW, fx=FX)
        return parcels[1:]

    parcels = await database.run(OPERATOR, build)

    async def first(tx):
        answer = await choose_carriers(tx, parcels[:3], NOW, fx=FX)
        chosen_first.set()
        await asyncio.wait(others, timeout=1.0)
        return answer

    async def second(tx):
        await chosen_first.wait()
        return await choose_carriers(tx, parcels[3:], NOW, fx=FX)

    others.append(asyncio.create_task(database.run(OPERATOR, second)))
    assert len(await database.run(OPERATOR, first)) == 3
    assert len(await others[0]) == 1
    (load,) = await database.run(
        OPERATOR, lambda tx: tx.fetch("SELECT parcels FROM shipping.booking")
    )
    assert load[0] == 5


@pytest.mark.parametrize("seed", range(6))
async def test_the_choice_equals_that_of_a_clerk_with_a_list(road, make, seed):
    dice = random.Random(seed)
    nodes = [await make.node(), await make.node()]
    lanes = {
        (f"v{v}", node): (dice.choice([100, 200, 300]), dice.randrange(1, 9), dice.randrange(0, 7))
        for v in range(5)
        for node in nodes
    }
    for (vendor, node), (fee, days, room) in lanes.items():
        await road.lane(vendor, node, fee=fee, days=days, a_day=room)
    parcels = []
    for _ in range(30):
        node, by = dice.choice(nodes), NOW + timedelta(days=dice.randrange(1, 9))
        parcels += [(p, node, by) for p in await road.packed(node, deliver_by_at=by)]
    got = await chosen(road, [p for p, _, _ in parcels])
    room = {key: lane[2] for key, lane in lanes.items()}
    for parcel, node, by in sorted(parcels, key=lambda x: (x[2], x[0].merchant_id)):
        offers = []
        for (vendor, at), (fee, days, _) in lanes.items():
            if at == node and room[vendor, at]:
                end = datetime(2026, 11, 21, 5, 59, 59, tzinfo=UTC) + timedelta(days=days)
                offers.append((end > by, days if end > by else 0, fee, days, vendor))
        expected = min(offers, default=None)
        choice = got.get(parcel.subject_id)
        assert (choice and choice.vendor) == (expected and expected[-1])
        if expected:
            room[expected[-1], node] -= 1
