"""A floor with orders on it, made of rows and of the lifecycle's moves alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from penstock.db.transaction import Transaction
from penstock.lifecycle.advance import Subject, create, move, new_ids
from penstock.warehouse.add_cartons import add_cartons
from penstock.warehouse.confirm_pick import PickConfirmation, confirm_pick
from penstock.warehouse.next_batch import next_batches
from penstock.warehouse.release import release

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class Floor:
    """One merchant at one node; `order` puts allocated fulfilment orders before it."""

    def __init__(self, tx: Transaction, make: Any) -> None:
        self.tx = tx
        self.make = make
        self.merchant_id = 0
        self.node_id = 0
        self.skus: dict[str, int] = {}

    async def open(self, *, per_hour: int = 500, country: str = "US") -> "Floor":
        self.merchant_id = await self.make.merchant()
        self.node_id = await self.make.node(country=country)
        await self.tx.fetch(
            "UPDATE inventory.node SET orders_per_hour = $2 WHERE node_id = $1",
            self.node_id, per_hour,
        )  # fmt: skip
        await add_cartons(self.tx)
        return self

    async def another(self, *, per_hour: int = 500) -> "Floor":
        """Another merchant at another node, in the same world."""
        return await Floor(self.tx, self.make).open(per_hour=per_hour)

    async def sku(self, code: str, bin_name: str = "A-01-01", *, merchant_id: int = 0,
                  weight_g: int = 400) -> int:  # fmt: skip
        merchant_id = merchant_id or self.merchant_id
        sku_id: int = await self.make.sku(merchant_id, code=code, weight_g=weight_g)
        await self.tx.fetch(
            "INSERT INTO inventory.node_stock (merchant_id, node_id, sku_id, bin, on_hand,"
            " allocated) VALUES ($1, $2, $3, $4, 1000, 0)",
            merchant_id, self.node_id, sku_id, bin_name,
        )  # fmt: skip
        self.skus[code] = sku_id
        return sku_id

    async def order(self, *lines: tuple[str, int], due_h: float = 24, country: str = "US",
                    merchant_id: int = 0, from_h: float = 0) -> int:  # fmt: skip
        """An allocated order of (SKU code, units) lines; returns its id."""
        merchant_id = merchant_id or self.merchant_id
        (order_id,) = await new_ids(self.tx, count=1, at=NOW)
        due_at = NOW + timedelta(hours=due_h)
        await self.tx.fetch(
            "INSERT INTO orders.receipt (merchant_id, order_id, channel, channel_order_id,"
            " outcome, country, currency, goods_minor, shipping_minor, policy,"
            " buyer_id, ship_to, ordered_at, paid_at, received_at, dispatch_by_at, deliver_by_at)"
            " VALUES ($1, $2, 'test', 'T' || $2::bigint, 'accepted', $3, 'USD', 0, 0,"
            " 'all_or_nothing', '', '{}', $4, $4, $4, $5, $5)",
            merchant_id, order_id, country, NOW, due_at,
        )  # fmt: skip
        await self.tx.fetch(
            "INSERT INTO allocation.fulfilment_order (merchant_id, fulfilment_order_id, order_id,"
            " node_id, allocated_at) VALUES ($1, $2, $2, $3, $4)",
            merchant_id, order_id, self.node_id, NOW,
        )  # fmt: skip
        for line_no, (code, quantity) in enumerate(lines):
            await self.tx.fetch(
                "INSERT INTO allocation.fulfilment_line VALUES ($1, $2, $3, $4, $5)",
                merchant_id, order_id, line_no, self.skus[code], quantity,
            )  # fmt: skip
        await create(
            self.tx,
            kind="fulfilment_order",
            merchant_ids=[merchant_id],
            subject_ids=[order_id],
            events=["received"],
            due_at=[None],
            at=NOW,
        )
        await move(
            self.tx,
            [Subject(merchant_id, order_id)],
            "allocated",
            NOW,
            due_at=NOW + timedelta(hours=from_h),
        )
        return order_id

    async def picked(self, *lines: tuple[str, int], **kwargs: Any) -> int:
        """An order that the floor has released and picked."""
        order_id = await self.order(*lines, **kwargs)
        await release(self.tx, NOW)
        for batch in await next_batches(self.tx, self.node_id, ["helper"], NOW):
            done = PickConfirmation(batch_id=batch.batch_id, picker="helper", complete=True)
            await confirm_pick(self.tx, self.node_id, [done], NOW, never_short)
        return order_id

    async def status(self, *ids: int) -> list[str]:
        rows = await self.tx.fetch(
            "SELECT s.status FROM unnest($1::bigint[]) WITH ORDINALITY AS i (id, position)"
            " JOIN lifecycle.subject AS s ON s.subject_id = i.id ORDER BY i.position",
            list(ids),
        )
        return [row[0] for row in rows]

    async def batches(self) -> list[tuple[str, list[int]]]:
        """Each batch's style and orders, in the order of the batches' ids."""
        rows = await self.tx.fetch(
            "SELECT b.style, array_agg(o.fulfilment_order_id ORDER BY o.fulfilment_order_id)"
            " FROM warehouse.batch AS b JOIN warehouse.batch_order AS o USING (node_id, batch_id)"
            " WHERE b.node_id = $1 GROUP BY b.batch_id, b.style ORDER BY b.batch_id",
            self.node_id,
        )
        return [(row[0], row[1]) for row in rows]


async def never_short(tx, rows, now):
    raise AssertionError(f"nothing is short here: {rows}")


@pytest.fixture
async def floor(tx: Transaction, make: Any) -> Floor:
    """An open floor in the test's own transaction."""
    return await Floor(tx, make).open()


@pytest.fixture
def floor_in(make_in: Any) -> Any:
    """A floor in a transaction that the test opens itself."""
    return lambda tx: Floor(tx, make_in(tx))
