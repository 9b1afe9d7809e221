"""Tickets: gapless places by arrival, let in in order, used once, and never lost."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from penstock import lending
from penstock.db.transaction import OPERATOR
from penstock.inventory.add_pool import add_stream_pool
from penstock.inventory.reserve import lock_stock, take_stock
from penstock.inventory.ring_fence import ring_fence
from penstock.kernel.errors import Conflict, Invalid
from penstock.streams.admit_tickets import admit_tickets
from penstock.streams.carry_tickets import carry_tickets, use_tickets
from penstock.streams.draw_tickets import Wish, draw_tickets, sell_by_ticket, ticket_of
from penstock.streams.schedule import schedule
from penstock.streams.set_brake import BrakeWish
from penstock.streams.validate import NewStream, StreamSku

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def after(seconds):
    return NOW + timedelta(seconds=seconds)


@pytest.fixture
async def drop(tx, friday):
    """Six LAMPs that are sold by ticket, six a minute, each good for a minute."""
    await sell_by_ticket(tx, friday.merchant, "friday", friday.lamp, NOW, per_minute=6, valid_s=60)
    return friday


async def draw(tx, drop, *keys, at=NOW, **more):
    wishes = [Wish(sku_id=drop.lamp, client_key=key, **more) for key in keys]
    return await draw_tickets(tx, drop.merchant, "friday", wishes, at)


async def look(tx, drop, drawn, at):
    return [(await ticket_of(tx, drop.merchant, d.ticket_id, at)).status for d in drawn]


async def test_places_by_arrival_and_the_first_is_let_in_at_once(tx, drop):
    first = await draw(tx, drop, "a", "b", "c")
    assert [(d.position, d.status, d.ahead, d.wait_s) for d in first] == [
        (1, "admitted", 0, 0.0), (2, "waiting", 0, 10.0), (3, "waiting", 1, 20.0),
    ]  # fmt: skip
    assert first[0].expires_at == after(60)
    again = await draw(tx, drop, "c", "d", "d", "a", at=after(1))
    assert [(d.client_key, d.position) for d in again] == [("c", 3), ("d", 4), ("d", 4), ("a", 1)]
    assert again[0].ticket_id == first[2].ticket_id


async def test_they_are_let_in_in_order_at_the_rate(tx, drop):
    drawn = await draw(tx, drop, *"abcd")
    assert await admit_tickets(tx, after(9)) == 0
    assert await admit_tickets(tx, after(10)) == 1
    assert await look(tx, drop, drawn, after(10)) == ["admitted", "admitted", "waiting", "waiting"]
    await admit_tickets(tx, after(20))
    assert await look(tx, drop, drawn, after(20)) == [*["admitted"] * 3, "waiting"]


async def test_never_more_than_is_left_and_what_expires_is_for_the_next(tx, drop):
    drawn = await draw(tx, drop, *"abcdefgh")
    for seconds in range(10, 60, 10):
        await admit_tickets(tx, after(seconds))
    assert (await look(tx, drop, drawn, after(50))).count("admitted") == 6
    await admit_tickets(tx, after(59))
    told = await look(tx, drop, drawn, after(59))
    assert told == [*["admitted"] * 6, "waiting", "waiting"], "six are promised, two wait"
    await admit_tickets(tx, after(60))
    assert (await look(tx, drop, drawn, after(60)))[0] == "expired"
    assert (await look(tx, drop, drawn, after(60)))[6] == "admitted"


async def use(tx, drop, ticket_id, order_id, at, buyer=""):
    """What receipt does for an order of one unit that carries a ticket."""
    (let_in,) = await carry_tickets(tx, drop.merchant, [(drop.stream_id, buyer, (ticket_id,))], at)
    if not let_in:
        return False
    await lock_stock(tx, drop.merchant, {(drop.pool, drop.lamp)})
    await take_stock(tx, drop.merchant, [(order_id, 0, drop.pool, drop.lamp, 1)], at)
    await use_tickets(tx, drop.merchant, [ticket_id], at)
    return True


async def test_sold_out_is_told_and_taken_back_when_stock_is(tx, drop):
    drawn = await draw(tx, drop, *"abcdefgh")
    for n, ticket in enumerate(drawn[:6]):
        await admit_tickets(tx, after(n * 10))
        assert await use(tx, drop, ticket.ticket_id, 900 + n, after(n * 10))
    await admit_tickets(tx, after(60))
    assert await look(tx, drop, drawn, after(60)) == [*["used"] * 6, "sold_out", "sold_out"]
    await tx.fetch("UPDATE inventory.pool_stock SET reserved = reserved - 1 WHERE pool_id = $1",
                   drop.pool)  # fmt: skip
    await admit_tickets(tx, after(70))
    assert (await look(tx, drop, drawn, after(70)))[6:] == ["admitted", "sold_out"]


async def test_a_ticket_is_used_once_by_its_own_buyer_in_its_stream_in_time(tx, drop):
    (mine,) = await draw(tx, drop, "a", buyer_id="ada")
    carried = [(drop.stream_id, "ada", (mine.ticket_id,))]
    for stream, buyer, at in (
        (drop.stream_id + 1, "ada", NOW), (None, "ada", NOW), (drop.stream_id, "bob", NOW),
        (drop.stream_id, "ada", after(60)),
    ):  # fmt: skip
        said = await carry_tickets(tx, drop.merchant, [(stream, buyer, (mine.ticket_id,))], at)
        assert said == [()], (stream, buyer, at)
    assert await carry_tickets(tx, drop.merchant, carried * 2, NOW) == [
        ((mine.ticket_id, drop.lamp, 1),), ()
    ]  # fmt: skip
    await use_tickets(tx, drop.merchant, [mine.ticket_id], NOW)
    assert await carry_tickets(tx, drop.merchant, carried, NOW) == [()]
    assert await carry_tickets(tx, drop.merchant, [(1, "", ())], NOW) == [()]


async def test_brakes_hold_the_gate(tx, drop):
    drawn = await draw(tx, drop, *"abc")

    async def brake(kind, value, at):
        wish = BrakeWish(kind=kind, value=value, because="x", by="mia")
        await lending.SET_BRAKE(tx, drop.merchant, "friday", wish, at)

    async def release(at):
        await lending.RELEASE_BRAKES(tx, drop.merchant, "friday", at, because="x", by="mia")

    await brake("pause", 0, after(1))
    assert await admit_tickets(tx, after(30)) == 0
    (told,) = await draw(tx, drop, "c", at=after(30))
    assert (told.status, told.wait_s) == ("waiting", None), "nobody knows for how long"
    await release(after(31))
    await brake("throttle", 3, after(31))
    (told,) = await draw(tx, drop, "c", at=after(31))
    assert told.wait_s == 40
    assert await admit_tickets(tx, after(40)) == 0
    assert await admit_tickets(tx, after(50)) == 1
    assert await look(tx, drop, drawn, after(50)) == ["admitted", "admitted", "waiting"]
    await brake("cap", 1, after(50))
    await admit_tickets(tx, after(55))
    assert (await look(tx, drop, drawn, after(55)))[2] == "waiting", "two are promised of one left"


async def test_when_the_stream_is_over_nobody_waits_in_vain(tx, drop):
    drawn = await draw(tx, drop, *"ab")
    await tx.fetch("UPDATE streams.stream SET state = 'closed'")
    await admit_tickets(tx, after(5))
    assert await look(tx, drop, drawn, after(5)) == ["expired", "expired"]
    assert await admit_tickets(tx, after(6)) == 0
    with pytest.raises(Conflict):
        await draw(tx, drop, "c", at=after(6))


async def test_odd_wishes_are_refused_and_other_skus_need_no_ticket(tx, friday, shop):
    (told,) = await draw(tx, friday, "a")
    assert told.status == "not_needed"
    for wrong in (
        Wish(sku_id=shop.vase, client_key="a"), Wish(sku_id=friday.lamp, client_key=""),
        Wish(sku_id=friday.lamp, client_key="a", units=0),
    ):  # fmt: skip
        with pytest.raises(Invalid):
            await draw_tickets(tx, friday.merchant, "friday", [wrong], NOW)
    for rate, valid in ((0, 1), (1, 0)):
        with pytest.raises(Invalid):
            await sell_by_ticket(
                tx, friday.merchant, "friday", friday.lamp, NOW, per_minute=rate, valid_s=valid
            )


@pytest.fixture
async def town(database, make_in):
    """A drop of 20 units in a database of its own, at a rate that lets everybody in."""

    async def work(tx):
        make = make_in(tx)
        merchant = await make.merchant()
        node = await make.node()
        pool = await make.pool(merchant, [node])
        lamp = await make.sku(merchant, code="LAMP")
        await make.stock(merchant, node, pool, lamp, 20)
        plan = NewStream(
            code="friday", title="Friday", country="US", starts_at=NOW - timedelta(hours=1),
            ends_at=NOW + timedelta(hours=1), skus=(StreamSku(lamp, 20),),
        )  # fmt: skip
        answer = await schedule(
            tx, merchant, plan, NOW, open_pool=add_stream_pool, ring_fence=ring_fence
        )
        await sell_by_ticket(tx, merchant, "friday", lamp, NOW, per_minute=10_000, valid_s=600)
        return merchant, answer.stream_id, answer.skus[0].pool_id, lamp

    return await database.run(OPERATOR, work)


async def test_many_processes_draw_without_gap_and_double(database, town):
    merchant, _, _, lamp = town

    async def shopper(n):
        wishes = [Wish(sku_id=lamp, client_key=f"{n % 25}-{i}") for i in range(3)]
        return await database.run(
            OPERATOR, lambda tx: draw_tickets(tx, merchant, "friday", wishes, after(n))
        )

    answers = await asyncio.gather(*(shopper(n) for n in range(50)))
    places = {d.client_key: d.position for drawn in answers for d in drawn}
    assert sorted(places.values()) == list(range(1, 76)), "each key one place, none left out"
    assert all(d.position == places[d.client_key] for drawn in answers for d in drawn)
    for drawn in answers:
        assert [d.position for d in drawn] == sorted(d.position for d in drawn)
    rows = await database.run(
        OPERATOR, lambda tx: tx.fetch("SELECT position, status FROM streams.ticket ORDER BY 1")
    )
    assert [r[1] for r in rows] == ["admitted"] * 20 + ["waiting"] * 55, "as many as there are"


async def test_a_ticket_presented_twice_at_once_is_used_once(database, town):
    merchant, stream, _, lamp = town

    async def first(tx):
        wish = Wish(sku_id=lamp, client_key="a")
        return (await draw_tickets(tx, merchant, "friday", [wish], NOW))[0].ticket_id

    ticket = await database.run(OPERATOR, first)
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def order(tx, pause):
        (let_in,) = await carry_tickets(tx, merchant, [(stream, "", (ticket,))], NOW)
        if pause:
            inside.set()
            await go_on.wait()
        await use_tickets(tx, merchant, [ticket] if let_in else [], NOW)
        return bool(let_in)

    one = asyncio.create_task(database.run(OPERATOR, lambda tx: order(tx, True)))
    await inside.wait()
    other = asyncio.create_task(database.run(OPERATOR, lambda tx: order(tx, False)))
    done, _ = await asyncio.wait({other}, timeout=0.3)
    assert not done, "the second waits for the first"
    go_on.set()
    assert (await one, await other) == (True, False)


async def test_an_order_under_way_keeps_its_ticket_from_expiring(database, town):
    merchant, stream, pool, lamp = town

    async def first(tx):
        wish = Wish(sku_id=lamp, client_key="a")
        return (await draw_tickets(tx, merchant, "friday", [wish], NOW))[0].ticket_id

    ticket = await database.run(OPERATOR, first)
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def order(tx):
        (let_in,) = await carry_tickets(tx, merchant, [(stream, "", (ticket,))], after(599))
        inside.set()
        await go_on.wait()
        await lock_stock(tx, merchant, {(pool, lamp)})
        await take_stock(tx, merchant, [(901, 0, pool, lamp, 1)], after(599))
        await use_tickets(tx, merchant, [ticket], after(599))
        return let_in

    one = asyncio.create_task(database.run(OPERATOR, order))
    await inside.wait()
    other = asyncio.create_task(database.run(OPERATOR, lambda tx: admit_tickets(tx, after(601))))
    await asyncio.wait({other}, timeout=0.3)
    go_on.set()
    assert await one == ((ticket, lamp, 1),)
    await other
    told = await database.run(OPERATOR, lambda tx: ticket_of(tx, merchant, ticket, after(602)))
    assert told.status == "used"
