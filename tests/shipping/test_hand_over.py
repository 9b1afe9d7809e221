"""What the carrier takes leaves the books once, and an order when its last parcel has left."""

import asyncio
from datetime import UTC, datetime, timedelta

from penstock.db.transaction import OPERATOR
from penstock.lifecycle.advance import move
from penstock.shipping.depart import prove_hand_over, ship_complete
from penstock.shipping.hand_over import HandOver, hand_over, manifests_waiting

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
EVENING = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)


async def at_dock(road, make, orders=2, each=1):
    node = await make.node()
    await road.lane("swift", node)
    parcels = await road.packed(node, orders, each=each)
    (manifest,) = await road.manifested(parcels)
    return node, parcels, manifest


async def test_all_of_a_manifest(road, make):
    node, parcels, manifest = await at_dock(road, make, 3)
    (waiting,) = await manifests_waiting(road.tx, node_id=node)
    assert (waiting.manifest, waiting.vendor, waiting.left) == (manifest, "swift", 3)
    wishes = [HandOver(manifest=manifest)]
    result = await hand_over(road.tx, node, wishes, EVENING, ship=road.shipped)
    assert result.parcels == tuple(parcels)
    assert [(a.outcome, a.handed_over, a.left) for a in result.answers] == [("complete", 3, 0)]
    assert set(await road.status(parcels)) == {"handed_over"}
    assert set(await road.order_status(parcels)) == {"shipped"}
    assert [(s.node_id, s.quantity, s.line_no) for s in road.shipped.rows] == [(node, 1, 0)] * 3
    assert await manifests_waiting(road.tx, node_id=node) == []
    again = await hand_over(road.tx, node, wishes, EVENING, ship=road.shipped)
    assert [(a.outcome, a.handed_over) for a in again.answers] == [("complete", 0)]
    assert len(road.shipped.rows) == 3


async def test_scanned_parcels_only_and_strangers_named(road, make):
    node, parcels, manifest = await at_dock(road, make, 2)
    one = HandOver(manifest=manifest, tracking_numbers=(f"T{parcels[0].subject_id}", "NO"))
    result = await hand_over(road.tx, node, [one], EVENING, ship=road.shipped)
    (answer,) = result.answers
    assert (answer.outcome, answer.left, answer.strangers) == ("partly", 1, ("NO",))
    assert await road.status(parcels) == ["handed_over", "manifested"]
    rescan = await hand_over(road.tx, node, [one], EVENING, ship=road.shipped)
    assert rescan.answers[0].handed_over == 0
    assert rescan.answers[0].strangers == ("NO",)


async def test_another_nodes_manifest_is_unknown_here(road, make):
    _, parcels, manifest = await at_dock(road, make)
    elsewhere = await make.node()
    wishes = [HandOver(manifest=manifest), HandOver(manifest="none")]
    result = await hand_over(road.tx, elsewhere, wishes, EVENING, ship=road.shipped)
    assert {a.outcome for a in result.answers} == {"unknown_manifest"}
    assert set(await road.status(parcels)) == {"manifested"}


async def test_an_order_ships_with_its_last_parcel_whole(road, make):
    node, parcels, manifest = await at_dock(road, make, 1, each=3)
    numbers = [f"T{p.subject_id}" for p in parcels]
    first = HandOver(manifest=manifest, tracking_numbers=tuple(numbers[:2]))
    await hand_over(road.tx, node, [first], EVENING, ship=road.shipped)
    assert road.shipped.rows == []
    assert set(await road.order_status(parcels)) == {"packed"}
    last = HandOver(manifest=manifest, tracking_numbers=(numbers[2],))
    await hand_over(road.tx, node, [last], EVENING, ship=road.shipped)
    assert [s.quantity for s in road.shipped.rows] == [3]
    assert set(await road.order_status(parcels)) == {"shipped"}


async def test_a_carriers_word_proves_a_hand_over_that_nobody_recorded(road, make):
    node, parcels, _ = await at_dock(road, make, 1)
    (parcel,) = parcels
    at = NOW + timedelta(hours=2)
    proof = [(parcel.merchant_id, parcel.subject_id, at)]
    assert await prove_hand_over(road.tx, proof, EVENING, ship=road.shipped) == parcels
    assert await prove_hand_over(road.tx, proof, EVENING, ship=road.shipped) == []
    assert await manifests_waiting(road.tx, node_id=node) == []
    (row,) = await road.tx.fetch(
        "SELECT l.handed_over_at, s.since_at FROM shipping.label AS l"
        " JOIN lifecycle.subject AS s ON s.subject_id = l.parcel_id"
    )
    assert tuple(row) == (at, at)


async def test_a_parcel_that_customs_refused_is_not_waited_for(road, make):
    node = await make.node()
    await road.lane("swift", node)
    leaving, refused = await road.packed(node, 1, each=2)
    await road.tx.fetch(
        "UPDATE lifecycle.subject SET status = 'declared' WHERE subject_id = $1",
        refused.subject_id,
    )
    await road.handed_over([leaving], node)
    assert road.shipped.rows == []
    await move(road.tx, [refused], "refused", NOW)
    assert await ship_complete(road.tx, [refused], NOW, ship=road.shipped) == 1
    assert [s.quantity for s in road.shipped.rows] == [1]


async def test_whoever_comes_last_ships_the_order_even_unseen(database, road_in):
    roads, others, handed_over = [], [], asyncio.Event()

    async def build(tx):
        roads.append(road_in(tx))
        return await at_dock(roads[0], roads[0].make, 1, each=2)

    node, parcels, manifest = await database.run(OPERATOR, build)

    async def take(tx, parcel):
        numbers = (f"T{parcel.subject_id}",)
        wish = HandOver(manifest=manifest, tracking_numbers=numbers)
        await hand_over(tx, node, [wish], EVENING, ship=roads[0].shipped)

    async def first(tx):
        await take(tx, parcels[0])
        handed_over.set()
        await asyncio.wait(others, timeout=1.0)

    async def second(tx):
        await handed_over.wait()
        await take(tx, parcels[1])

    others.append(asyncio.create_task(database.run(OPERATOR, second)))
    await database.run(OPERATOR, first)
    await others[0]
    assert [s.quantity for s in roads[0].shipped.rows] == [2]
