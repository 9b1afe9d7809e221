"""Carriers' events: doubled, late and in any order, they end where the ordered ones do."""

import asyncio
import itertools
import random
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from penstock.db.transaction import OPERATOR
from penstock.gateways.effects import VendorEvent
from penstock.gateways.intent import Settled
from penstock.gateways.port import Outcome
from penstock.gateways.statuses import read_vocabularies
from penstock.kernel.errors import NotFound
from penstock.shipping.depart import prove_hand_over
from penstock.shipping.hand_over import HandOver, hand_over
from penstock.shipping.manifest import prepare_manifests, record_manifests
from penstock.tracking.catch_up import catch_up
from penstock.tracking.record_events import record_events

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=6)


def at(hours):
    return (NOW + timedelta(hours=hours)).isoformat()


def told(parcel, code, hours=1.0, *, event_id="", occurred_at=""):
    return VendorEvent(
        event_id=event_id or f"{parcel.subject_id}-{code}-{hours}",
        topic="parcel",
        about=f"T{parcel.subject_id}",
        code=code,
        occurred_at=occurred_at or at(hours),
    )


async def record(road, events, now=LATER, vendor="swift", **options):
    depart = partial(prove_hand_over, ship=road.shipped)
    answers = await record_events(road.tx, vendor, events, now, depart=depart, **options)
    assert [a.event_id for a in answers] == [e.event_id for e in events]
    return [a.outcome for a in answers]


async def travelling(road, make, orders=1, each=1, **lane):
    node = await make.node()
    await road.lane("swift", node, **lane)
    parcels = await road.packed(node, orders, each=each)
    await road.handed_over(parcels, node, NOW)
    return parcels


@pytest.mark.parametrize(
    ("codes", "end"),
    [
        (["PICKED_UP", "ARRIVED_AT_HUB", "WITH_COURIER", "NOBODY_HOME", "WITH_COURIER",
          "DELIVERED"], "delivered"),
        (["PICKED_UP", "LEFT_HUB", "WITH_COURIER", "ROAD_CLOSED", "WITH_COURIER",
          "NOBODY_HOME"], "delivery_failed"),
        (["LABEL_RECEIVED", "PICKED_UP", "DELAYED_WEATHER", "WITH_COURIER", "BAD_ADDRESS",
          "WITH_COURIER"], "out_for_delivery"),
        (["PICKED_UP", "ARRIVED_AT_HUB", "LEFT_HUB", "WITH_COURIER", "NOBODY_HOME", "LOST"],
         "lost"),
    ],
)  # fmt: skip
async def test_all_720_orders_of_six_events_end_alike(database, road_in, codes, end):
    orders = list(itertools.permutations(enumerate(codes)))
    dice = random.Random(codes[-1])

    async def play(tx):
        road = road_in(tx)
        parcels = await travelling(road, road.make, len(orders))
        for turn in range(6):
            events, doubled = [], []
            for parcel, order in zip(parcels, orders, strict=True):
                hours, code = order[turn]
                events.append(told(parcel, code, hours + 1))
                if dice.random() < 0.1:
                    hours, code = order[dice.randrange(turn + 1)]
                    doubled.append(told(parcel, code, hours + 1))
            outcomes = await record(road, events + doubled)
            assert outcomes == ["recorded"] * len(events) + ["repeated"] * len(doubled)
        standings = await tx.fetch(
            "SELECT DISTINCT event, fault, reason, occurred_at, first_at FROM tracking.standing"
        )
        return set(await road.status(parcels)), set(await road.order_status(parcels)), standings

    ends, order_ends, standings = await database.run(OPERATOR, play)
    assert ends == {end}
    assert order_ends == {{"delivered": "delivered", "lost": "undelivered"}.get(end, "shipped")}
    assert len(standings) == 1


async def test_one_batch_in_any_order_equals_one_by_one(road, make):
    codes = ["PICKED_UP", "WITH_COURIER", "NOBODY_HOME", "WITH_COURIER", "DELIVERED"]
    (parcel,) = await travelling(road, make)
    events = [told(parcel, code, hours) for hours, code in enumerate(codes, 1)]
    assert set(await record(road, events[::-1])) == {"recorded"}
    assert await road.status([parcel]) == ["delivered"]
    (row,) = await road.tx.fetch(
        "SELECT since_at FROM lifecycle.subject WHERE subject_id = $1", parcel.subject_id
    )
    assert row[0] == NOW + timedelta(hours=5), "the move is dated by the event"


