"""Receipt applies the policies in force: what is kept unpaid, held, due later, or too much."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from penstock import lending
from penstock.inventory.release import release_reservation
from penstock.lifecycle.claim import claim, put_off
from penstock.orders.expire import expire

MINUTE = timedelta(minutes=1)
FIRST = "2026-11-20"


@pytest.fixture
async def shop(shop):
    """A shop under the policies that come with Penstock."""
    await shop.api.made(lambda make: lending.set_up(make.tx))
    return shop


async def policy(shop, **said):
    said = {"effective_from": FIRST, "source": "ours"} | said
    await shop.ask("POST", "policies", {"policies": [said], "because": "peak"}, shop.operator)


def paid(shop, order):
    """The same order, now that it is paid."""
    return order | {"paid_at": shop.api.clock.at.isoformat()}


async def expired(shop):
    """Let the worker end what nobody has paid in time; return how many were due."""

    async def work(make):
        due = await claim(make.tx, kind="fulfilment_order", status="reserved",
                          now=shop.api.clock.at, batch=100)  # fmt: skip
        await expire(make.tx, due, shop.api.clock.at, release=release_reservation)
        await put_off(make.tx, due, "reserved", shop.api.clock.at)
        return len(due)

    return await shop.api.made(work)


async def reserved(shop):
    """Units reserved in all pools."""
    return (await shop.rows("SELECT sum(reserved) FROM inventory.pool_stock"))[0][0]


async def status_of(shop, order_id):
    shown = await shop.ask("GET", f"orders/{order_id}")
    return shown["status"]


async def told(shop, topic="promise.extended"):
    """The orders that events of a topic are about."""
    return [i for (i,) in await shop.rows(
        "SELECT subject_id FROM outbox.events WHERE topic = $1 ORDER BY 1", topic
    )]  # fmt: skip


async def test_unpaid_orders_are_refused_where_no_policy_keeps_them(shop):
    order = shop.order(1, stream="", paid_at=None)
    code, outcome, said = await shop.send(order)
    assert (code, outcome) == (422, "not_paid")
    assert [e["pointer"] for e in said["errors"]] == ["/paid_at"]
    assert await shop.stored() == []
    assert (await shop.send(paid(shop, order)))[:2] == (201, "accepted")


async def test_an_unpaid_order_is_kept_until_it_expires_and_is_then_too_late(shop):
    order = shop.order(1, ("LAMP", 3), paid_at=None)
    code, outcome, said = await shop.send(order)
    assert (code, outcome) == (201, "accepted")
    assert said["detail"] == "reserved until 2026-11-20 12:15:00 UTC, to be paid by then"
    assert await status_of(shop, said["order_id"]) == "reserved"
    assert await shop.send(order) == (201, "accepted", said), "its repetition gets the same answer"
    shop.api.clock.at += 14 * MINUTE
    assert (await expired(shop), await reserved(shop)) == (0, 3)
    shop.api.clock.at += MINUTE
    assert (await expired(shop), await reserved(shop)) == (1, 0)
    assert (await expired(shop), await reserved(shop)) == (0, 0)
    assert await shop.rows("SELECT reason, fault FROM orders.cancellation") == [
        ("payment_expired", "buyer")
    ]
    code, outcome, _ = await shop.send(paid(shop, order))
    assert (code, outcome) == (409, "expired")
    assert await shop.outcomes(order, paid(shop, order)) == ["accepted", "expired"]
    assert await shop.rows("SELECT count(*) FROM orders.payment") == [(0,)]
    assert await shop.api.made(lambda make: lending.audit(make.tx)) == []


async def test_the_order_sent_again_with_its_payment_is_paid(shop):
    order = shop.order(1, ("LAMP", 3), paid_at=None, ordered_at="2026-11-18T12:00:00Z")
    *_, first = await shop.send(order)
    shop.api.clock.at += 10 * MINUTE
    payment = paid(shop, order)
    code, outcome, said = await shop.send(payment)
    assert (code, outcome, said["order_id"]) == (201, "accepted", first["order_id"])
    (due,) = lending.promise("tiktok_us_regular", "US", [shop.api.clock.at])
    assert datetime.fromisoformat(said["dispatch_by_at"]) == due.dispatch_by_at
    assert datetime.fromisoformat(said["deliver_by_at"]) == due.deliver_by_at
    assert said["dispatch_by_at"] > first["dispatch_by_at"]
    assert "detail" not in said
    assert await status_of(shop, first["order_id"]) == "open"
    shop.api.clock.at += 10 * MINUTE
    assert (await expired(shop), await reserved(shop)) == (0, 3)
    for again in (payment, order, payment):
        code, outcome, repeated = await shop.send(again)
        assert (code, outcome, repeated["order_id"]) == (201, "accepted", first["order_id"])
        assert repeated["dispatch_by_at"] == said["dispatch_by_at"]
    other = payment | {"paid_at": shop.api.clock.at.isoformat()}
    assert (await shop.send(other))[2] == said, "the first payment stands"
    assert await shop.rows("SELECT count(*) FROM orders.payment") == [(1,)]
    assert await reserved(shop) == 3


async def test_an_order_and_its_payment_may_come_in_one_batch(shop):
    order = shop.order(1, paid_at=None)
    payment = paid(shop, order)
    said = await shop.ask("POST", "orders:batch", [order, payment, order, payment])
    assert [one["outcome"] for one in said["answers"]] == ["accepted"] * 4
    assert len({one["order_id"] for one in said["answers"]}) == 1
    assert ["detail" in one for one in said["answers"]] == [True, False, True, False]
    (order_id,) = {one["order_id"] for one in said["answers"]}
    assert await status_of(shop, order_id) == "open"
    assert await shop.rows("SELECT count(*) FROM orders.payment") == [(1,)]
    other = shop.order(2, paid_at=None)
    again = shop.order(3, paid_at=None)
    assert await shop.outcomes(other, again, paid(shop, other), other | {"currency": "EUR"}) == [
        "accepted", "accepted", "accepted", "key_reused",
    ]  # fmt: skip


async def test_what_is_refused_unpaid_may_come_paid_in_the_same_batch(shop):
    order = shop.order(1, stream="", paid_at=None)
    payment, other = paid(shop, order), shop.order(2, stream="")
    late = payment | {"paid_at": (shop.api.clock.at - MINUTE).isoformat()}
    assert await shop.outcomes(order, other, payment, order, payment, late) == [
        "not_paid", "accepted", "accepted", "not_paid", "accepted", "key_reused",
    ]  # fmt: skip
    assert sorted(await shop.stored()) == ["N-1", "N-2"]
    assert await reserved(shop) == 2
    await shop.brake(kind="pause")
    unpaid = shop.order(3, paid_at=None)
    assert await shop.outcomes(unpaid, paid(shop, unpaid)) == ["paused", "paused"]


async def test_the_payment_of_what_was_not_there_gets_the_first_answer(shop):
    order = shop.order(1, ("LAMP", 99), paid_at=None)
    for body in (order, paid(shop, order)):
        assert await shop.outcomes(body) == ["insufficient_stock"]
    other = shop.order(2, ("LAMP", 99), paid_at=None)
    assert await shop.outcomes(other, paid(shop, other)) == ["insufficient_stock"] * 2
    assert await reserved(shop) == 0


async def test_a_payment_after_the_cancellation_is_refused(shop):
    order = shop.order(1, paid_at=None)
    *_, said = await shop.send(order)
    await shop.ask("POST", "orders:cancel", {"orders": [said["order_id"]], "reason": "remorse"})
    code, outcome, _ = await shop.send(paid(shop, order))
    assert (code, outcome, await reserved(shop)) == (409, "cancelled", 0)


@pytest.mark.parametrize(
    "change",
    [{"currency": "EUR"}, {"buyer_id": "bob"}, {"note": "ring twice"}, {"shipping_minor": 1}],
)
async def test_whatever_else_is_new_is_another_order(shop, change):
    order = shop.order(1, paid_at=None)
    await shop.send(order)
    for body in (order | change, paid(shop, order) | change):
        assert (await shop.send(body))[:2] == (422, "key_reused")
    await shop.send(paid(shop, order))
    assert (await shop.send(paid(shop, order) | change))[1] == "key_reused"


async def test_a_payment_through_its_own_door_answers_the_order_too(shop):
    order = shop.order(1, paid_at=None)
    *_, said = await shop.send(order)
    payment = {"order_id": said["order_id"], "paid_at": shop.api.clock.at.isoformat()}
    (done,) = await shop.ask("POST", "orders:pay", {"payments": [payment]})
    assert done["outcome"] == "paid"
    again = await shop.send(paid(shop, order))
    assert again[2]["dispatch_by_at"] == done["dispatch_by_at"]


async def test_an_unpaid_order_may_take_what_is_there(shop):
    order = shop.order(1, ("LAMP", 20), policy="available", paid_at=None)
    *_, said = await shop.send(order)
    assert said["detail"] == (
        "only what was available was taken; "
        "reserved until 2026-11-20 12:15:00 UTC, to be paid by then"
    )
    assert await reserved(shop) == 12


async def test_an_unpaid_order_that_waits_for_stock_does_so_once_it_is_paid(shop):
    order = shop.order(1, ("LAMP", 20), policy="backorder", paid_at=None)
    *_, said = await shop.send(order)
    assert await status_of(shop, said["order_id"]) == "reserved"
    await shop.send(paid(shop, order))
    assert await status_of(shop, said["order_id"]) == "backordered"


async def test_beyond_the_capacity_orders_are_taken_and_due_later(shop):
    wish = {"orders": 2, "effective_from": "2026-11-21", "because": "two packers"}
    await shop.ask("PUT", "capacity", {"capacities": [wish]})
    assert (
        await shop.outcomes(*(shop.order(f"before-{n}", stream="") for n in range(3)))
        == ["accepted"] * 3
    )
    assert await told(shop) == [], "it holds from tomorrow on"
    shop.api.clock.at = datetime(2026, 11, 21, 12, tzinfo=UTC)
    orders = [shop.order(n, stream="") for n in range(4)]
    orders.insert(1, shop.order("none", ("LAMP", 99), stream=""))
    said = (await shop.ask("POST", "orders:batch", orders))["answers"]
    assert [one["outcome"] for one in said] == [
        "accepted", "insufficient_stock", "accepted", "accepted", "accepted",
    ]  # fmt: skip
    fifth = (await shop.send(shop.order(4, stream="")))[2]
    taken = [one for one in (*said, fifth) if one.get("order_id")]
    days = lending.promise("tiktok_us_regular", "US", [shop.api.clock.at] * 5, [0, 0, 1, 1, 2])
    assert [datetime.fromisoformat(one["dispatch_by_at"]) for one in taken] == [
        day.dispatch_by_at for day in days
    ]
    assert len({day.dispatch_by_at for day in days}) == 3
    assert await told(shop) == sorted(one["order_id"] for one in taken[2:])


async def test_a_node_that_is_full_makes_only_the_orders_late_that_wait_for_it(shop):
    """Two nodes with capacities of their own: one behind the shop's pool, one behind a British."""

    async def abroad(make):
        british = await make.node(country="GB", zone="Europe/London")
        pool = await make.pool(shop.merchant_id, [british], country="GB")
        rows = await make.tx.fetch("SELECT sku_id FROM merchants.sku WHERE code = 'LAMP'")
        await make.stock(shop.merchant_id, british, pool, rows[0][0], 20)
        await make.tx.fetch(
            "INSERT INTO merchants.market VALUES ($1, 'GB', 'GBP', 'tiktok_uk')",
            shop.merchant_id,
        )
        return british

    british = await shop.api.made(abroad)
    ((american,),) = await shop.rows("SELECT node_id FROM inventory.node WHERE country = 'US'")
    declared = {"effective_from": "2026-11-21", "because": "packers"}
    wishes = [declared | {"node_id": american, "orders": 1},
              declared | {"node_id": british, "orders": 2}]  # fmt: skip
    await shop.ask("PUT", "capacity", {"capacities": wishes})
    shop.api.clock.at = datetime(2026, 11, 21, 12, tzinfo=UTC)
    there = {"name": "Ada", "line1": "1 High St", "city": "Leeds", "country": "GB"}
    to_leeds = {"stream": "", "ship_to": there, "currency": "GBP"}
    first = [shop.order(1), shop.order(2, stream=""), shop.order(3, **to_leeds)]
    said = (await shop.ask("POST", "orders:batch", first))["answers"]
    said += (await shop.ask("POST", "orders:batch",
                            [shop.order(n, **to_leeds) for n in (4, 5)]))["answers"]  # fmt: skip
    assert [one["outcome"] for one in said] == ["accepted"] * 5
    assert await told(shop) == [said[1]["order_id"], said[4]["order_id"]]
    ((handled,),) = await shop.rows(
        "SELECT handled::text FROM merchants.day WHERE merchant_id = $1 AND day = '2026-11-21'",
        shop.merchant_id,
    )
    assert msgspec.json.decode(handled, type=dict[int, int]) == {american: 2, british: 3}


