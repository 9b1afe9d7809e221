"""Whatever happens in whatever order, both planes agree with the ledger and with each other."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock.allocation.unallocate import unallocate
from penstock.inventory.add_pool import add_stream_pool
from penstock.inventory.audit import audit
from penstock.inventory.commit import uncommit_stock
from penstock.inventory.receive_asn import receive_asn
from penstock.inventory.release import release_reservation
from penstock.inventory.reserve import lock_stock, take_stock
from penstock.inventory.restock import restock
from penstock.inventory.ring_fence import give_back, ring_fence
from penstock.inventory.ship import ship_stock
from penstock.inventory.write_off import write_off
from penstock.lifecycle.advance import Subject, move
from penstock.orders.cancel import cancel, cancel_parts
from penstock.orders.fill_backorders import fill_backorders

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PORTS = {"release": release_reservation, "uncommit": uncommit_stock}

KINDS = (
    "receive order order allocate allocate fill reject short cancel ship restock fence give_back"
).split()
happenings = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 7), st.integers(1, 5)),
    min_size=8,
    max_size=30,
)


class Day:
    """One random day: each happening picks what it acts on by a number."""

    def __init__(self, tx: Any, world: Any, allocate: Any, place: Any, stream: int) -> None:
        self.tx, self.world, self.allocate, self.place = tx, world, allocate, place
        self.stream, self.number = stream, 0
        self.orders: list[int] = []

    async def parts(self, status: str) -> list[Any]:
        return list(
            await self.tx.fetch(
                "SELECT s.subject_id, f.order_id, f.node_id, l.line_no, l.quantity"
                " FROM lifecycle.subject AS s"
                " JOIN allocation.fulfilment_order AS f ON f.fulfilment_order_id = s.subject_id"
                " JOIN allocation.fulfilment_line AS l USING (fulfilment_order_id)"
                " WHERE s.merchant_id = $1 AND s.status = $2 ORDER BY s.subject_id",
                self.world.merchant,
                status,
            )
        )

    async def happen(self, what: str, which: int, units: int) -> None:
        w = self.world
        match what:
            case "receive" | "restock" | "fence" | "give_back":
                await self.stock_moves(what, (w.a, w.b)[which % 2], units)
            case "order":
                self.orders.append(await self.place(w, quantity=units, policy="backorder"))
            case "allocate":
                await self.allocate(w.merchant)
            case "fill":
                await self.fill()
            case "cancel" if self.orders:
                order = self.orders[which % len(self.orders)]
                await cancel(self.tx, w.merchant, [order], "test", "buyer", NOW, **PORTS)
            case "reject" | "short" | "ship":
                if parts := await self.parts("allocated"):
                    await self.node_does(what, parts[which % len(parts)], units)

    async def stock_moves(self, what: str, node: int, units: int) -> None:
        w = self.world
        self.number += 1
        match what:
            case "receive":
                lines = [(w.lamp, units, units, "")]
                await receive_asn(self.tx, w.merchant, f"A{self.number}", node, lines, NOW)
            case "restock":
                await restock(self.tx, [(w.merchant, node, w.lamp, units, 9000 + self.number)], NOW)
            case "fence":
                await ring_fence(self.tx, [(w.merchant, w.pool, self.stream, w.lamp, units)], NOW)
            case "give_back":
                await give_back(self.tx, [(w.merchant, self.stream, w.pool, w.lamp, units)], NOW)

    async def fill(self) -> None:
        waiting = await self.tx.fetch(
            "SELECT merchant_id, subject_id FROM lifecycle.subject"
            " WHERE merchant_id = $1 AND status = 'backordered' ORDER BY subject_id",
            self.world.merchant,
        )
        await fill_backorders(
            self.tx,
            [Subject(*row) for row in waiting],
            NOW,
            lock_stock=lock_stock,
            take_stock=take_stock,
            ring_fence=ring_fence,
        )

    async def node_does(self, what: str, part: Any, units: int) -> None:
        w = self.world
        part_id, order_id, node_id, line_no, quantity = part
        subject = Subject(w.merchant, part_id)
        if what == "ship":
            for event in ("released", "picked", "packed", "handed_over"):
                await move(self.tx, [subject], event, NOW)
            line = (w.merchant, node_id, w.lamp, quantity, part_id, order_id, line_no)
            await ship_stock(self.tx, [line], NOW)
        elif what == "reject":
            await move(self.tx, [subject], "rejected", NOW)
            await unallocate(self.tx, [subject], NOW, uncommit=uncommit_stock)
        else:
            for event in ("released", "short_picked"):
                await move(self.tx, [subject], event, NOW)
            lost = [(w.merchant, node_id, w.lamp, min(units, quantity), part_id)]
            (answer,) = await write_off(self.tx, lost, NOW)
            await unallocate(self.tx, [subject], NOW, uncommit=uncommit_stock)
            if answer.given_up:
                await cancel_parts(self.tx, [subject], "gone", "seller", NOW, **PORTS)


@given(happenings)
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_the_books_agree_after_every_happening(
    tx, make, world, order, allocate_open, happenings
):
    await tx.fetch("SAVEPOINT example")
    for node, units in ((world.a, 4), (world.b, 3)):
        await make.stock(world.merchant, node, world.pool, world.lamp, units)
    stream = await add_stream_pool(tx, world.merchant, "friday", world.pool, 1)
    day = Day(tx, world, allocate_open, order, stream)
    for what, which, units in happenings:
        await day.happen(what, which, units)
        assert await audit(tx) == [], (what, which, units)
    await tx.fetch("ROLLBACK TO SAVEPOINT example")
