"""Receipt under any brakes takes what a plain look at one order after the other takes."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock import lending
from penstock.db.transaction import OPERATOR, merchant
from penstock.inventory.add_pool import add_stream_pool
from penstock.inventory.ring_fence import ring_fence
from penstock.merchants.growth.load_policies import load_shipped_policies
from penstock.orders.receive import Wanted, receive
from penstock.orders.sold_out import SoldOut
from penstock.streams.buyer_limit import BuyerLimit
from penstock.streams.draw_tickets import Wish, draw_tickets, sell_by_ticket
from penstock.streams.schedule import schedule
from penstock.streams.set_brake import BrakeWish
from penstock.streams.validate import NewStream, StreamSku

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SKUS = ("LAMP", "VASE")
ANY = ""
"""Of a brake: every SKU of the stream."""


class Order(msgspec.Struct, frozen=True):
    """What is asked for; `tickets` are places in the list of those that were drawn."""

    number: int
    lines: tuple[tuple[str, int], ...]
    stream: str
    buyer: str
    tickets: tuple[int, ...]
    paid: bool


sku = st.sampled_from(SKUS)
orders = st.builds(
    Order,
    st.integers(0, 12),
    st.lists(st.tuples(sku, st.integers(1, 4)), min_size=1, max_size=2).map(tuple),
    st.sampled_from(["friday", "friday", "friday", ""]),
    st.sampled_from(["", "ann", "bob"]),
    st.lists(st.integers(0, 3), max_size=2).map(tuple),
    st.booleans(),
)
batches = st.lists(st.tuples(st.lists(orders, max_size=9), st.booleans()), min_size=1, max_size=3)
where = st.sampled_from([ANY, *SKUS])
brakes = st.dictionaries(
    st.tuples(st.sampled_from(["pause", "throttle", "throttle", "cap", "cap", "limit", "ticket"]),
              where),
    st.integers(1, 9),
    max_size=4,
).map(lambda found: {k: v for k, v in found.items() if k[0] != "ticket" or k[1]})  # fmt: skip
drawn = st.lists(st.tuples(sku, st.integers(1, 4), st.sampled_from(["", "ann"])), max_size=3)


class Plain:
    """The oracle: what one clerk with a list would say to one order after the other."""

    def __init__(self, brakes: Any, tickets: Any) -> None:
        self.brakes, self.tickets = brakes, dict(enumerate(tickets))
        self.known: dict[int, Order] = {}
        self.units: Counter[Any] = Counter()
        self.bought: Counter[Any] = Counter()
        self.in_minute: Counter[Any] = Counter()

    def answers(self, batch: Any, minute: int) -> list[str]:
        """What comes twice in a batch, and was not known before, is answered with the first.

        A ticket that comes twice in it is the first order's, whatever becomes of that one.
        """
        self.carried: set[int] = set()
        first: dict[int, tuple[Order, str]] = {}
        answers = []
        for order in batch:
            before, answer = first.get(order.number, (order, ""))
            if before is order or order.number in self.known:
                answer = self.says(order, minute)
            elif not pays(order, before) and order != before:
                answer = "key_reused"
            elif answer == "not_paid" and order.paid:
                answer = self.says(order, minute)
                first[order.number] = order, answer
            first.setdefault(order.number, (order, answer))
            answers.append(answer)
        return answers

    def says(self, order: Order, minute: int) -> str:
        first = self.known.get(order.number)
        if first is not None:
            return "accepted" if order == first or pays(order, first) else "key_reused"
        if not order.paid and not order.stream:
            return "not_paid"
        refused = self.held_back(order, minute) if order.stream else ""
        if not refused:
            self.known[order.number] = order
        return refused or "accepted"

    def held_back(self, order: Order, minute: int) -> str:
        wanted: Counter[str] = Counter()
        for code, units in order.lines:
            wanted[code] += units
        let_in = [t for t in dict.fromkeys(order.tickets) if self.fits(t, order)]
        self.carried.update(let_in)
        ticketed: Counter[str] = Counter()
        for ticket in let_in:
            ticketed[self.tickets[ticket][0]] += self.tickets[ticket][1]
        concerned = {
            key: sum(wanted.values()) if key[1] == ANY else wanted[key[1]] for key in self.brakes
        }
        concerned = {key: units for key, units in concerned.items() if units}
        for (kind, code), units in concerned.items():
            ticket_for_all = all(wanted[c] <= ticketed[c] for c in wanted if code in {ANY, c})
            value = self.brakes[kind, code]
            bought = self.bought[code, order.buyer] + units
            if (
                kind == "pause"
                or (kind == "ticket" and not ticket_for_all)
                or (kind == "limit" and order.buyer and bought > value)
                or (kind == "cap" and self.units[code] + units > value)
                or (kind == "throttle" and not ticket_for_all
                    and self.in_minute[code, minute] >= value)
            ):  # fmt: skip
                return "held back"
        for (kind, code), units in concerned.items():
            all_in = all(wanted[c] <= ticketed[c] for c in wanted if code in {ANY, c})
            self.units[code] += units if kind == "cap" else 0
            self.bought[code, order.buyer] += units if kind == "limit" else 0
            self.in_minute[code, minute] += kind == "throttle" and not all_in
        for ticket in let_in:
            del self.tickets[ticket]
        return ""

    def fits(self, ticket: int, order: Order) -> bool:
        good = ticket in self.tickets and ticket not in self.carried
        return good and self.tickets[ticket][2] in {"", order.buyer}


def pays(order: Order, before: Order) -> bool:
    return order.paid and msgspec.structs.replace(order, paid=False) == before


async def opened(tx: Any, make: Any) -> tuple[int, int, dict[str, int]]:
    """A merchant with more than enough, and its stream."""
    await load_shipped_policies(tx)
    seller = await make.merchant()
    pool = await make.pool(seller, [node := await make.node()])
    skus = {code: await make.sku(seller, code=code) for code in SKUS}
    for sku_id in skus.values():
        await make.stock(seller, node, pool, sku_id, 10_000)
    stream = NewStream(
        code="friday", title="Friday", country="US", starts_at=NOW - timedelta(hours=1),
        ends_at=NOW + timedelta(hours=1), expected_orders=60,
        skus=tuple(StreamSku(sku_id, 5_000) for sku_id in skus.values()),
    )  # fmt: skip
    told = await schedule(tx, seller, stream, NOW, open_pool=add_stream_pool,
                          ring_fence=ring_fence)  # fmt: skip
    return seller, told.stream_id, skus


@pytest.fixture
async def shop(tx: Any, make: Any) -> tuple[int, int, dict[str, int]]:
    return await opened(tx, make)


async def put_on(tx: Any, shop: Any, brakes: Any, tickets: Any) -> list[int]:
    """Draw tickets, and put the brakes on; return the tickets' numbers."""
    seller, stream_id, skus = shop
    ids = []
    for n, (code, units, buyer) in enumerate(tickets):
        at = NOW - timedelta(minutes=5 - n)
        await sell_by_ticket(tx, seller, "friday", skus[code], at, per_minute=60, valid_s=3600)
        wish = Wish(sku_id=skus[code], client_key=f"{n}", units=units, buyer_id=buyer)
        (ticket,) = await draw_tickets(tx, seller, "friday", [wish], at)
        assert ticket.status == "admitted"
        ids.append(ticket.ticket_id)
    await tx.fetch("UPDATE streams.admission SET open = false WHERE merchant_id = $1", seller)
    for (kind, code), value in brakes.items():
        sku_id = skus.get(code, 0)
        if kind == "limit":
            limit = [BuyerLimit(sku_id, value)]
            await lending.LIMIT_BUYERS(tx, seller, stream_id, limit, "mia", NOW)
        elif kind == "ticket":
            await sell_by_ticket(tx, seller, "friday", sku_id, NOW, per_minute=60, valid_s=3600)
        else:
            allowed = 0 if kind == "pause" else value
            wish = BrakeWish(
                kind=kind, value=allowed, sku_id=sku_id, because="x", by="mia"
            )  # fmt: skip
            await lending.SET_BRAKE(tx, seller, "friday", wish, NOW)
    return ids


