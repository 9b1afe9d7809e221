"""One buyer's orders of a stream are tied together, near in time and before a node has them."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.merchants.growth.load_policies import load_shipped_policies
from penstock.merchants.growth.merge_windows import merge_windows
from penstock.orders.merge import Mergeable, grouped, merge

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def orders_of(minutes):
    return [
        Mergeable(1, i, "web", 1, NOW + m * MINUTE, None, None)
        for i, m in enumerate(sorted(minutes), 1)
    ]


@given(st.lists(st.integers(0, 300), max_size=12))
def test_a_group_spans_its_window_and_nobody_is_left_out_of_one(minutes):
    orders = orders_of(minutes)
    members = grouped(orders, {"web": HOUR})
    at = {o.order_id: o.received_at for o in orders}
    group_of = {m.order_id: m.group_id for m in members}
    assert len(group_of) == len(members), "an order joins once"
    sizes = {g: list(group_of.values()).count(g) for g in group_of.values()}
    assert all(size > 1 for size in sizes.values())
    for order, group in group_of.items():
        assert group_of[group] == group
        assert at[group] <= at[order] <= at[group] + HOUR
    lonely = [at[o] for o in at if o not in group_of]
    for one in lonely:
        assert not any(one < other <= one + HOUR for other in lonely)
        assert not any(at[g] <= one <= at[g] + HOUR for g in sizes)


@given(st.lists(st.integers(0, 300), max_size=12), st.integers(0, 12))
def test_what_is_seen_later_comes_to_the_same(minutes, cut):
    orders = orders_of(minutes)
    whole = {m.order_id: m.group_id for m in grouped(orders, {"*": HOUR})}
    early = {m.order_id: m.group_id for m in grouped(orders[:cut], {"*": HOUR})}
    at = {o.order_id: o.received_at for o in orders}
    again = [
        msgspec.structs.replace(
            o, group_id=early.get(o.order_id), group_at=at.get(early.get(o.order_id, 0))
        )
        for o in orders
    ]
    late = {m.order_id: m.group_id for m in grouped(again, {"*": HOUR})}
    assert early | late == whole


@pytest.fixture
async def live(tx, shop):
    await load_shipped_policies(tx)
    await shop.stock(99)
    for code in ("night", "other"):
        await tx.fetch(
            "INSERT INTO streams.stream (merchant_id, code, title, country, starts_at, ends_at,"
            " state) VALUES ($1, $2, 'Night', 'US', $3, $4, 'live')",
            shop.merchant, code, NOW - HOUR, NOW + HOUR,
        )  # fmt: skip
    return shop


async def place(tx, shop, *, at=NOW, stream="night", buyer="b1", city="Austin",
                channel="tiktok_shop"):  # fmt: skip
    order = await shop.order(at=at, stream=stream)
    await tx.fetch(
        "UPDATE orders.receipt SET channel = $2, buyer_id = $3,"
        " ship_to = (ship_to::jsonb || jsonb_build_object('city', $4::text))::json"
        " WHERE order_id = $1",
        order, channel, buyer, city,
    )  # fmt: skip
    return order


async def members(tx, shop):
    rows = await tx.fetch(
        "SELECT order_id, group_id FROM orders.merge_members WHERE merchant_id = $1"
        " ORDER BY order_id",
        shop.merchant,
    )
    return {row[0]: row[1] for row in rows}


async def test_only_what_is_alike_is_tied_together(tx, live):
    first = await place(tx, live)
    second = await place(tx, live, at=NOW + 59 * MINUTE, city=" AUSTIN ")
    for other in (
        {"buyer": "b2"}, {"city": "Dallas"}, {"stream": "other"}, {"channel": "web"},
        {"stream": ""}, {"buyer": ""}, {"at": NOW + 61 * MINUTE},
    ):  # fmt: skip
        await place(tx, live, **({"at": NOW + MINUTE} | other))
    now = NOW + 62 * MINUTE
    assert await merge(tx, now, windows=merge_windows) == 2
    assert await members(tx, live) == {first: first, second: first}
    assert await merge(tx, now, windows=merge_windows) == 0
    third = await place(tx, live, at=NOW + 60 * MINUTE)
    assert await merge(tx, now, windows=merge_windows) == 1
    assert (await members(tx, live))[third] == first
    rows = await tx.fetch(
        "SELECT subject_id, payload->>'group_id' FROM outbox.events WHERE topic = 'orders.merged'"
        " AND merchant_id = $1 ORDER BY subject_id",
        live.merchant,
    )
    assert [tuple(row) for row in rows] == [(o, str(first)) for o in (first, second, third)]


async def test_what_a_node_has_is_not_tied_any_more(tx, live):
    first = await place(tx, live)
    await live.allocate(first)
    await place(tx, live, at=NOW + MINUTE)
    assert await merge(tx, NOW + 2 * MINUTE, windows=merge_windows) == 0
    assert await members(tx, live) == {}


async def test_without_a_policy_nothing_merges(tx, live):
    await place(tx, live)
    await place(tx, live)

    async def none(_tx, _now):
        return {"tiktok_shop": timedelta(0)}

    assert await merge(tx, NOW, windows=none) == 0
