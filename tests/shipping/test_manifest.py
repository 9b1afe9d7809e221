"""One manifest a carrier, node and pick-up; more where a pick-up outgrows a batch."""

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec

from penstock.db.transaction import OPERATOR
from penstock.gateways.effects import ManifestRequest
from penstock.gateways.intent import Settled
from penstock.gateways.port import Outcome
from penstock.shipping.manifest import prepare_manifests, record_manifests

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CUT_OFF = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)


async def waiting(road, make, count=4):
    node = await make.node()
    await road.lane("swift", node)
    parcels = await road.packed(node, count)
    await road.labelled(parcels)
    return parcels


def settled(intents, state="done", body=b'{"reference": "r", "vendor_reference": "M1"}'):
    return [Settled(i, Outcome(i.request.reference, state, body, "no van")) for i in intents]


async def closed(road, intents, now=CUT_OFF, **answer):
    await record_manifests(road.tx, settled(intents, **answer), now, report=road.reported)


async def test_a_pick_up_is_one_effect_that_moves_all_its_parcels(road, make):
    parcels = await waiting(road, make)
    (intent,) = await prepare_manifests(road.tx, parcels, CUT_OFF)
    node = await make.one("SELECT code FROM inventory.node")
    assert intent.request.reference == f"swift/{node}/20261120T2300Z/1"
    request = msgspec.json.decode(intent.request.body, type=ManifestRequest)
    assert sorted(request.tracking_numbers) == sorted(f"T{p.subject_id}" for p in parcels)
    assert await prepare_manifests(road.tx, parcels[1:], CUT_OFF) == [], "they wait for its outcome"
    await closed(road, [intent])
    await closed(road, [intent])
    assert set(await road.status(parcels)) == {"manifested"}
    (row,) = await road.tx.fetch(
        "SELECT parcels, vendor_reference, closed_at FROM shipping.manifest"
    )
    assert tuple(row) == (4, "M1", CUT_OFF)


async def test_a_second_batch_of_the_pick_up_gets_its_own(road, make):
    parcels = await waiting(road, make)
    first = await prepare_manifests(road.tx, parcels[:3], CUT_OFF)
    second = await prepare_manifests(road.tx, parcels, CUT_OFF)
    ends = [i.request.reference.rsplit("/", 1)[1] for i in (*first, *second)]
    assert ends == ["1", "2"]
    await closed(road, second)
    assert await road.status(parcels) == ["labelled"] * 3 + ["manifested"]


async def test_carriers_and_nodes_are_kept_apart(road, make):
    groups = [await waiting(road, make, 2) for _ in range(2)]
    await road.lane("other", node := await make.node())
    groups.append(await road.packed(node, 2))
    await road.labelled(groups[2])
    intents = await prepare_manifests(road.tx, [p for g in groups for p in g], CUT_OFF)
    sets = {
        frozenset(msgspec.json.decode(i.request.body, type=ManifestRequest).tracking_numbers)
        for i in intents
    }
    assert sets == {frozenset(f"T{p.subject_id}" for p in g) for g in groups}


async def test_a_refused_manifest_is_reported_and_made_anew(road, make):
    parcels = await waiting(road, make, 2)
    intents = await prepare_manifests(road.tx, parcels, CUT_OFF)
    await closed(road, intents, state="refused")
    assert set(await road.status(parcels)) == {"labelled"}
    assert [r[2:] for r in road.reported.rows] == [("manifest_refused", "carrier", "no van")] * 2
    (again,) = await prepare_manifests(road.tx, parcels, CUT_OFF + timedelta(minutes=1))
    assert again.request.reference.endswith("/2")
    await closed(road, [again])
    assert set(await road.status(parcels)) == {"manifested"}


async def test_workers_at_once_write_manifests_of_their_own(database, road_in):
    async def build(tx):
        road = road_in(tx)
        return await waiting(road, road.make, 8)

    parcels = await database.run(OPERATOR, build)

    async def write(some):
        return await database.run(OPERATOR, lambda tx: prepare_manifests(tx, some, CUT_OFF))

    written = await asyncio.gather(*[write(parcels[i::4]) for i in range(4)])
    ends = sorted(i.request.reference.rsplit("/", 1)[1] for intents in written for i in intents)
    assert ends == ["1", "2", "3", "4"]
