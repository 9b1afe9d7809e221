"""A shop whose orders are taken, held, filled, cancelled and shown."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from penstock import lending
from penstock.allocation.allocate import allocate
from penstock.db.transaction import Transaction
from penstock.inventory.commit import commit_stock, lock_nodes
from penstock.inventory.reserve import lock_stock, take_stock
from penstock.lifecycle.advance import Subject, create, new_ids
from penstock.orders.item import Dated
from penstock.orders.pay import store_unpaid
from penstock.orders.receive import Wanted
from penstock.orders.receive import receive as receive_wanted
from penstock.orders.sold_out import SoldOut

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def promise(
    _sla: str, _country: str, paid_at: Sequence[datetime], _days: object = ()
) -> list[Dated]:
    return [Dated(at + timedelta(days=2), at + timedelta(days=6)) for at in paid_at]


PORTS = msgspec.structs.replace(lending.RECEIPT, promise=promise)


async def receive(tx, merchant_id, orders, now, ports):
    """As `receive`, of orders that came under no key, with nothing remembered to be sold out."""
    wanted = [Wanted(order) for order in orders]
    return await receive_wanted(tx, merchant_id, wanted, now, ports, SoldOut(timedelta(0)))


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


async def _reserve_unpaid(
    shop: Shop,
    *,
    quantity: int = 1,
    backordered: int = 0,
    minutes: float = 15,
    hold: timedelta = timedelta(0),
    extra_days: int = 0,
) -> int:
    """Take an unpaid order of LAMPs, whose stock is kept for it, and return its id."""
    (order,) = await new_ids(shop.tx, count=1, at=NOW)
    expires_at = NOW + timedelta(minutes=minutes)
    await shop.tx.fetch(
        "INSERT INTO orders.receipt (merchant_id, order_id, channel, channel_order_id,"
        " outcome, country, currency, goods_minor, shipping_minor, policy, buyer_id, ship_to,"
        " ordered_at, received_at, dispatch_by_at, deliver_by_at) VALUES ($1, $2, 'test',"
        " 'U-' || $2::bigint, 'accepted', 'US', 'USD', 1999, 0, 'all_or_nothing', '', '{}', $3,"
        " $3, $3, $3)",
        shop.merchant, order, NOW,
    )  # fmt: skip
    await shop.tx.fetch(
        "INSERT INTO orders.line (merchant_id, order_id, line_no, sku_id, pool_id, quantity,"
        " accepted, backordered, unit_price_minor) VALUES ($1, $2, 0, $3, $4, $5, $5, $6, 1999)",
        shop.merchant, order, shop.skus["LAMP"], shop.pool, quantity, backordered,
    )  # fmt: skip
    key = (shop.pool, shop.skus["LAMP"])
    await lock_stock(shop.tx, shop.merchant, {key})
    await take_stock(shop.tx, shop.merchant, [(order, 0, *key, quantity - backordered)], NOW)
    await store_unpaid(
        shop.tx, merchant_id=shop.merchant, order_ids=[order], expires_at=[expires_at],
        holds=[hold], slas=["tiktok_us_regular"], extra_days=[extra_days],
    )  # fmt: skip
    await create(
        shop.tx, kind="fulfilment_order", merchant_ids=[shop.merchant], subject_ids=[order],
        events=["received_unpaid"], due_at=[expires_at], at=NOW,
    )  # fmt: skip
    return order


@pytest.fixture
def reserve_unpaid() -> Any:
    """Takes an unpaid order in a shop, as receipt does."""
    return _reserve_unpaid
