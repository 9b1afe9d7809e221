"""From the bench: parcels, weights, borders, and the same order twice."""

import asyncio
from datetime import UTC, datetime

import pytest

from penstock.db.transaction import OPERATOR
from penstock.kernel.errors import Conflict
from penstock.warehouse.pack import Pack, pack
from penstock.warehouse.work import picked_orders

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def crosses(from_country, to_country):
    return from_country != to_country


def bench(floor, order_id, *, weight_g=None, merchant_id=0):
    return Pack(
        merchant_id=merchant_id or floor.merchant_id,
        fulfilment_order_id=order_id,
        packer="pat",
        weight_g=weight_g,
    )


async def parcels_of(tx, order_id):
    rows = await tx.fetch(
        "SELECT p.parcel_no, p.carton, p.weight_g, p.country, s.status, s.due_at"
        " FROM warehouse.parcel AS p JOIN lifecycle.subject AS s"
        "   ON (s.merchant_id, s.subject_id) = (p.merchant_id, p.parcel_id)"
        " WHERE p.fulfilment_order_id = $1 ORDER BY p.parcel_no",
        order_id,
    )
    return [tuple(row) for row in rows]


async def test_a_picked_order_becomes_parcels_that_wait_for_labels(tx, floor):
    await floor.sku("LAMP", weight_g=400)
    await floor.sku("ANVIL", weight_g=20_000)
    order_id = await floor.picked(("LAMP", 3), ("ANVIL", 2))
    (answer,) = await pack(tx, floor.node_id, [bench(floor, order_id)], NOW, crosses)
    assert answer.outcome == "packed"
    assert await parcels_of(tx, order_id) == [
        (1, "P5", 21_662, "US", "awaiting_label", NOW),
        (2, "P4", 20_385, "US", "awaiting_label", NOW),
    ]
    lines = await tx.fetch(
        "SELECT parcel_id, line_no, sku_id, quantity FROM warehouse.parcel_line"
        " WHERE parcel_id = ANY ($1) ORDER BY parcel_id, line_no",
        answer.parcel_ids,
    )
    first, second = answer.parcel_ids
    assert [tuple(line) for line in lines] == [
        (first, 0, floor.skus["LAMP"], 3),
        (first, 1, floor.skus["ANVIL"], 1),
        (second, 1, floor.skus["ANVIL"], 1),
    ]
    assert await floor.status(order_id) == ["packed"]
    assert await picked_orders(tx, floor.node_id, 10) == []


async def test_what_crosses_a_border_waits_for_its_declaration(tx, floor):
    await floor.sku("LAMP")
    order_id = await floor.picked(("LAMP", 1), country="CA")
    await pack(tx, floor.node_id, [bench(floor, order_id)], NOW, crosses)
    assert await parcels_of(tx, order_id) == [(1, "P1", 481, "CA", "awaiting_declaration", NOW)]


async def test_packing_again_changes_nothing(tx, floor):
    await floor.sku("LAMP")
    order_id = await floor.picked(("LAMP", 1))
    twice = [bench(floor, order_id), bench(floor, order_id, weight_g=9_999)]
    answers = await pack(tx, floor.node_id, twice, NOW, crosses)
    assert [a.outcome for a in answers] == ["packed", "repeated"]
    again = await pack(tx, floor.node_id, twice, NOW, crosses)
    assert [a.outcome for a in again] == ["repeated", "repeated"]
    assert len(await parcels_of(tx, order_id)) == 1


async def test_the_scale_may_disagree_once_and_agree_later(tx, floor):
    await floor.sku("LAMP", weight_g=400)
    order_id = await floor.picked(("LAMP", 3))
    missing_one = bench(floor, order_id, weight_g=800 + 165)
    (answer,) = await pack(tx, floor.node_id, [missing_one], NOW, crosses)
    assert (answer.outcome, answer.parcel_ids) == ("weight_mismatch", ())
    assert await floor.status(order_id) == ["picked"]
    assert len(await picked_orders(tx, floor.node_id, 10)) == 1
    right = bench(floor, order_id, weight_g=1_300)
    answers = await pack(tx, floor.node_id, [missing_one, right], NOW, crosses)
    assert [a.outcome for a in answers] == ["weight_mismatch", "packed"]
    assert [row[:3] for row in await parcels_of(tx, order_id)] == [(1, "P2", 1_300)]


async def test_only_picked_orders_of_the_node_are_packed(tx, make, floor):
    await floor.sku("LAMP")
    picked, allocated = await floor.picked(("LAMP", 1)), await floor.order(("LAMP", 1))
    packs = [
        bench(floor, allocated),
        bench(floor, 0),
        bench(floor, picked, merchant_id=await make.merchant()),
    ]
    answers = await pack(tx, floor.node_id, packs, NOW, crosses)
    assert [a.outcome for a in answers] == ["not_picked", "unknown", "unknown"]
    other = await floor.another()
    (answer,) = await pack(tx, other.node_id, [bench(floor, picked)], NOW, crosses)
    assert answer.outcome == "unknown"
    assert await floor.status(picked, allocated) == ["picked", "allocated"]


async def test_what_fits_no_carton_ships_as_it_is_and_keeps_its_size(tx, floor):
    await floor.sku("LADDER", weight_g=9_000)
    await floor.sku("LAMP")
    await tx.fetch(
        "UPDATE merchants.sku SET length_mm = 2000 WHERE sku_id = $1", floor.skus["LADDER"]
    )
    order_id = await floor.picked(("LADDER", 2), ("LAMP", 1))
    await pack(tx, floor.node_id, [bench(floor, order_id)], NOW, crosses)
    assert [row[:3] for row in await parcels_of(tx, order_id)] == [
        (1, "P1", 481), (2, "own", 9_000), (3, "own", 9_000),
    ]  # fmt: skip
    sizes = await tx.fetch(
        "SELECT length_mm, width_mm, height_mm FROM warehouse.parcel_sizes ORDER BY parcel_id"
    )
    assert [tuple(row) for row in sizes] == [(200, 150, 60), (2_000, 80, 60), (2_000, 80, 60)]


async def test_hundreds_in_one_call(tx, floor):
    await floor.sku("HIT")
    orders = [await floor.picked(("HIT", 1)) for _ in range(120)]
    packs = [bench(floor, order_id) for order_id in orders]
    answers = await pack(tx, floor.node_id, packs, NOW, crosses)
    assert [a.outcome for a in answers] == ["packed"] * 120
    assert [a.fulfilment_order_id for a in answers] == orders
    ids = [a.parcel_ids[0] for a in answers]
    assert ids == sorted(set(ids))


async def test_without_cartons_it_says_what_to_do(tx, floor):
    await tx.fetch("DELETE FROM warehouse.carton")
    with pytest.raises(Conflict, match="add the cartons"):
        await pack(tx, floor.node_id, [bench(floor, 1)], NOW, crosses)


async def test_at_once_one_bench_packs(database, floor_in):
    async def world(tx):
        floor = await floor_in(tx).open()
        await floor.sku("LAMP")
        return floor, await floor.picked(("LAMP", 1))

    floor, order_id = await database.run(OPERATOR, world)

    async def work(tx):
        (answer,) = await pack(tx, floor.node_id, [bench(floor, order_id)], NOW, crosses)
        await asyncio.sleep(0.05)
        return answer.outcome

    outcomes = await asyncio.gather(*[database.run(OPERATOR, work) for _ in range(3)])
    assert sorted(outcomes) == ["packed", "repeated", "repeated"]
    rows = await database.run(OPERATOR, lambda tx: tx.fetch("SELECT FROM warehouse.parcel"))
    assert len(rows) == 1
