"""A stream keeps what is available for it, says how much, and is scheduled once."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from penstock.inventory.add_pool import add_stream_pool
from penstock.inventory.audit import audit
from penstock.inventory.ring_fence import ring_fence
from penstock.kernel.errors import Conflict, Invalid
from penstock.streams.schedule import schedule
from penstock.streams.validate import NewStream, NodeWish, StreamSku

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def planned(shop, *skus, **changes):
    stream = NewStream(
        code="friday",
        title="Friday night",
        country="US",
        starts_at=shop.starts_at,
        ends_at=shop.ends_at,
        skus=tuple(StreamSku(sku, quantity) for sku, quantity in skus),
    )
    return msgspec.structs.replace(stream, **changes)


async def do(tx, shop, stream, now=NOW):
    answer = await schedule(
        tx, shop.merchant, stream, now, open_pool=add_stream_pool, ring_fence=ring_fence
    )
    assert await audit(tx) == []
    return answer


async def test_what_is_available_is_kept_and_answered_per_sku(tx, shop):
    answer = await do(tx, shop, planned(shop, (shop.lamp, 12), (shop.vase, 5)))
    lamp, vase = answer.skus
    assert (lamp.sku_id, lamp.wanted, lamp.ring_fenced) == (shop.lamp, 12, 10)
    assert (vase.wanted, vase.ring_fenced, vase.pool_id) == (5, 0, 0)
    assert await shop.available() == {shop.pool: 0, lamp.pool_id: 10}
    (row,) = await tx.fetch(
        "SELECT family_id, stream_id FROM inventory.pool WHERE pool_id = $1", lamp.pool_id
    )
    assert tuple(row) == (shop.pool, answer.stream_id)


async def test_the_same_stream_again_gets_its_answer_even_when_it_is_over(tx, shop):
    stream = planned(shop, (shop.lamp, 4))
    first = await do(tx, shop, stream)
    again = await do(tx, shop, stream, NOW + timedelta(days=1))
    assert again == msgspec.structs.replace(first, repeated=True)
    assert sum((await shop.available()).values()) == 10
    with pytest.raises(Conflict):
        await do(tx, shop, planned(shop, (shop.lamp, 4), (shop.vase, 1)))
    with pytest.raises(Conflict):
        await do(tx, shop, planned(shop, (shop.lamp, 4), country="CA"))


async def test_a_merchant_schedules_by_itself(tx, shop):
    await tx.fetch("SET LOCAL ROLE penstock_merchant")
    await tx.fetch("SELECT set_config('penstock.merchant_id', $1, true)", str(shop.merchant))
    answer = await schedule(
        tx, shop.merchant, planned(shop, (shop.lamp, 4)), NOW,
        open_pool=add_stream_pool, ring_fence=ring_fence,
    )  # fmt: skip
    assert answer.skus[0].ring_fenced == 4


async def test_two_families_get_a_pool_each(tx, make, shop):
    abroad = await make.node(country="DE")
    foreign = await make.pool(shop.merchant, [abroad], rank=2)
    await make.stock(shop.merchant, abroad, foreign, shop.vase, 3)
    answer = await do(tx, shop, planned(shop, (shop.lamp, 1), (shop.vase, 9)))
    assert [x.ring_fenced for x in answer.skus] == [1, 3]
    assert len({x.pool_id for x in answer.skus}) == 2


async def test_every_broken_rule_is_named_by_field(tx, shop):
    stream = planned(
        shop, (shop.lamp, -1), (shop.lamp, 1), (10**9, 1), ends_at=shop.starts_at, code=" "
    )
    with pytest.raises(Invalid) as refused:
        await do(tx, shop, stream)
    assert [(e.pointer, e.code) for e in refused.value.errors] == [
        ("/code", "missing"),
        ("/ends_at", "out_of_range"),
        ("/skus/0/quantity", "out_of_range"),
        ("/skus/1/sku", "twice"),
        ("/skus/2/sku", "unknown_sku"),
    ]
    with pytest.raises(Invalid):
        await do(tx, shop, planned(shop, (shop.lamp, 1)), NOW + timedelta(days=1))
    with pytest.raises(Invalid):
        await do(tx, shop, planned(shop))


async def test_country_and_title_are_checked(tx, shop):
    for change, pointer, code in (
        ({"country": "XX"}, "/country", "unknown_country"),
        ({"country": "GB"}, "/country", "market_not_served"),
        ({"title": "  "}, "/title", "missing"),
        ({"title": "x" * 256}, "/title", "too_long"),
        ({"channels": ("web", "web")}, "/channels/1", "twice"),
        ({"channels": ("",)}, "/channels/0", "missing"),
        ({"capacity": (NodeWish(10**6, 1),)}, "/capacity/0/node", "unknown_node"),
        ({"capacity": (NodeWish(shop.node, 0),)}, "/capacity/0/orders_per_hour", "out_of_range"),
    ):
        with pytest.raises(Invalid) as refused:
            await do(tx, shop, planned(shop, (shop.lamp, 1), **change))
        assert [(e.pointer, e.code) for e in refused.value.errors] == [(pointer, code)]


async def test_channels_are_kept(tx, shop):
    await do(tx, shop, planned(shop, (shop.lamp, 1), channels=("tiktok_shop", "web")))
    (row,) = await tx.fetch("SELECT channels FROM streams.streams")
    assert row[0] == ["tiktok_shop", "web"]


async def test_a_node_that_has_less_says_so(tx, make, shop):
    wish = (NodeWish(shop.node, 400),)  # of 500 an hour
    first = await do(tx, shop, planned(shop, (shop.lamp, 1), capacity=wish))
    assert [(b.wanted, b.booked) for b in first.capacity] == [(400, 400)]
    beside = planned(shop, (shop.lamp, 1), code="beside", capacity=wish)
    second = await do(tx, shop, beside)
    assert [(b.wanted, b.booked) for b in second.capacity] == [(400, 100)]
    assert (await do(tx, shop, beside)).capacity == second.capacity
    later = planned(
        shop, (shop.lamp, 1), code="later", capacity=wish, starts_at=shop.ends_at,
        ends_at=shop.ends_at + timedelta(hours=1),
    )  # fmt: skip
    assert [b.booked for b in (await do(tx, shop, later)).capacity] == [400]


async def test_who_is_not_eligible_schedules_no_new_stream_and_keeps_those_that_are(tx, shop):
    stream = planned(shop, (shop.lamp, 4))
    first = await do(tx, shop, stream)
    await tx.fetch(
        "INSERT INTO merchants.term (merchant_id, kind, value, from_at, ended_at, because,"
        " decided_by) VALUES ($1, 'streams', 0, $2, $3, 'score 40, band poor', 'policy')",
        shop.merchant, NOW, NOW + timedelta(hours=1),
    )  # fmt: skip
    assert await do(tx, shop, stream) == msgspec.structs.replace(first, repeated=True)
    with pytest.raises(Conflict, match="band poor") as refused:
        await do(tx, shop, planned(shop, (shop.lamp, 1), code="saturday"))
    assert refused.value.code == "not_eligible"
    later = planned(shop, (shop.lamp, 1), code="saturday")
    assert not (await do(tx, shop, later, NOW + timedelta(hours=1))).repeated
