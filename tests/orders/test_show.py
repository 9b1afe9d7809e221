"""One order with everything that is known of it, for its merchant and for operators only."""

import json
from datetime import UTC, datetime

import pytest

from penstock.db.query import QUERIES
from penstock.inventory.commit import uncommit_stock
from penstock.inventory.release import release_reservation
from penstock.lifecycle.advance import Subject, create, move, new_ids
from penstock.orders.cancel import cancel
from penstock.orders.show import show

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def test_an_order_just_taken_is_its_own_fulfilment_order(tx, shop):
    await shop.stock(5)
    order = await shop.order(quantity=2, key="T-77")
    shown = await show(tx, shop.merchant, order)
    assert (shown.order_id, shown.channel_order_id, shown.status) == (order, "T-77", "open")
    assert (shown.ship_to.city, shown.goods_minor, shown.currency) == ("Austin", 3998, "USD")
    assert [(x.sku, x.title, x.quantity, x.accepted) for x in shown.lines] == [
        ("LAMP", "Lamp", 2, 2)
    ]
    (part,) = shown.fulfilment_orders
    assert (part.fulfilment_order_id, part.node, part.status) == (order, None, "open")
    assert [(x.line_no, x.sku, x.quantity) for x in part.lines] == [(0, "LAMP", 2)]
    assert [(h.event, h.status, h.at) for h in shown.history] == [("received", "open", NOW)]


async def test_a_split_order_shows_each_part_with_its_parcels(tx, shop):
    await shop.stock(2)
    await shop.stock(1, node=shop.b)
    order = await shop.order(quantity=3)
    await shop.allocate(order)
    first = (await show(tx, shop.merchant, order)).fulfilment_orders[0]
    await ship(tx, shop, first.fulfilment_order_id)
    shown = await show(tx, None, order)
    assert shown.status == "allocated"
    shipped, waiting = shown.fulfilment_orders
    assert sorted(x.quantity for p in (shipped, waiting) for x in p.lines) == [1, 2]
    assert {shipped.node, waiting.node} == {"node-2", "node-3"}
    assert "freight 4.00 USD" in shipped.because
    (parcel,) = shipped.parcels
    assert (parcel.vendor, parcel.tracking_number, parcel.status) == ("swift", "SW1", "in_transit")
    assert [(t.status, t.code, t.place) for t in parcel.tracking] == [("in_transit", "DEP", "ORD")]
    assert waiting.parcels == ()
    assert [h.event for h in shown.history if h.subject_id == parcel.parcel_id] == [
        "packed",
        "label_bought",
        "manifested",
        "scanned",
    ]


async def ship(tx, shop, part):
    """Rows that the later stages would write."""
    for event in ("released", "picked", "packed"):
        await move(tx, [Subject(shop.merchant, part)], event, NOW)
    (parcel,) = await new_ids(tx, count=1, at=NOW)
    await create(
        tx, kind="parcel", merchant_ids=[shop.merchant], subject_ids=[parcel], events=["packed"],
        due_at=[None], at=NOW,
    )  # fmt: skip
    for event in ("label_bought", "manifested", "scanned"):
        await move(tx, [Subject(shop.merchant, parcel)], event, NOW)
    await tx.fetch(
        "INSERT INTO warehouse.parcel (merchant_id, parcel_id, fulfilment_order_id, parcel_no,"
        " node_id, country, carton, weight_g, packer, packed_at)"
        " VALUES ($1, $2, $3, 1, $4, 'US', 'own', 900, 'kim', $5)",
        shop.merchant, parcel, part, shop.a, NOW,
    )  # fmt: skip
    await tx.fetch(
        "INSERT INTO shipping.label (merchant_id, parcel_id, vendor, service, tracking_number,"
        " fee_minor, currency, bought_at, pickup_at, deliver_by_at)"
        " VALUES ($1, $2, 'swift', 'ground', 'SW1', 400, 'USD', $3, $3, $3)",
        shop.merchant, parcel, NOW,
    )  # fmt: skip
    await tx.fetch(
        "INSERT INTO tracking.event (vendor, event_id, merchant_id, parcel_id, code, status, place,"
        " occurred_at, local_time, zone_source, received_at)"
        " VALUES ('swift', 'e1', $1, $2, 'DEP', 'in_transit', 'ORD', $3, '', 'offset', $3)",
        shop.merchant, parcel, NOW,
    )  # fmt: skip