async def test_an_unpaid_order_beyond_the_capacity_stays_so_when_it_is_paid(shop):
    wish = {"orders": 1, "effective_from": "2026-11-21", "because": "one packer"}
    await shop.ask("PUT", "capacity", {"capacities": [wish]})
    await policy(shop, kind="reservation", code="wait", minutes=30)
    shop.api.clock.at = datetime(2026, 11, 21, 12, tzinfo=UTC)
    order = shop.order(2, stream="", paid_at=None)
    assert await shop.outcomes(shop.order(1, stream=""), order) == ["accepted"] * 2
    *_, said = await shop.send(paid(shop, order))
    (due,) = lending.promise("tiktok_us_regular", "US", [shop.api.clock.at], [1])
    assert datetime.fromisoformat(said["dispatch_by_at"]) == due.dispatch_by_at


async def test_tiktok_shops_orders_are_held_for_an_hour_after_payment(shop):
    tiktok = {"channel": "tiktok_shop", "stream": ""}
    orders = {
        "held": shop.order(1, **tiktok), "open": shop.order(2, stream=""),
        "over": shop.order(3, **tiktok, paid_at="2026-11-20T10:59:59Z"),
        "unpaid": shop.order(4, channel="tiktok_shop", paid_at=None),
    }  # fmt: skip
    ids = {name: (await shop.send(order))[2]["order_id"] for name, order in orders.items()}
    assert {name: await status_of(shop, i) for name, i in ids.items()} == {
        "held": "held", "open": "open", "over": "open", "unpaid": "reserved",
    }  # fmt: skip
    shop.api.clock.at += 10 * MINUTE
    await shop.send(paid(shop, orders["unpaid"]))
    due = dict(await shop.rows("SELECT subject_id, due_at FROM lifecycle.subject"))
    assert due[ids["held"]] == shop.api.clock.at + 50 * MINUTE
    assert due[ids["unpaid"]] == shop.api.clock.at + 60 * MINUTE
    assert await status_of(shop, ids["unpaid"]) == "held"


