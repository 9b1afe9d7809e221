"""Held orders go on; what was cancelled meanwhile does not."""

from datetime import UTC, datetime, timedelta

from penstock.inventory.commit import uncommit_stock
from penstock.inventory.release import release_reservation
from penstock.lifecycle.advance import Subject
from penstock.orders.cancel import cancel
from penstock.orders.release_hold import release_hold

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def test_a_hold_ends_and_a_cancelled_order_stays_so(tx, make, shop_in):
    shop = await shop_in(tx, make).open(hold=timedelta(hours=1))
    await shop.stock(5)
    kept, regretted = await shop.order(), await shop.order()
    assert await shop.status(kept) == "held"
    await cancel(
        tx, shop.merchant, [regretted], "remorse", "buyer", NOW,
        release=release_reservation, uncommit=uncommit_stock,
    )  # fmt: skip
    subjects = [Subject(shop.merchant, order) for order in (kept, regretted)]
    await release_hold(tx, subjects, NOW + timedelta(hours=1))
    assert [await shop.status(order) for order in (kept, regretted)] == ["open", "cancelled"]