async def test_a_cancelled_order_says_why(tx, shop):
    await shop.stock(5)
    order = await shop.order()
    await cancel(
        tx, shop.merchant, [order], "remorse", "buyer", NOW,
        release=release_reservation, uncommit=uncommit_stock,
    )  # fmt: skip
    shown = await show(tx, shop.merchant, order)
    (part,) = shown.fulfilment_orders
    assert (shown.status, part.cancelled_because, part.cancelled_fault) == (
        "cancelled",
        "remorse",
        "buyer",
    )


async def test_to_another_merchant_it_does_not_exist(tx, make, shop, shop_in):
    other = await shop_in(tx, make).open()
    await shop.stock(5)
    order = await shop.order()
    assert await show(tx, other.merchant, order) is None
    assert await show(tx, None, order + 1) is None
    assert (await show(tx, None, order)).merchant == (await show(tx, shop.merchant, order)).merchant


async def test_row_level_security_holds_a_merchant_to_its_own(tx, make, shop, shop_in):
    other = await shop_in(tx, make).open()
    await shop.stock(5)
    order = await shop.order()
    await tx.fetch("SET LOCAL ROLE penstock_merchant")
    for merchant, visible in ((shop.merchant, True), (other.merchant, False)):
        await tx.fetch("SELECT set_config('penstock.merchant_id', $1, true)", str(merchant))
        assert (await show(tx, None, order) is not None) == visible


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["cancelled", "cancelled"], "cancelled"),
        (["cancelled", "delivered"], "delivered"),
        (["shipped", "open"], "open"),
        (["delivered", "shipped"], "shipped"),
        (["delivered", "undelivered"], "undelivered"),
        (["packed", "picked"], "picked"),
    ],
)
async def test_an_order_is_as_far_as_its_least_advanced_part(tx, shop, statuses, expected):
    await shop.stock(2)
    await shop.stock(1, node=shop.b)
    order = await shop.order(quantity=3)
    await shop.allocate(order)
    parts = (await show(tx, shop.merchant, order)).fulfilment_orders
    for part, status in zip(parts, statuses, strict=True):
        await tx.fetch(
            "UPDATE lifecycle.subject SET status = $2 WHERE subject_id = $1",
            part.fulfilment_order_id,
            status,
        )
    assert await shop.status(order) == expected


async def test_it_is_found_by_key_however_many_the_merchant_has(tx, shop):
    await shop.stock(5)
    order = await shop.order()
    await shop.allocate(order)
    await tx.fetch(
        "INSERT INTO lifecycle.subject (merchant_id, subject_id, kind, status, since_at, due_at,"
        " deadline_at) SELECT $1, n, 'fulfilment_order', 'delivered', $2, 'infinity', 'infinity'"
        " FROM generate_series(1, 3000) AS n",
        shop.merchant, NOW,
    )  # fmt: skip
    for how in ("hashjoin", "mergejoin", "seqscan"):  # as where it is asked: statistics may be old
        await tx.fetch(f"SET LOCAL enable_{how} = off")
    (query,) = (q for q in QUERIES if q.name == "penstock.orders.show.show_json")
    (plan,) = await tx.fetch(
        f"EXPLAIN (ANALYZE, FORMAT JSON) {query.sql}", [shop.merchant], [order]
    )
    assert visited(json.loads(plan[0])[0]["Plan"]) < 500


def visited(plan):
    """How many rows a plan and what is under it gave or threw away."""
    rows = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
    return rows * plan["Actual Loops"] + sum(map(visited, plan.get("Plans", ())))