async def test_each_event_gets_its_answer(road, make):
    (parcel,) = await travelling(road, make)
    known = told(parcel, "PICKED_UP")
    stranger = VendorEvent(event_id="s", topic="parcel", about="T0", code="LOST", occurred_at=at(1))
    events = [
        known,
        known,
        stranger,
        told(parcel, "PICKED_UP", event_id="soon", occurred_at=at(24 * 7 + 1)),
        told(parcel, "PICKED_UP", event_id="early", occurred_at=at(-25)),
        told(parcel, "PICKED_UP", event_id="junk", occurred_at="yesterday"),
        told(parcel, "PICKED_UP", event_id="dawn", occurred_at="0001-01-01T00:00:00Z"),
        told(parcel, "PICKED_UP", event_id="dusk", occurred_at="9999-12-31T23:59:59Z"),
        told(parcel, "WHAT"),
        told(parcel, "PICKED\0UP", event_id="nul\0"),
    ]
    assert await record(road, events) == [
        "recorded", "repeated", "unknown_parcel", "bad_time", "bad_time", "bad_time",
        "bad_time", "bad_time",
        "unknown_code", "unknown_code",
    ]  # fmt: skip
    assert await record(road, events) == [
        "repeated", "repeated", "unknown_parcel", "bad_time", "bad_time", "bad_time",
        "bad_time", "bad_time",
        "repeated", "repeated",
    ]  # fmt: skip
    with pytest.raises(NotFound):
        await record(road, [known], vendor="nobody")


async def test_another_carriers_parcel_is_unknown(road, make):
    (parcel,) = await travelling(road, make)
    await road.vendor("rival")
    assert await record(road, [told(parcel, "LOST")], vendor="rival") == ["unknown_parcel"]
    assert await road.status([parcel]) == ["handed_over"]


async def test_a_code_that_came_too_early_for_the_vocabulary_is_taken_up_later(road, make):
    (parcel,) = await travelling(road, make)
    event = told(parcel, "AM_DROPPED_IT")
    assert await record(road, [event]) == ["unknown_code"]
    book = read_vocabularies('[swift.parcel]\nAM_DROPPED_IT = {event = "delivered"}', "own.toml")
    assert await record(road, [event], vocabularies=book) == ["recorded"]
    assert await road.status([parcel]) == ["delivered"]
    assert await record(road, [event], vocabularies=book) == ["repeated"]


async def test_local_times_are_read_on_the_vendors_clock(road, make):
    (parcel,) = await travelling(road, make, zone="America/Chicago", vocabulary="meridian")
    local = [("100", "2026-11-20T07:30:00"), ("110", "2026-11-20T14:30:00+01:00")]
    events = [told(parcel, code, occurred_at=text) for code, text in local]
    assert await record(road, events) == ["recorded", "recorded"]
    rows = await road.tx.fetch(
        "SELECT occurred_at, local_time, zone_source FROM tracking.event ORDER BY code"
    )
    same = datetime(2026, 11, 20, 13, 30, tzinfo=UTC)
    assert [tuple(r) for r in rows] == [
        (same, "2026-11-20T07:30:00", "vendor"),
        (same, "2026-11-20T14:30:00+01:00", "offset"),
    ]


async def test_a_carriers_scan_hands_over_what_nobody_recorded(road, make):
    node = await make.node()
    await road.lane("swift", node)
    (parcel,) = await road.packed(node)
    await road.manifested([parcel])
    await record(road, [told(parcel, "DELIVERED", 30), told(parcel, "PICKED_UP", 2)])
    assert await road.status([parcel]) == ["delivered"]
    assert await road.order_status([parcel]) == ["delivered"]
    assert [s.quantity for s in road.shipped.rows] == [1]
    moves = await road.tx.fetch(
        "SELECT event, at FROM lifecycle.history WHERE subject_id = $1 ORDER BY history_id DESC"
        " LIMIT 2",
        parcel.subject_id,
    )
    assert [tuple(m) for m in moves] == [
        ("delivered", NOW + timedelta(hours=30)),
        ("handed_over", NOW + timedelta(hours=2)),
    ]


async def test_what_came_before_its_time_is_caught_up_after_the_hand_over(road, make):
    node = await make.node()
    await road.lane("swift", node)
    (parcel,) = await road.packed(node)
    await road.labelled([parcel])
    assert await record(road, [told(parcel, "DELIVERED", 3)]) == ["recorded"]
    assert await road.status([parcel]) == ["labelled"]
    depart = partial(prove_hand_over, ship=road.shipped)
    await road.handed_over([parcel], node, LATER)
    assert await road.status([parcel]) == ["handed_over"]
    await catch_up(road.tx, [parcel], LATER, depart=depart)
    assert await road.status([parcel]) == ["delivered"]
    await catch_up(road.tx, [parcel], LATER, depart=depart)


