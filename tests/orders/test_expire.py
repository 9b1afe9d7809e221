"""What nobody pays in time ends, and its stock is for sale again, once."""

from datetime import UTC, datetime, timedelta

from penstock.inventory.audit import audit
from penstock.inventory.commit import uncommit_stock
from penstock.inventory.release import release_reservation
from penstock.journey import JOURNEY
from penstock.lifecycle.advance import Subject
from penstock.lifecycle.claim import claim
from penstock.orders.cancel import cancel
from penstock.orders.expire import expire
from penstock.orders.pay import Payment, pay
from penstock.worker.step import Step

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def run_expiry(tx, now):
    """The journey's own step, on what it claims at `now`."""
    (step,) = [work for work in JOURNEY if work.name == "expire"]
    assert isinstance(step, Step)
    subjects = await claim(
        tx, kind=step.when.kind, status=step.when.status, now=now, batch=step.batch
    )
    await step.do(tx, subjects, now)
    return [s.subject_id for s in subjects]


async def test_stock_comes_back_when_the_time_is_over_and_not_before(tx, shop, reserve_unpaid):
    await shop.stock(5)
    soon, later = await reserve_unpaid(shop, quantity=2), await reserve_unpaid(shop, minutes=30)
    assert (await shop.status(soon), await shop.reserved()) == ("reserved", (5, 3))
    assert await audit(tx) == []
    assert await run_expiry(tx, NOW + timedelta(minutes=15) - timedelta(microseconds=1)) == []
    for _ in range(2):
        assert await run_expiry(tx, NOW + timedelta(minutes=15)) in ([soon], [])
        assert await shop.status(soon) == "cancelled"
        assert await shop.status(later) == "reserved"
        assert await shop.reserved() == (5, 1)
        assert await audit(tx) == []
    rows = await tx.fetch(
        "SELECT order_id, reason, fault, at FROM orders.cancellation WHERE merchant_id = $1",
        shop.merchant,
    )
    assert [tuple(r) for r in rows] == [
        (soon, "payment_expired", "buyer", NOW + timedelta(minutes=15))
    ]
    (told,) = await tx.fetch(
        "SELECT count(*) FROM outbox.events WHERE topic = 'fulfilment_order.expired'"
        " AND subject_id = $1",
        soon,
    )
    assert told[0] == 1


async def test_of_a_batch_only_what_still_stands_is_released(tx, shop, reserve_unpaid):
    await shop.stock(9)
    late, regretted, paid = [await reserve_unpaid(shop) for _ in range(3)]
    await cancel(
        tx, shop.merchant, [regretted], "remorse", "buyer", NOW,
        release=release_reservation, uncommit=uncommit_stock,
    )  # fmt: skip
    payment = Payment(order_id=paid, paid_at=NOW)

    class Dates:
        dispatch_by_at = deliver_by_at = NOW

    (answer,) = await pay(tx, shop.merchant, [payment], NOW, promise=lambda *_: [Dates])
    assert answer.outcome == "paid"
    released = []

    async def release(tx, rows, at):
        released.extend(rows)
        return await release_reservation(tx, rows, at)

    subjects = [Subject(shop.merchant, order) for order in (late, regretted, paid)]
    await expire(tx, subjects, NOW + timedelta(hours=1), release=release)
    assert released == [(shop.merchant, late, 0, 1)]
    assert [await shop.status(o) for o in (late, regretted, paid)] == [
        "cancelled", "cancelled", "open",
    ]  # fmt: skip
    assert await shop.reserved() == (9, 1)
    assert await audit(tx) == []


async def test_a_short_order_gives_back_what_it_had(tx, shop, reserve_unpaid):
    await shop.stock(2)
    order = await reserve_unpaid(shop, quantity=5, backordered=3)
    await run_expiry(tx, NOW + timedelta(minutes=15))
    assert (await shop.status(order), await shop.reserved()) == ("cancelled", (2, 0))
    assert await audit(tx) == []
