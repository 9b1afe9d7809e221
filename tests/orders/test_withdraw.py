"""What no live fulfilment order needs is given back; what one needs is not."""

from datetime import UTC, datetime

from penstock.inventory.audit import audit
from penstock.inventory.commit import uncommit_stock
from penstock.inventory.release import release_reservation
from penstock.lifecycle.advance import Subject, move
from penstock.orders.withdraw import withdraw

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def test_live_orders_keep_what_they_hold(tx, shop):
    await shop.stock(9)
    waiting, placed = await shop.order(quantity=2), await shop.order(quantity=3)
    await shop.allocate(placed)
    subjects = [Subject(shop.merchant, order) for order in (waiting, placed)]
    await withdraw(tx, subjects, NOW, release=release_reservation)
    assert await shop.reserved() == (9, 5)


async def test_what_will_never_ship_gives_back_what_it_held(tx, shop):
    await shop.stock(9)
    order = await shop.order(quantity=3)
    await shop.allocate(order)
    subject = Subject(shop.merchant, order)
    for event in ("released", "picked", "packed", "not_delivered"):
        await move(tx, [subject], event, NOW)
    assert {d.account for d in await audit(tx)} == {"order", "commitments"}
    for _ in range(2):
        await uncommit_stock(tx, [(shop.merchant, order)], NOW)
        await withdraw(tx, [subject], NOW, release=release_reservation)
        assert await shop.reserved() == (9, 0)
    assert await audit(tx) == []