async def test_the_carriers_first_word_dates_the_hand_over_whenever_it_comes(road, make):
    node = await make.node()
    await road.lane("swift", node)
    (parcel,) = await road.packed(node)
    await road.labelled([parcel])
    await record(road, [told(parcel, "WITH_COURIER", 9)])
    await record(road, [told(parcel, "PICKED_UP", 2)])
    intents = await prepare_manifests(road.tx, [parcel], NOW)
    settled = [Settled(i, Outcome(i.request.reference, "done", b"{}")) for i in intents]
    await record_manifests(road.tx, settled, NOW, report=road.reported)
    await catch_up(road.tx, [parcel], LATER, depart=partial(prove_hand_over, ship=road.shipped))
    assert await road.status([parcel]) == ["out_for_delivery"]
    (row,) = await road.tx.fetch("SELECT handed_over_at FROM shipping.label")
    assert row[0] == NOW + timedelta(hours=2)


async def test_an_order_ends_with_its_last_parcel(road, make):
    a, b = await travelling(road, make, each=2)
    await record(road, [told(a, "DELIVERED", 3)])
    assert await road.order_status([a]) == ["shipped"]
    await record(road, [told(b, "LOST", 9)])
    assert await road.order_status([a]) == ["undelivered"]
    (row,) = await road.tx.fetch(
        "SELECT s.since_at FROM lifecycle.subject AS s WHERE s.kind = 'fulfilment_order'"
    )
    assert row[0] == NOW + timedelta(hours=9)


async def test_the_last_word_stays(road, make):
    (parcel,) = await travelling(road, make)
    await record(road, [told(parcel, "DELIVERED", 3)])
    assert await record(road, [told(parcel, "LOST", 9), told(parcel, "PICKED_UP", 10)]) == [
        "recorded", "recorded",
    ]  # fmt: skip
    assert await road.status([parcel]) == ["delivered"]


async def test_siblings_told_of_at_once_end_their_orders(database, road_in):
    roads = []

    async def build(tx):
        roads.append(road_in(tx))
        return await travelling(roads[0], roads[0].make, 6, each=2)

    parcels = await database.run(OPERATOR, build)
    depart = partial(prove_hand_over, ship=roads[0].shipped)

    async def tell(some, code, hours):
        events = [told(p, code, hours) for p in some]
        work = partial(record_events, vendor="swift", events=events, now=LATER, depart=depart)
        await database.run(OPERATOR, work)

    await asyncio.gather(tell(parcels[::2], "PICKED_UP", 1), tell(parcels[1::2], "PICKED_UP", 1))
    await asyncio.gather(tell(parcels[::2], "DELIVERED", 2), tell(parcels[1::2], "DELIVERED", 2))

    async def ends(tx):
        rows = await tx.fetch(
            "SELECT status, count(*) FROM lifecycle.subject WHERE kind = 'fulfilment_order'"
            " GROUP BY 1"
        )
        return [tuple(r) for r in rows]

    assert await database.run(OPERATOR, ends) == [("delivered", 6)]


async def test_a_round_and_its_failure_told_at_once_by_two_leave_the_later(database, road_in):
    roads = []

    async def build(tx):
        roads.append(road_in(tx))
        return await travelling(roads[0], roads[0].make, 20)

    parcels = await database.run(OPERATOR, build)
    depart = partial(prove_hand_over, ship=roads[0].shipped)

    async def tell(code, hours):
        events = [told(p, code, hours) for p in parcels]
        await database.run(
            OPERATOR, lambda tx: record_events(tx, "swift", events, LATER, depart=depart)
        )

    await tell("NOBODY_HOME", 1)
    await asyncio.gather(tell("WITH_COURIER", 20), tell("BAD_ADDRESS", 24))

    async def statuses(tx):
        roads[0].tx = tx
        return set(await roads[0].status(parcels))

    assert await database.run(OPERATOR, statuses) == {"delivery_failed"}


async def test_a_floor_and_a_carrier_at_once_hand_over_once(database, road_in):
    roads = []

    async def build(tx):
        roads.append(road_in(tx))
        road = roads[0]
        node = await road.make.node()
        await road.lane("swift", node)
        parcels = await road.packed(node, 10)
        return node, parcels, await road.manifested(parcels)

    node, parcels, (manifest,) = await database.run(OPERATOR, build)
    ship = roads[0].shipped
    events = [told(p, "PICKED_UP", 2) for p in parcels]
    await asyncio.gather(
        database.run(
            OPERATOR,
            lambda tx: hand_over(tx, node, [HandOver(manifest=manifest)], LATER, ship=ship),
        ),
        database.run(
            OPERATOR,
            lambda tx: record_events(
                tx, "swift", events, LATER, depart=partial(prove_hand_over, ship=ship)
            ),
        ),
    )
    orders = [s.fulfilment_order_id for s in ship.rows]
    assert len(orders) == len(set(orders)) == 10
