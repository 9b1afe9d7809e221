"""One merchant's world for stock: two nodes behind one market pool, orders, and the books."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from penstock import lending
from penstock.allocation.allocate import allocate
from penstock.db.transaction import Transaction
from penstock.inventory.audit import audit
from penstock.inventory.commit import commit_stock, lock_nodes
from penstock.lifecycle.advance import Subject
from penstock.orders.item import Dated
from penstock.orders.receive import Wanted
from penstock.orders.receive import receive as receive_wanted
from penstock.orders.sold_out import SoldOut

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
Books = dict[int, tuple[int, int]]


def promise(_sla: str, _country: str, paid_at: list[datetime], _days: object = ()) -> list[Dated]:
    return [Dated(at + timedelta(days=2), at + timedelta(days=6)) for at in paid_at]


PORTS = msgspec.structs.replace(lending.RECEIPT, promise=promise)


async def receive(tx, merchant_id, orders, now, ports):
    """As `receive`, of orders that came under no key, with nothing remembered to be sold out."""
    wanted = [Wanted(order) for order in orders]
    return await receive_wanted(tx, merchant_id, wanted, now, ports, SoldOut(timedelta(0)))


@pytest.fixture
async def world(tx: Transaction, make: Any) -> SimpleNamespace:
    """A merchant with SKU LAMP and a market pool before nodes a and b; no stock yet."""
    merchant = await make.merchant()
    a, b = await make.node(), await make.node()
    pool = await make.pool(merchant, [a, b])
    lamp = await make.sku(merchant, code="LAMP")
    await tx.fetch(
        "INSERT INTO vendors.vendor (vendor, title, role, gateway, endpoint, joined_at)"
        " VALUES ('swift', 'Swift', 'carrier', 'sandbox', '', $1)",
        NOW,
    )
    for node, fee in ((a, 400), (b, 500)):
        await tx.fetch(
            "INSERT INTO vendors.rate (vendor, node_id, country, service, weight_to_g, fee_minor,"
            " currency, transit_days, parcels_per_day, effective_from)"
            " VALUES ('swift', $1, 'US', 'ground', 30000, $2, 'USD', 2, 1000, '2026-01-01')",
            node,
            fee,
        )
    return SimpleNamespace(merchant=merchant, a=a, b=b, pool=pool, lamp=lamp)


@pytest.fixture
def books(tx: Transaction) -> Callable[..., Awaitable[tuple[Books, Books]]]:
    """Both planes' counters of LAMP, as (on_hand, taken), after an audit.

    It finds nothing, but in the `halfway` accounts where a test stops in the middle of what a
    transaction of the journey does as a whole.
    """

    async def read(world: SimpleNamespace, *halfway: str) -> tuple[Books, Books]:
        assert {d.account for d in await audit(tx)} == set(halfway)
        nodes = await tx.fetch(
            "SELECT node_id, on_hand, allocated FROM inventory.node_stock"
            " WHERE merchant_id = $1 AND sku_id = $2 AND on_hand > 0",
            world.merchant,
            world.lamp,
        )
        pools = await tx.fetch(
            "SELECT pool_id, on_hand, reserved FROM inventory.pool_stock"
            " WHERE merchant_id = $1 AND sku_id = $2 AND on_hand > 0",
            world.merchant,
            world.lamp,
        )
        return {r[0]: (r[1], r[2]) for r in nodes}, {r[0]: (r[1], r[2]) for r in pools}

    return read


@pytest.fixture
def order(tx: Transaction, make: Any) -> Callable[..., Awaitable[int]]:
    """Take an order and return its id; with `allocated`, give it its node."""

    async def place(world: SimpleNamespace, *, allocated: bool = False, **order: Any) -> int:
        (answer,) = await receive(tx, world.merchant, [make.order("LAMP", **order)], NOW, PORTS)
        assert answer.outcome == "accepted"
        if allocated:
            subject = Subject(world.merchant, answer.order_id)
            await allocate(tx, [subject], NOW, lock=lock_nodes, commit=commit_stock)
        return answer.order_id

    return place


@pytest.fixture
def allocate_open(tx: Transaction) -> Callable[[int], Awaitable[None]]:
    """Allocate all that is open of a merchant."""

    async def run(merchant: int) -> None:
        rows = await tx.fetch(
            "SELECT merchant_id, subject_id FROM lifecycle.subject"
            " WHERE merchant_id = $1 AND status = 'open' ORDER BY subject_id",
            merchant,
        )
        subjects = [Subject(*row) for row in rows]
        await allocate(tx, subjects, NOW, lock=lock_nodes, commit=commit_stock)

    return run
