"""A request for a return: what is taken, what is refused, and that no unit comes back twice."""

import asyncio
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from penstock.db.transaction import OPERATOR
from penstock.returns.request import request
from penstock.returns.returnable import Candidate, NewReturn, ReturnLine, decide

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def wanted(shop, key, *, lines=((0, 1),), reason="changed_mind", **order):
    return NewReturn(
        merchant_id=shop.merchant_id,
        request_key=key,
        lines=tuple(ReturnLine(*line) for line in lines),
        reason=reason,
        **order,
    )


async def test_is_taken_with_the_prices_paid_and_a_reference_of_natural_keys(tx, delivered):
    shop = await delivered.shop()
    (order_id,) = await shop.orders(1, lines=(2, 3))
    (answer,) = await request(
        tx, [wanted(shop, "K", lines=((0, 1), (1, 3)), order_id=order_id)], NOW
    )
    assert answer.outcome == "requested"
    (rma,) = await tx.fetch(
        "SELECT reference, order_id, node_id, currency, country, delivered_at FROM returns.rma"
        " WHERE merchant_id = $1 AND return_id = $2",
        shop.merchant_id, answer.return_id,
    )  # fmt: skip
    assert tuple(rma) == (
        f"{shop.code}/K", order_id, shop.node_id, "USD", "US", NOW - timedelta(days=5),
    )  # fmt: skip
    lines = await tx.fetch(
        "SELECT line_no, sku_id, quantity, unit_price_minor FROM returns.rma_line"
        " WHERE return_id = $1 ORDER BY 1",
        answer.return_id,
    )
    assert [tuple(x) for x in lines] == [(0, shop.sku_id, 1, 1999), (1, shop.sku_id, 3, 1999)]
    assert await shop.statuses() == {"requested": 1}


async def test_the_same_request_twice_is_one_return(tx, delivered):
    shop = await delivered.shop()
    (order_id,) = await shop.orders(1)
    same = wanted(shop, "K", order_id=order_id)
    other = wanted(shop, "K", lines=((0, 2),), order_id=order_id)
    first = await request(tx, [same, same, other], NOW)
    assert [a.outcome for a in first] == ["requested", "repeated", "key_reused"]
    assert first[0].return_id == first[1].return_id
    again = await request(tx, [other, same], NOW + timedelta(days=1))
    assert [a.outcome for a in again] == ["key_reused", "repeated"]
    assert again[1].return_id == first[0].return_id
    assert await shop.statuses() == {"requested": 1}


async def test_the_order_may_be_named_in_three_ways(tx, delivered):
    shop = await delivered.shop()
    (order_id,) = await shop.orders(1, lines=(9,))
    names = [
        {"channel_order_id": f"T-{order_id}"},
        {"channel_order_id": f"T-{order_id}", "channel": "test"},
        {"fulfilment_order_id": order_id},
        {"order_id": order_id, "fulfilment_order_id": order_id},
        {"channel_order_id": f"T-{order_id}", "channel": "other"},
        {"order_id": order_id, "fulfilment_order_id": order_id + 1},
        {},
    ]
    answers = await request(tx, [wanted(shop, f"K{i}", **n) for i, n in enumerate(names)], NOW)
    assert [a.outcome for a in answers] == ["requested"] * 4 + ["unknown_order"] * 3


async def test_a_number_of_two_channels_is_ambiguous(tx, delivered):
    shop = await delivered.shop()
    one, two = await shop.orders(2)
    await tx.fetch(
        "UPDATE orders.key SET channel = 'b', channel_order_id = $1 WHERE order_id = $2",
        f"T-{one}", two,
    )  # fmt: skip
    answers = await request(
        tx,
        [
            wanted(shop, "K", channel_order_id=f"T-{one}"),
            wanted(shop, "L", channel_order_id=f"T-{one}", channel="b"),
        ],
        NOW,
    )
    assert [a.outcome for a in answers] == ["ambiguous_order", "requested"]


