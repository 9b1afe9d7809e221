"""Goods come once, on both planes, and what differs from the announcement is named."""

from datetime import UTC, datetime

import pytest

from penstock.inventory.commit import uncommit_stock
from penstock.inventory.receive_asn import Discrepancy, receive_asn
from penstock.inventory.restock import restock
from penstock.kernel.errors import Conflict, Invalid

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def test_what_came_is_at_the_node_and_for_sale(tx, world, books):
    answer = await receive_asn(
        tx, world.merchant, "ASN-1", world.a, [(world.lamp, 10, 8, "A-07")], NOW
    )
    assert not answer.repeated
    assert answer.discrepancies == (Discrepancy(world.lamp, 10, 8),)
    assert await books(world) == ({world.a: (8, 0)}, {world.pool: (8, 0)})
    rows = await tx.fetch(
        "SELECT bin FROM inventory.node_stock WHERE merchant_id = $1", world.merchant
    )
    assert [r[0] for r in rows] == ["A-07"]


async def test_the_same_asn_again_changes_nothing(tx, world, books):
    lines = [(world.lamp, 4, 4, "A-01"), (world.lamp, 2, 3, "")]
    first = await receive_asn(tx, world.merchant, "ASN-1", world.a, lines, NOW)
    again = await receive_asn(tx, world.merchant, "ASN-1", world.a, lines, NOW)
    assert first.discrepancies == again.discrepancies == (Discrepancy(world.lamp, 6, 7),)
    assert (again.asn_id, again.repeated) == (first.asn_id, True)
    assert await books(world) == ({world.a: (7, 0)}, {world.pool: (7, 0)})


async def test_the_same_code_with_other_lines_is_refused(tx, world, books):
    await receive_asn(tx, world.merchant, "ASN-1", world.a, [(world.lamp, 4, 4, "")], NOW)
    with pytest.raises(Conflict):
        await receive_asn(tx, world.merchant, "ASN-1", world.a, [(world.lamp, 4, 5, "")], NOW)
    with pytest.raises(Conflict):
        await receive_asn(tx, world.merchant, "ASN-1", world.b, [(world.lamp, 4, 4, "")], NOW)
    assert await books(world) == ({world.a: (4, 0)}, {world.pool: (4, 0)})


async def test_a_second_delivery_adds_and_keeps_the_bin(tx, world, books):
    await receive_asn(tx, world.merchant, "ASN-1", world.a, [(world.lamp, 4, 4, "A-01")], NOW)
    await receive_asn(tx, world.merchant, "ASN-2", world.a, [(world.lamp, 5, 5, "")], NOW)
    assert await books(world) == ({world.a: (9, 0)}, {world.pool: (9, 0)})
    (row,) = await tx.fetch(
        "SELECT bin FROM inventory.node_stock WHERE merchant_id = $1", world.merchant
    )
    assert row[0] == "A-01"


async def test_a_sku_of_which_nothing_came_is_carried_from_now_on(tx, world):
    await receive_asn(tx, world.merchant, "ASN-1", world.a, [(world.lamp, 5, 0, "")], NOW)
    rows = await tx.fetch(
        "SELECT pool_id, on_hand FROM inventory.pool_stock WHERE merchant_id = $1", world.merchant
    )
    assert [tuple(r) for r in rows] == [(world.pool, 0)]


async def test_every_broken_rule_is_named_by_field(tx, make, world):
    stranger = await make.node()
    with pytest.raises(Invalid) as refused:
        await receive_asn(
            tx,
            world.merchant,
            "ASN-1",
            stranger,
            [(world.lamp, 1, -1, ""), (world.lamp + 999, 1, 1, "")],
            NOW,
        )
    assert {(e.pointer, e.code) for e in refused.value.errors} == {
        ("/node", "no_pool"),
        ("/lines/0/received", "out_of_range"),
        ("/lines/1/sku", "unknown_sku"),
    }
    with pytest.raises(Invalid):
        await receive_asn(tx, world.merchant, "ASN-1", world.a, [], NOW)


async def test_anothers_sku_is_unknown(tx, make, world):
    other = await make.merchant()
    theirs = await make.sku(other)
    with pytest.raises(Invalid):
        await receive_asn(tx, world.merchant, "ASN-1", world.a, [(theirs, 1, 1, "")], NOW)


async def test_a_merchant_receives_into_its_own_stock(tx, world, books):
    await tx.fetch("SET LOCAL ROLE penstock_merchant")
    await tx.fetch("SELECT set_config('penstock.merchant_id', $1, true)", str(world.merchant))
    await receive_asn(tx, world.merchant, "ASN-1", world.a, [(world.lamp, 1, 1, "")], NOW)
    await tx.fetch("SET LOCAL ROLE penstock_operator")
    assert await books(world) == ({world.a: (1, 0)}, {world.pool: (1, 0)})


async def test_more_than_can_be_counted_is_told_by_line(tx, world):
    most = 10_000_000
    lines = [(world.lamp, most, most, "")] * 216
    with pytest.raises(Invalid) as refused:
        await receive_asn(tx, world.merchant, "ASN-1", world.a, lines, NOW)
    pointers = {e.pointer for e in refused.value.errors}
    assert "/lines/214/received" in pointers
    assert "/lines/213/received" not in pointers
    await receive_asn(tx, world.merchant, "ASN-2", world.a, lines[:214], NOW)
    with pytest.raises(Invalid) as refused:
        await receive_asn(tx, world.merchant, "ASN-3", world.a, lines[:1] * 2, NOW)
    assert [e.pointer for e in refused.value.errors] == ["/lines/0/received", "/lines/1/received"]


async def test_an_asn_of_an_orders_number_is_not_that_orders(tx, world):
    """Moves of an ASN bear its number, which an order may have, too."""
    came = await receive_asn(tx, world.merchant, "ASN-1", world.a, [(world.lamp, 5, 5, "")], NOW)
    await uncommit_stock(tx, [(world.merchant, came.asn_id)], NOW)
    rows = await tx.fetch(
        "SELECT on_hand, allocated FROM inventory.node_stock WHERE merchant_id = $1",
        world.merchant,
    )
    assert [tuple(row) for row in rows] == [(5, 0)]
    outcome = await restock(tx, [(world.merchant, world.a, world.lamp, 1, came.asn_id)], NOW)
    assert "repeated" not in str(outcome)
