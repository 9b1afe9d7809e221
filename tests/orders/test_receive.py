"""Receipt on a real database: who gets the stock, what a repetition gets, what is refused."""

from datetime import timedelta

import msgspec

from penstock import lending
from penstock.orders.receive import Wanted
from penstock.orders.receive import receive as receive_wanted
from penstock.orders.sold_out import SoldOut
from penstock.promise.due import Due

NOW = __import__("datetime").datetime(2026, 11, 20, 12, 0, tzinfo=__import__("datetime").UTC)


def promise(sla, country, paid_at, days=()):
    return [
        Due(dispatch_by_at=at + timedelta(days=2), deliver_by_at=at + timedelta(days=6))
        for at in paid_at
    ]


PORTS = msgspec.structs.replace(lending.RECEIPT, promise=promise)


async def receive(tx, merchant_id, orders, now, ports):
    """As `receive`, of orders that came under no key, with nothing remembered to be sold out."""
    wanted = [Wanted(order) for order in orders]
    return await receive_wanted(tx, merchant_id, wanted, now, ports, SoldOut(timedelta(0)))


async def shop(make, units=5, **merchant):
    merchant_id = await make.merchant(**merchant)
    node = await make.node()
    pool = await make.pool(merchant_id, [node])
    sku = await make.sku(merchant_id, code="LAMP")
    await make.stock(merchant_id, node, pool, sku, units)
    return merchant_id


async def test_accepts_until_the_stock_is_gone(tx, make):
    merchant_id = await shop(make, units=3)
    answers = await receive(tx, merchant_id, [make.order("LAMP") for _ in range(5)], NOW, PORTS)
    assert [a.outcome for a in answers] == ["accepted"] * 3 + ["insufficient_stock"] * 2
    rows = await tx.fetch(
        "SELECT on_hand, reserved FROM inventory.pool_stock WHERE merchant_id=$1", merchant_id
    )
    assert [tuple(r) for r in rows] == [(3, 3)]
    (subjects,) = await tx.fetch(
        "SELECT count(*) FROM lifecycle.subject WHERE merchant_id=$1 AND status='open'", merchant_id
    )
    assert subjects[0] == 3


async def test_the_same_order_twice_gets_the_same_answer(tx, make):
    merchant_id = await shop(make, units=3)
    order, late = make.order("LAMP", key="K"), make.order("LAMP", key="L", quantity=9)
    first = await receive(tx, merchant_id, [order, order, late], NOW, PORTS)
    again = await receive(tx, merchant_id, [order, late], NOW + timedelta(hours=1), PORTS)
    assert first[0] == first[1] == again[0]
    assert again[1].outcome == "insufficient_stock"
    other = await receive(tx, merchant_id, [make.order("LAMP", key="K", quantity=2)], NOW, PORTS)
    assert other[0].outcome == "key_reused"
    (count,) = await tx.fetch(
        "SELECT count(*) FROM orders.receipt WHERE merchant_id=$1", merchant_id
    )
    assert count[0] == 2


async def test_what_a_merchant_does_not_sell_is_refused_by_field(tx, make):
    merchant_id = await shop(make)
    await make.sku(merchant_id, code="NEW", approved=False)
    answers = await receive(
        tx,
        merchant_id,
        [
            make.order("NONE"),
            make.order("NEW"),
            make.order("LAMP", country="FR"),
            make.order("LAMP", currency="EUR"),
        ],
        NOW,
        PORTS,
    )
    assert [(a.outcome, a.pointer) for a in answers] == [
        ("unknown_sku", "/lines/0/sku"),
        ("sku_not_approved", "/lines/0/sku"),
        ("market_not_served", "/ship_to/country"),
        ("wrong_currency", "/currency"),
    ]


async def test_the_daily_cap_holds(tx, make):
    merchant_id = await shop(make, cap=2)
    answers = await receive(tx, merchant_id, [make.order("LAMP") for _ in range(3)], NOW, PORTS)
    assert [a.outcome for a in answers] == ["accepted", "accepted", "daily_cap_reached"]
    next_day = await receive(tx, merchant_id, [make.order("LAMP")], NOW + timedelta(days=1), PORTS)
    assert next_day[0].outcome == "accepted"


async def test_policies_under_scarcity(tx, make):
    merchant_id = await shop(make, units=3)
    answers = await receive(
        tx,
        merchant_id,
        [
            make.order("LAMP", quantity=5),
            make.order("LAMP", quantity=2, policy="available"),
            make.order("LAMP", quantity=2, policy="available"),
            make.order("LAMP", quantity=2, policy="backorder"),
        ],
        NOW,
        PORTS,
    )
    assert [a.outcome for a in answers] == [
        "insufficient_stock", "accepted", "accepted", "accepted",
    ]  # fmt: skip
    lines = await tx.fetch(
        "SELECT accepted, backordered FROM orders.line WHERE merchant_id=$1 ORDER BY order_id",
        merchant_id,
    )
    assert [tuple(x) for x in lines] == [(2, 0), (1, 0), (2, 2)]


async def test_an_unapproved_merchant_takes_nothing(tx, make):
    merchant_id = await shop(make, status="applied")
    (answer,) = await receive(tx, merchant_id, [make.order("LAMP")], NOW, PORTS)
    assert answer.outcome == "merchant_not_approved"
