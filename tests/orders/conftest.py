"""A shop whose orders are taken, held, filled, cancelled and shown."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from penstock.allocation.allocate import allocate
from penstock.db.transaction import Transaction
from penstock.inventory.commit import commit_stock, lock_nodes
from penstock.inventory.reserve import lock_stock, take_stock
from penstock.lifecycle.advance import Subject
from penstock.merchants.admit import count_orders, day_admission
from penstock.orders.receive import Dated, Ports, receive

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def promise(_sla: str, _country: str, paid_at: Sequence[datetime]) -> list[Dated]:
    return [Dated(at + timedelta(days=2), at + timedelta(days=6)) for at in paid_at]


PORTS = Ports(day_admission, count_orders, lock_stock, take_stock, promise)


class Shop:
    """A merchant that sells LAMP and VASE from nodes a and b behind one market pool."""

    def __init__(self, tx: Transaction, make: Any) -> None:
        self.tx, self.make = tx, make
        self.merchant = self.a = self.b = self.pool = 0
        self.skus: dict[str, int] = {}

    async def open(self, **merchant: Any) -> "Shop":
        self.merchant = await self.make.merchant(**merchant)
        self.a, self.b = await self.make.node(), await self.make.node()
        self.pool = await self.make.pool(self.merchant, [self.a, self.b])
        for code in ("LAMP", "VASE"):
            self.skus[code] = await self.make.sku(self.merchant, code=code)
        await self.tx.fetch(
            "INSERT INTO vendors.vendor (vendor, title, role, gateway, endpoint, joined_at)"
            " VALUES ('swift', 'Swift', 'carrier', 'sandbox', '', $1) ON CONFLICT DO NOTHING",
            NOW,
        )
        for node in (self.a, self.b):
            await self.tx.fetch(
                "INSERT INTO vendors.rate (vendor, node_id, country, service, weight_to_g,"
                " fee_minor, currency, transit_days, parcels_per_day, effective_from)"
                " VALUES ('swift', $1, 'US', 'ground', 30000, 400, 'USD', 2, 1000, '2026-01-01')",
                node,
            )
        return self

    async def stock(self, units: int, *, code: str = "LAMP", node: int = 0) -> None:
        await self.make.stock(self.merchant, node or self.a, self.pool, self.skus[code], units)

    async def order(self, *codes: str, at: datetime = NOW, stream: str = "", **order: Any) -> int:
        """Take an order and return its id."""
        new = self.make.order(*(codes or ("LAMP",)), **order)
        new = msgspec.structs.replace(new, ordered_at=at, paid_at=at, stream=stream)
        (answer,) = await receive(self.tx, self.merchant, [new], at, PORTS)
        assert answer.outcome == "accepted", answer
        return answer.order_id

    async def allocate(self, *orders: int) -> None:
        subjects = [Subject(self.merchant, order) for order in orders]
        await allocate(self.tx, subjects, NOW, lock=lock_nodes, commit=commit_stock)

    async def status(self, order: int) -> str:
        status: str = await self.make.one(
            "SELECT status FROM orders.order_statuses WHERE merchant_id = $1 AND order_id = $2",
            self.merchant,
            order,
        )
        return status

    async def reserved(self, code: str = "LAMP") -> tuple[int, int]:
        """Units on hand and reserved in the market pool."""
        (row,) = await self.tx.fetch(
            "SELECT on_hand, reserved FROM inventory.pool_stock"
            " WHERE merchant_id = $1 AND pool_id = $2 AND sku_id = $3",
            self.merchant,
            self.pool,
            self.skus[code],
        )
        return row[0], row[1]


@pytest.fixture
async def shop(tx: Transaction, make: Any) -> Shop:
    return await Shop(tx, make).open()


@pytest.fixture
def shop_in() -> type[Shop]:
    """A shop in a transaction that the test opens itself."""
    return Shop
