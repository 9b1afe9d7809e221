"""Orders are found by number, status, time and merchant, page by page, and none is left out."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from penstock.kernel.errors import Invalid
from penstock.lifecycle.advance import Subject, move
from penstock.orders.search import Wanted, composed, search

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
FILTERS = {
    "merchant_id": 1,
    "channel": "test",
    "channel_order_id": "T-1",
    "status": "open",
    "received_from": NOW,
    "received_to": NOW + timedelta(days=1),
    "after": 10,
}


async def found(tx, limit=100, **wanted):
    page = await search(tx, Wanted(**wanted), limit)
    return [o.order_id for o in page.orders]


async def test_an_order_is_found_by_what_is_known_of_it(tx, shop):
    await shop.stock(9)
    first, second, third = [await shop.order(key=f"T-{n}") for n in (71, 72, 73)]
    await move(tx, [Subject(shop.merchant, second)], "cancelled", NOW)
    assert await found(tx, channel_order_id="T-72") == [second]
    assert await found(tx, channel_order_id="T-72", channel="test") == [second]
    assert await found(tx, channel_order_id="T-72", channel="other") == []
    assert await found(tx, channel_order_id="T-7") == []
    assert await found(tx, merchant_id=shop.merchant) == [third, second, first]
    assert await found(tx, merchant_id=shop.merchant + 1) == []
    assert await found(tx, status="cancelled") == [second]
    assert await found(tx, status="open", channel="test") == [third, first]
    assert await found(tx, received_from=NOW) == [third, second, first]
    assert await found(tx, received_to=NOW) == []
    (order,) = (await search(tx, Wanted(channel_order_id="T-71"), 1)).orders
    assert (order.merchant, order.status, order.goods_minor) == ("merchant-1", "open", 1999)


async def test_pages_follow_one_another_without_a_gap(tx, shop):
    await shop.stock(9)
    orders = [await shop.order(key=f"T-{n}") for n in range(5)]
    seen, after, pages = [], None, 0
    while pages == 0 or after is not None:
        page = await search(tx, Wanted(after=after), 2)
        seen += [o.order_id for o in page.orders]
        after, pages = page.next_after, pages + 1
    assert seen == sorted(orders, reverse=True)
    assert pages == 3


async def test_what_makes_no_sense_is_refused_by_name(tx):
    with pytest.raises(Invalid) as refused:
        await search(tx, Wanted(status="opne"), 0)
    errors = {e.pointer: e.detail for e in refused.value.errors}
    assert errors.keys() == {"/status", "/limit"}
    assert "open" in errors["/status"]


async def test_every_combination_of_filters_is_a_statement(tx):
    for chosen in product([False, True], repeat=len(FILTERS)):
        wanted = {n: v for (n, v), used in zip(FILTERS.items(), chosen, strict=True) if used}
        sql, arguments = composed(Wanted(**wanted), 5)
        assert sql.count("$") >= len(arguments)
        await tx.fetch(sql, *arguments)
