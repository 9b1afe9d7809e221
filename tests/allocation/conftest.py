"""A network to allocate in: nodes with rates, stock, and orders that hold some of it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from penstock import lending
from penstock.allocation.allocate import allocate
from penstock.channels.order import NewLine
from penstock.db.transaction import Transaction
from penstock.inventory.commit import commit_stock, lock_nodes
from penstock.lifecycle.advance import Subject
from penstock.orders.item import Dated
from penstock.orders.receive import Wanted
from penstock.orders.receive import receive as receive_wanted
from penstock.orders.sold_out import SoldOut

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DELIVERY = timedelta(days=6)


def promise(
    _sla: str, _country: str, paid_at: Sequence[datetime], _days: object = ()
) -> list[Dated]:
    return [Dated(at + timedelta(days=2), at + DELIVERY) for at in paid_at]


PORTS = msgspec.structs.replace(lending.RECEIPT, promise=promise)


async def receive(tx, merchant_id, orders, now, ports):
    """As `receive`, of orders that came under no key, with nothing remembered to be sold out."""
    wanted = [Wanted(order) for order in orders]
    return await receive_wanted(tx, merchant_id, wanted, now, ports, SoldOut(timedelta(0)))


class Network:
    """One merchant's nodes, SKUs and orders; every method writes rows."""

    def __init__(self, tx: Transaction, make: Any, merchant: int) -> None:
        self.tx, self.make, self.merchant = tx, make, merchant
        self.skus: dict[str, int] = {}

    async def node(self, code: str, country: str = "US") -> int:
        node: int = await self.make.node(country=country)
        await self.tx.fetch("UPDATE inventory.node SET code = $2 WHERE node_id = $1", node, code)
        return node

    async def sku(self, code: str, weight_g: int = 400) -> int:
        self.skus[code] = await self.make.sku(self.merchant, code=code, weight_g=weight_g)
        return self.skus[code]

    async def rate(self, node: int, fee_minor: int, *, days: int = 2, country: str = "US",
                   to_g: int = 30_000, service: str = "ground",
                   since: str = "2026-01-01", until: str = "2099-12-31") -> None:  # fmt: skip
        await self.tx.fetch(
            "INSERT INTO vendors.vendor (vendor, title, role, gateway, endpoint, joined_at)"
            " VALUES ('swift', 'Swift', 'carrier', 'sandbox', '', $1) ON CONFLICT DO NOTHING",
            NOW,
        )
        await self.tx.fetch(
            "INSERT INTO vendors.rate (vendor, node_id, country, service, weight_to_g, fee_minor,"
            " currency, transit_days, parcels_per_day, effective_from, effective_to)"
            " VALUES ('swift', $1, $2, $3, $4, $5, 'USD', $6, 1000, $7::text::date,"
            " $8::text::date)",
            node, country, service, to_g, fee_minor, days, since, until,
        )  # fmt: skip

    async def stock(self, node: int, pool: int, **units: int) -> None:
        for code, quantity in units.items():
            await self.make.stock(self.merchant, node, pool, self.skus[code], quantity)

    async def order(self, *, paid: float = 0, country: str = "US", **units: int) -> int:
        """Take an order that was paid `paid` days ago; return its id, or 0 if it was refused."""
        order = self.make.order("-", country=country)
        at = NOW - timedelta(days=paid)
        order = msgspec.structs.replace(
            order,
            ordered_at=at,
            paid_at=at,
            lines=tuple(
                NewLine(sku=code, quantity=quantity, unit_price_minor=1999)
                for code, quantity in units.items()
            ),
        )
        (answer,) = await receive(self.tx, self.merchant, [order], NOW, PORTS)
        return answer.order_id

    async def allocate(self, *orders: int, **options: Any) -> None:
        subjects = [Subject(self.merchant, order) for order in orders]
        await allocate(self.tx, subjects, NOW, lock=lock_nodes, commit=commit_stock, **options)

    async def parts(self, order: int) -> list[tuple[str, int | None, dict[int, int]]]:
        """(status, node, units by line) of each fulfilment order of an order."""
        rows = await self.tx.fetch(
            "SELECT f.fulfilment_order_id, s.status, f.node_id, l.line_no, l.quantity"
            " FROM allocation.fulfilment_order AS f"
            " JOIN allocation.fulfilment_line AS l USING (merchant_id, fulfilment_order_id)"
            " JOIN lifecycle.subject AS s"
            "  ON (s.merchant_id, s.subject_id) = (f.merchant_id, f.fulfilment_order_id)"
            " WHERE f.merchant_id = $1 AND f.order_id = $2 ORDER BY f.fulfilment_order_id",
            self.merchant,
            order,
        )
        parts: dict[int, tuple[str, int | None, dict[int, int]]] = {}
        for part, status, node, line, quantity in rows:
            parts.setdefault(part, (status, node, {}))[2][line] = quantity
        return list(parts.values())

    async def because(self, order: int) -> str:
        text: str = await self.make.one(
            "SELECT because FROM allocation.fulfilment_order WHERE fulfilment_order_id = $1", order
        )
        return text


@pytest.fixture
async def network(tx: Transaction, make: Any) -> Network:
    return Network(tx, make, await make.merchant())


@pytest.fixture
def network_in() -> type[Network]:
    """A network in a transaction that the test opens itself."""
    return Network
