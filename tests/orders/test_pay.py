"""A payment moves an order on once; of payment, expiry and cancellation exactly one wins."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from penstock.db.transaction import OPERATOR, Database, Transaction, merchant
from penstock.inventory.audit import audit
from penstock.inventory.commit import uncommit_stock
from penstock.inventory.release import release_reservation
from penstock.lending import promise
from penstock.lifecycle.claim import claim, put_off
from penstock.orders.cancel import cancel
from penstock.orders.expire import expire
from penstock.orders.pay import Payment, pay

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SLA = "tiktok_us_regular"


async def paying(tx, shop, order, *, at=NOW, now=NOW, reference=""):
    payment = Payment(order_id=order, paid_at=at, reference=reference)
    (answer,) = await pay(tx, shop.merchant, [payment], now, promise=promise)
    return answer


async def cancelling(tx, shop, order):
    (answer,) = await cancel(
        tx, shop.merchant, [order], "remorse", "buyer", NOW,
        release=release_reservation, uncommit=uncommit_stock,
    )  # fmt: skip
    return answer.outcome


async def expiring(tx, now):
    subjects = await claim(tx, kind="fulfilment_order", status="reserved", now=now, batch=100)
    await expire(tx, subjects, now, release=release_reservation)
    await put_off(tx, subjects, "reserved", now)
    return [s.subject_id for s in subjects]


async def due_at(tx, order):
    rows = await tx.fetch("SELECT due_at FROM lifecycle.subject WHERE subject_id = $1", order)
    return rows[0][0]


async def dates(tx, order):
    (row,) = await tx.fetch(
        "SELECT paid_at, dispatch_by_at, deliver_by_at FROM orders.receipt WHERE order_id = $1",
        order,
    )
    return tuple(row)


async def test_a_paid_order_goes_on_with_a_promise_from_its_payment(tx, shop, reserve_unpaid):
    await shop.stock(5)
    order = await reserve_unpaid(shop)
    at, now = NOW + 5 * MINUTE, NOW + 6 * MINUTE
    answer = await paying(tx, shop, order, at=at, now=now, reference="psp-1")
    (due,) = promise(SLA, "US", [at])
    assert (answer.outcome, answer.status) == ("paid", "open")
    assert (answer.dispatch_by_at, answer.deliver_by_at) == (due.dispatch_by_at, due.deliver_by_at)
    assert await dates(tx, order) == (at, due.dispatch_by_at, due.deliver_by_at)
    assert await due_at(tx, order) == now
    assert await shop.reserved() == (5, 1)
    assert await audit(tx) == []
    again = await paying(tx, shop, order, at=at + MINUTE, now=now + MINUTE, reference="psp-2")
    assert (again.outcome, again.status) == ("repeated", "open")
    rows = await tx.fetch(
        "SELECT reference, paid_at FROM orders.payment WHERE order_id = $1", order
    )
    assert [tuple(row) for row in rows] == [("psp-1", at)]
    assert (await dates(tx, order))[0] == at


async def test_the_remorse_hold_begins_with_the_payment(tx, shop, reserve_unpaid):
    await shop.stock(5)
    fresh, old = [await reserve_unpaid(shop, hold=60 * MINUTE, minutes=120) for _ in range(2)]
    now = NOW + 100 * MINUTE
    one = await paying(tx, shop, fresh, at=now - 10 * MINUTE, now=now)
    other = await paying(tx, shop, old, at=now - 60 * MINUTE, now=now)
    assert (one.status, await due_at(tx, fresh)) == ("held", now + 50 * MINUTE)
    assert (other.status, await due_at(tx, old)) == ("open", now)


async def test_what_lacks_stock_waits_for_it_once_it_is_paid(tx, shop, reserve_unpaid):
    await shop.stock(2)
    order = await reserve_unpaid(shop, quantity=5, backordered=3, hold=60 * MINUTE)
    answer = await paying(tx, shop, order)
    assert (answer.status, await shop.status(order)) == ("backordered", "backordered")
    assert await audit(tx) == []


async def test_the_extension_of_receipt_is_kept(tx, shop, reserve_unpaid):
    await shop.stock(5)
    order = await reserve_unpaid(shop, extra_days=2)
    answer = await paying(tx, shop, order)
    (due,) = promise(SLA, "US", [NOW], [2])
    (usual,) = promise(SLA, "US", [NOW])
    assert answer.dispatch_by_at == due.dispatch_by_at > usual.dispatch_by_at


async def test_too_late_is_told_apart(tx, shop, reserve_unpaid):
    await shop.stock(5)
    late, regretted = await reserve_unpaid(shop), await reserve_unpaid(shop, minutes=60)
    await cancelling(tx, shop, regretted)
    assert await expiring(tx, NOW + 20 * MINUTE) == [late]
    for order, outcome in ((late, "expired"), (regretted, "cancelled")):
        answer = await paying(tx, shop, order)
        assert (answer.outcome, answer.status) == (outcome, "cancelled")
    assert await shop.reserved() == (5, 0)
    assert await tx.fetch("SELECT FROM orders.payment WHERE merchant_id = $1", shop.merchant) == []


async def test_a_payment_before_the_expiry_is_in_time_however_late(tx, shop, reserve_unpaid):
    await shop.stock(5)
    order = await reserve_unpaid(shop)
    now = NOW + 300 * MINUTE
    assert (await paying(tx, shop, order, at=now, now=now)).outcome == "paid"
    assert await expiring(tx, now) == []
    assert await shop.reserved() == (5, 1)


async def test_each_payment_of_a_batch_gets_its_answer(tx, make, shop, shop_in, reserve_unpaid):
    await shop.stock(5)
    other = await shop_in(tx, make).open()
    await other.stock(5)
    theirs, unpaid, paid = await reserve_unpaid(other), await reserve_unpaid(shop), 0
    paid = await shop.order()

    def payment(order, **about):
        return Payment(**{"order_id": order, "paid_at": NOW} | about)

    payments = [
        payment(unpaid, paid_at=NOW + timedelta(days=2)),
        payment(unpaid, paid_at=NOW.replace(tzinfo=None)),
        payment(unpaid, reference="x" * 256),
        payment(-1),
        payment(theirs), payment(10**15), payment(paid), payment(unpaid), payment(unpaid),
    ]  # fmt: skip
    answers = await pay(tx, shop.merchant, payments, NOW, promise=promise)
    assert [(a.order_id, a.outcome) for a in answers] == [
        (unpaid, "invalid"), (unpaid, "invalid"), (unpaid, "invalid"), (-1, "invalid"),
        (theirs, "unknown"), (10**15, "unknown"), (paid, "repeated"), (unpaid, "paid"),
        (unpaid, "repeated"),
    ]  # fmt: skip
    assert await other.status(theirs) == "reserved"


class Paused(Transaction):
    """A transaction that stops before its `stop`-th statement (from 1) until it may go on."""

    def __init__(self, tx: Transaction, stop: int) -> None:
        super().__init__(tx._connection, tx.actor)
        self.left = stop
        self.stopped, self.go_on = asyncio.Event(), asyncio.Event()

    async def fetch(self, sql, *arguments):
        self.left -= 1
        if not self.left:
            self.stopped.set()
            await self.go_on.wait()
        return await super().fetch(sql, *arguments)


async def until_done_or_blocked(database: Database, task: "asyncio.Task[object]") -> bool:
    """Wait until `task` is done or waits for a row that another transaction has; say which."""

    async def waiting(tx):
        return await tx.fetch(
            "SELECT FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE NOT granted AND datname = current_database()"
        )

    while not task.done():
        if await database.run(OPERATOR, waiting):
            return False
        await asyncio.sleep(0)
    return True


LATE = NOW + 20 * MINUTE
VERBS = {
    "pay": lambda tx, shop, order: paying(tx, shop, order, at=LATE, now=LATE),
    "cancel": cancelling,
    "expire": lambda tx, _shop, _order: expiring(tx, LATE),
}


async def one_race(database, shop, order, names, stop):
    """Run the second verb while the first stands before its `stop`-th statement.

    Return what each has answered, and whether the first has come so far.
    """
    first, second = (VERBS[name] for name in names)
    at_hand: asyncio.Future[Paused] = asyncio.get_running_loop().create_future()

    async def early(tx):
        paused = Paused(tx, stop)
        at_hand.set_result(paused)
        return await first(paused, shop, order)

    one = asyncio.create_task(database.run(OPERATOR, early))
    paused = await at_hand
    stopped = asyncio.create_task(paused.stopped.wait())
    await asyncio.wait({one, stopped}, return_when=asyncio.FIRST_COMPLETED)
    reached = paused.stopped.is_set()
    stopped.cancel()
    other = asyncio.create_task(database.run(OPERATOR, lambda tx: second(tx, shop, order)))
    await until_done_or_blocked(database, other)
    paused.go_on.set()
    answers = await asyncio.gather(one, other)
    return dict(zip(names, answers, strict=True)), reached


async def came_to(database, shop, order):
    """Status, units in reservation, releases in the ledger, cancellations, payments, events."""

    async def work(tx):
        (row,) = await tx.fetch(
            "SELECT (SELECT status FROM lifecycle.subject WHERE subject_id = $1) AS status,"
            " (SELECT quantity FROM inventory.reservation WHERE order_id = $1) AS held,"
            " (SELECT count(*) FROM inventory.move WHERE subject_id = $1 AND reason = 'release')"
            "  AS released,"
            " (SELECT string_agg(reason, ',') FROM orders.cancellation WHERE order_id = $1)"
            "  AS ended,"
            " (SELECT count(*) FROM orders.payment WHERE order_id = $1) AS payments,"
            " (SELECT string_agg(event, ',' ORDER BY history_id) FROM lifecycle.history"
            "  WHERE subject_id = $1) AS events",
            order,
        )
        assert await audit(tx) == []
        return tuple(row)

    return await database.run(OPERATOR, work)


WON = {
    "paid": ("open", 1, 0, None, 1, "received_unpaid,paid"),
    "cancelled": ("cancelled", 0, 1, "remorse", 0, "received_unpaid,cancelled"),
    "expired": ("cancelled", 0, 1, "payment_expired", 0, "received_unpaid,expired"),
    "paid, then cancelled": ("cancelled", 0, 1, "remorse", 1, "received_unpaid,paid,cancelled"),
}
"""What the order has come to, by who has won; a paid order may still be cancelled."""


@pytest.mark.parametrize("names", list(permutations(VERBS, 2)), ids="-".join)
async def test_of_two_at_once_exactly_one_wins(database, shop_in, make_in, reserve_unpaid, names):
    async def world(tx):
        shop = await shop_in(tx, make_in(tx)).open()
        await shop.stock(100)
        return shop

    shop = await database.run(OPERATOR, world)
    stop, reached, winners = 1, True, set()
    while reached:

        async def unpaid(tx):
            shop.tx = shop.make.tx = tx
            return await reserve_unpaid(shop)

        order = await database.run(OPERATOR, unpaid)
        answers, reached = await one_race(database, shop, order, names, stop)
        ended = await came_to(database, shop, order)
        (winner,) = [name for name, end in WON.items() if end == ended]
        winners.add(winner)
        if "pay" in answers:
            assert answers["pay"].outcome == winner.partition(",")[0]
        if "cancel" in answers:
            assert answers["cancel"] == "cancelled"
        stop += 1
    assert stop > 3, "the first verb was never stopped in its course"
    assert len(winners) == 2, f"only {winners} ever won: the race was none"


async def test_in_a_crowd_every_order_ends_once(database, shop_in, make_in, reserve_unpaid):
    async def world(tx):
        shop = await shop_in(tx, make_in(tx)).open()
        await shop.stock(60)
        return shop, [await reserve_unpaid(shop) for _ in range(40)]

    shop, orders = await database.run(OPERATOR, world)
    payments = [Payment(order_id=order, paid_at=LATE) for order in orders]

    async def paid(some):
        return await database.run(
            merchant(shop.merchant),
            lambda tx: pay(tx, shop.merchant, some, LATE, promise=promise),
        )

    async def regret(some):
        await database.run(
            OPERATOR,
            lambda tx: cancel(
                tx, shop.merchant, some, "remorse", "buyer", LATE,
                release=release_reservation, uncommit=uncommit_stock,
            ),
        )  # fmt: skip

    answers = await asyncio.gather(
        paid(payments[:15]), paid(payments[10:20][::-1]), regret(orders[12:28]),
        database.run(OPERATOR, lambda tx: expiring(tx, LATE)), paid(payments[5:]),
        database.run(OPERATOR, lambda tx: expiring(tx, LATE)),
    )  # fmt: skip
    ended = [await came_to(database, shop, order) for order in orders]
    open_orders = [end for end in ended if end[0] == "open"]
    assert all(end in WON.values() for end in ended)
    told = [a for some in (answers[0], answers[1], answers[4]) for a in some]
    assert sum(a.outcome == "paid" for a in told) == sum(end[4] for end in ended)

    async def after(tx):
        shop.tx = shop.make.tx = tx
        return await shop.reserved()

    assert await database.run(OPERATOR, after) == (60, len(open_orders))