async def test_what_makes_no_sense_is_refused_and_not_stored(tx, delivered):
    shop = await delivered.shop()
    (order_id,) = await shop.orders(1)
    bad = [
        wanted(shop, "", order_id=order_id),
        wanted(shop, "A\0", order_id=order_id),
        wanted(shop, "B", order_id=order_id, reason="whim"),
        wanted(shop, "C", order_id=order_id, lines=()),
        wanted(shop, "D", order_id=order_id, lines=((0, 0),)),
        wanted(shop, "E", order_id=order_id, lines=((0, 1), (0, 1))),
        wanted(shop, "F", order_id=order_id, lines=((7, 1),)),
        wanted(shop, "G", order_id=order_id, lines=((0, 3),)),
        wanted(shop, "H", order_id=2**70),
        wanted(shop, "I", channel_order_id="\0"),
    ]
    answers = await request(tx, bad, NOW)
    assert [a.outcome for a in answers] == [
        "invalid", "invalid", "unknown_reason", "invalid", "invalid", "invalid", "unknown_line",
        "too_many_units", "unknown_order", "unknown_order",
    ]  # fmt: skip
    corrected = await request(tx, [wanted(shop, "G", order_id=order_id)], NOW)
    assert corrected[0].outcome == "requested"


async def test_what_is_on_the_road_cannot_come_back(tx, delivered):
    shop = await delivered.shop()
    (order_id,) = await shop.orders(1)
    await tx.fetch(
        "UPDATE lifecycle.subject SET status = 'shipped'"
        " WHERE merchant_id = $1 AND subject_id = $2",
        shop.merchant_id, order_id,
    )  # fmt: skip
    (answer,) = await request(tx, [wanted(shop, "K", order_id=order_id)], NOW)
    assert answer.outcome == "not_delivered"


async def test_units_are_given_out_once(tx, delivered):
    shop = await delivered.shop()
    (order_id,) = await shop.orders(1, lines=(3,))
    answers = await request(
        tx,
        [
            wanted(shop, key, order_id=order_id, lines=((0, units),))
            for key, units in (("A", 2), ("B", 2), ("C", 1), ("D", 1))
        ],
        NOW,
    )
    assert [a.outcome for a in answers] == [
        "requested", "too_many_units", "requested", "too_many_units",
    ]  # fmt: skip


async def test_two_at_once_cannot_return_the_same_unit(database, delivered_in):
    async def world(tx):
        shop = await delivered_in(tx).shop()
        return shop, await shop.orders(1, lines=(1,))

    shop, (order_id,) = await database.run(OPERATOR, world)

    async def ask(key):
        return await database.run(
            OPERATOR, lambda tx: request(tx, [wanted(shop, key, order_id=order_id)], NOW)
        )

    answers = await asyncio.gather(*(ask(f"K{i % 4}") for i in range(8)))
    assert sorted({a.outcome for (a,) in answers}) == ["repeated", "requested", "too_many_units"]
    assert [a.outcome for (a,) in answers].count("requested") == 1


async def test_thousands_go_in_one_batch(tx, delivered, fresh_plans):
    shop = await delivered.shop()
    ids = await shop.orders(5000)
    answers = await request(
        tx, [wanted(shop, f"K{i}", channel_order_id=f"T-{i}", channel="test") for i in ids], NOW
    )
    assert {a.outcome for a in answers} == {"requested"}


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 5), st.integers(0, 9)), max_size=25),
    st.lists(st.integers(0, 12), min_size=4, max_size=4),
)
def test_no_more_comes_back_than_was_there_and_nothing_is_refused_in_vain(asks, there):
    line = Candidate(0, 1, "m", 1, 1, None, 1, "US", "USD", 0, 1, 99, 1)
    requests = [
        (
            NewReturn(merchant_id=1, request_key=f"K{key}", reason="late",
                      lines=(ReturnLine(number, units),)),
            [Candidate(*(getattr(line, f) if f != "line_no" else number
                         for f in Candidate.__struct_fields__))],
        )
        for number, units, key in asks
    ]  # fmt: skip
    returnable = {(1, 1, number): units for number, units in enumerate(there)}
    answers = decide(requests, returnable)
    left, taken = dict(enumerate(there)), set()
    for (number, units, key), answer in zip(asks, answers, strict=True):
        if key in taken:
            assert answer.outcome in {"repeated", "key_reused"}
        elif answer is None:
            left[number] -= units
            taken.add(key)
        else:
            assert answer.outcome == "too_many_units"
            assert units > left[number]
    assert min(left.values()) >= 0