def asked(make: Any, order: Order, ids: list[int], number: int = 1) -> Wanted:
    """The order as receipt gets it; a ticket that nobody has drawn is none."""
    made = make.order(*(code for code, _ in order.lines), key=f"N-{order.number}")
    lines = tuple(
        msgspec.structs.replace(line, quantity=units)
        for line, (_, units) in zip(made.lines, order.lines, strict=True)
    )
    tickets = tuple(ids[t] if t < len(ids) else 10**12 + t for t in order.tickets)
    return Wanted(msgspec.structs.replace(
        made, lines=lines, stream=order.stream, buyer_id=order.buyer, tickets=tickets,
        paid_at=NOW if order.paid else None,
    ))  # fmt: skip


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches, brakes, drawn)
async def test_a_batch_takes_what_one_by_one_takes(tx, make, shop, batches, brakes, drawn):
    await tx.fetch("SAVEPOINT example")
    try:
        ids = await put_on(tx, shop, brakes, drawn)
        plain, now, nobody = Plain(brakes, drawn), NOW, SoldOut(timedelta(0))
        for asks, next_minute in batches:
            wanted = [asked(make, order, ids) for order in asks]
            answers = await receive(tx, shop[0], wanted, now, lending.RECEIPT, nobody)
            told = [a.outcome if a.outcome in WORDS else "held back" for a in answers]
            assert told == plain.answers(asks, now.minute)
            now += timedelta(minutes=next_minute)
    finally:
        await tx.fetch("ROLLBACK TO SAVEPOINT example")


WORDS = {"accepted", "key_reused", "not_paid"}


@pytest.mark.parametrize("brake", ["cap", "limit"])
async def test_no_brake_is_passed_while_one_day_becomes_the_next(database, make_in, brake):
    """Receipts of two days hold no lock of the day in common."""

    async def work(tx):
        found = await opened(tx, make_in(tx))
        await put_on(tx, found, {(brake, "LAMP"): 1}, [])
        return found

    seller, *_ = await database.run(OPERATOR, work)
    inside, go_on = asyncio.Event(), asyncio.Event()
    midnight = datetime(2026, 11, 21, tzinfo=UTC)

    async def receipt(number, at, wait):
        order = Order(number, (("LAMP", 1),), "friday", "ann", (), paid=True)

        async def take(tx):
            wanted = [asked(make_in(tx), order, [])]
            nobody = SoldOut(timedelta(0))
            (answer,) = await receive(tx, seller, wanted, at, lending.RECEIPT, nobody)
            if wait:
                inside.set()
                await go_on.wait()
            return answer.outcome

        return await database.run(merchant(seller), take, by_key=True)

    one = asyncio.create_task(receipt(1, midnight - timedelta(seconds=1), True))
    await inside.wait()
    other = asyncio.create_task(receipt(2, midnight, False))
    done, _ = await asyncio.wait({other}, timeout=0.3)
    assert not done, "the second waits for the first"
    go_on.set()
    assert await one == "accepted"
    assert await other not in WORDS