FULL = {
    "the merchant's cap of orders for today is full": [
        "UPDATE merchants.merchant SET daily_cap = 1",
    ],
    "the merchant's tier allows no more orders today": [
        "UPDATE merchants.merchant SET daily_cap = 9",
        ("INSERT INTO merchants.tier (merchant_id, ladder, tier, daily_cap, from_at, because,"
         " decided_by) SELECT merchant_id, 'steps', 'few', 2, '2026-11-20', 'new here', 'us'"
         " FROM merchants.merchant"),
    ],
    "the merchant's volume is limited because of its score": [
        "UPDATE merchants.tier SET daily_cap = 9",
        ("INSERT INTO merchants.volume_limit (merchant_id, policy, percent, mean_orders,"
         " daily_cap, from_at, until_at, because) SELECT merchant_id, 'p', 50, 6, 3, '2026-11-20',"
         " '2026-11-27', 'low' FROM merchants.merchant"),
    ],
}  # fmt: skip


async def test_a_full_day_says_which_cap_it_is(shop):
    for reason, statements in FULL.items():
        for statement in statements:
            await shop.rows(statement)
        late = shop.order(f"{reason} 2")
        assert await shop.outcomes(shop.order(reason), late) == ["accepted", "daily_cap_reached"]
        code, outcome, said = await shop.send(late)
        assert (code, outcome, said["detail"]) == (429, "daily_cap_reached", reason)
