"""Two units of work on separate connections, of which one is stopped between its statements."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import pytest

from penstock import lending
from penstock.db.transaction import OPERATOR, Database, Transaction
from penstock.lifecycle.advance import Subject, move
from penstock.orders.pay import store_unpaid
from penstock.orders.receive import Wanted, receive
from penstock.orders.sold_out import SoldOut

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class Pausing(Transaction):
    """A transaction that waits before its statement number `at`, counted from 0."""

    def __init__(self, tx: Transaction, at: int, stop: "Stop") -> None:
        super().__init__(tx._connection, tx.actor)
        self._at, self._stop, self.statements = at, stop, 0

    async def fetch(self, sql: str, *arguments: Any) -> list[Any]:
        if self.statements == self._at:
            await self._stop.here()
        self.statements += 1
        return await super().fetch(sql, *arguments)


class Stop:
    """Where one transaction waits until it is let go; only its first attempt does."""

    def __init__(self) -> None:
        self.reached, self._go = asyncio.Event(), asyncio.Event()

    async def here(self) -> None:
        if not self.reached.is_set():
            self.reached.set()
            await self._go.wait()

    def let_go(self) -> None:
        self.reached.set()
        self._go.set()


Act = Callable[[Transaction, "World"], Awaitable[object]]


class World(msgspec.Struct):
    """A merchant that can lose its last LAMP in every way, with an order in each state.

    Market pool: the orders `unpaid`, `held` (remorse hold), `open` and `released` (on the floor)
    hold one LAMP each, one is for sale; VASEs lie in a family of their own. Closed stream's pool:
    `streamed` holds one LAMP, one is left over. `waiting` is a backorder of 3 VASEs that has 1.
    """

    merchant: int
    node: int
    other: int
    skus: dict[str, int]
    pools: dict[str, int]
    stream: int
    order_of: Callable[..., Any]
    orders: dict[str, int] = {}

    async def take(self, tx: Transaction, *orders: Any) -> list[Any]:
        """Receive orders, which asks nothing that was remembered."""
        wanted = [Wanted(order) for order in orders]
        return await receive(tx, self.merchant, wanted, NOW, lending.RECEIPT, SoldOut(timedelta(0)))

    async def state(self, tx: Transaction) -> dict[str, Any]:
        """All that can be seen of it, free of numbers that are drawn."""
        names = {v: k for k, v in self.pools.items()}
        keys = dict(
            await tx.fetch(
                "SELECT order_id, channel_order_id FROM orders.receipt WHERE merchant_id = $1",
                self.merchant,
            )
        )
        skus = {v: k for k, v in self.skus.items()}
        found: dict[str, Any] = {}
        for name, sql in STATE.items():
            rows = await tx.fetch(sql, self.merchant)
            found[name] = sorted(
                tuple(
                    keys.get(value, value) if column == "subject"
                    else names.get(value, value) if column == "holder"
                    else skus.get(value, value) if column == "sku"
                    else value
                    for column, value in row.items()
                )
                for row in rows
            )  # fmt: skip
        return found


STATE = {
    "pools": "SELECT pool_id AS holder, sku_id AS sku, on_hand, reserved"
    " FROM inventory.pool_stock WHERE merchant_id = $1",
    "nodes": "SELECT sku_id AS sku, on_hand, allocated FROM inventory.node_stock"
    " WHERE merchant_id = $1",
    "reservations": "SELECT order_id AS subject, line_no, pool_id AS holder, quantity"
    " FROM inventory.reservation WHERE merchant_id = $1 AND quantity > 0",
    "statuses": "SELECT subject_id AS subject, status FROM lifecycle.subject"
    " WHERE merchant_id = $1",
    "receipts": "SELECT order_id AS subject, outcome FROM orders.receipt WHERE merchant_id = $1",
    "lines": "SELECT order_id AS subject, line_no, accepted, backordered FROM orders.line"
    " WHERE merchant_id = $1",
    "ledger": "SELECT sku_id AS sku, from_account, to_account, reason, sum(quantity) AS units"
    " FROM inventory.move WHERE merchant_id = $1 GROUP BY 1, 2, 3, 4",
    "told": "SELECT topic, count(*) AS events FROM outbox.events WHERE merchant_id = $1 GROUP BY 1",
}


async def build(tx: Transaction, make: Any) -> World:
    """Make one world; the same each time."""
    merchant = await make.merchant()
    node, other = await make.node(), await make.node()
    skus = {code: await make.sku(merchant, code=code) for code in ("LAMP", "VASE")}
    market = await make.pool(merchant, [node], rank=1)
    second = await make.pool(merchant, [other], rank=2)
    stream = await make.one(
        "INSERT INTO streams.stream (merchant_id, code, title, country, starts_at, ends_at, state)"
        " VALUES ($1, 'friday', 'Friday', 'US', $2, $3, 'live') RETURNING stream_id",
        merchant, NOW - timedelta(hours=2), NOW - timedelta(hours=1),
    )  # fmt: skip
    fence = await make.one(
        "INSERT INTO inventory.pool (merchant_id, code, family_id, stream_id)"
        " VALUES ($1, 'fence', $2, $3) RETURNING pool_id",
        merchant, market, stream,
    )  # fmt: skip
    await tx.fetch("INSERT INTO streams.stream_sku (merchant_id, stream_id, sku_id, pool_id,"
                   " ring_fenced) VALUES ($1, $2, $3, $4, 2)",
                   merchant, stream, skus["LAMP"], fence)  # fmt: skip
    await make.stock(merchant, node, market, skus["LAMP"], 5)
    await make.stock(merchant, node, fence, skus["LAMP"], 2)
    await make.stock(merchant, other, second, skus["VASE"], 1)
    pools = {"market": market, "second": second, "fence": fence}
    world = World(merchant, node, other, skus, pools, stream, make.order)
    orders = {
        "open": make.order("LAMP", key="open"),
        "held": make.order("LAMP", key="held"),
        "unpaid": make.order("LAMP", key="unpaid"),
        "released": make.order("LAMP", key="released"),
        "streamed": msgspec.structs.replace(make.order("LAMP", key="streamed"), stream="friday"),
        "waiting": make.order("VASE", key="waiting", quantity=3, policy="backorder"),
    }
    answers = await world.take(tx, *orders.values())
    assert [a.outcome for a in answers] == ["accepted"] * 6, answers
    world.orders = {a.channel_order_id: a.order_id for a in answers}
    await _into_their_states(tx, world)
    return world


async def _into_their_states(tx: Transaction, world: World) -> None:
    merchant, orders = world.merchant, world.orders
    await tx.fetch("UPDATE streams.stream SET state = 'closed' WHERE merchant_id = $1", merchant)
    for name, status in (("held", "held"), ("unpaid", "reserved")):
        await tx.fetch(
            "UPDATE lifecycle.subject SET status = $3 WHERE merchant_id = $1 AND subject_id = $2",
            merchant, orders[name], status,
        )  # fmt: skip
    await store_unpaid(
        tx, merchant_id=merchant, order_ids=[orders["unpaid"]], expires_at=[NOW],
        holds=[timedelta(0)], slas=["tiktok_us_regular"], extra_days=[0],
    )  # fmt: skip
    await tx.fetch(
        "UPDATE inventory.node_stock SET allocated = 1 WHERE merchant_id = $1 AND node_id = $2",
        merchant, world.node,
    )  # fmt: skip
    await tx.fetch(
        "INSERT INTO inventory.move (merchant_id, sku_id, quantity, from_account, from_holder,"
        " to_account, to_holder, reason, subject_id, at)"
        " VALUES ($1, $2, 1, 'node_free', $3, 'node_allocated', $3, 'commit', $4, $5)",
        merchant, world.skus["LAMP"], world.node, orders["released"], NOW,
    )  # fmt: skip
    await _adopt(tx, world, "released")
    released = [Subject(merchant, orders["released"])]
    await move(tx, released, "allocated", NOW)
    await move(tx, released, "released", NOW)


async def _adopt(tx: Transaction, world: World, name: str) -> None:
    """Give an order its fulfilment order at the node, as allocation does."""
    merchant, order = world.merchant, world.orders[name]
    await tx.fetch(
        "INSERT INTO allocation.fulfilment_order (merchant_id, fulfilment_order_id, order_id,"
        " node_id) VALUES ($1, $2, $2, $3)", merchant, order, world.node,
    )  # fmt: skip
    await tx.fetch(
        "INSERT INTO allocation.fulfilment_line (merchant_id, fulfilment_order_id, line_no,"
        " sku_id, quantity) VALUES ($1, $2, 0, $3, 1)", merchant, order, world.skus["LAMP"],
    )  # fmt: skip


class Arena:
    """Where pairs of actions meet."""

    def __init__(self, database: Database, watcher: Any, make_in: Any) -> None:
        self.database, self._watcher, self._make_in = database, watcher, make_in

    async def world(self) -> World:
        made: list[World] = []

        async def work(tx: Transaction) -> None:
            make = self._make_in(tx)
            make._number = await make.one("SELECT 100 * count(*) FROM merchants.merchant")
            made.append(await build(tx, make))

        await self.database.run(OPERATOR, work)
        return made[0]

    async def serial(self, *acts: Act) -> tuple[list[object], dict[str, Any]]:
        """Run acts one after the other in a world of their own; return what they and it say."""
        world = await self.world()
        answers = [await self.database.run(OPERATOR, lambda tx, a=a: a(tx, world)) for a in acts]
        return answers, await self.seen(world)

    async def seen(self, world: World) -> dict[str, Any]:
        return await self.database.run(OPERATOR, world.state)

    async def statements(self, act: Act) -> int:
        """Count the statements that an action takes when nobody is in its way."""
        world, stop, count = await self.world(), Stop(), 0

        async def work(tx: Transaction) -> None:
            nonlocal count
            counting = Pausing(tx, -1, stop)
            await act(counting, world)
            count = counting.statements

        await self.database.run(OPERATOR, work)
        return count

    async def race(self, a: Act, b: Act, at: int) -> tuple[list[object], dict[str, Any]]:
        """Stop `a` before its statement `at` (or its COMMIT), let `b` end or wait, let `a` go."""
        world, stop = await self.world(), Stop()

        async def paused(tx: Transaction) -> object:
            pausing = Pausing(tx, at, stop)
            answer = await a(pausing, world)
            if pausing.statements <= at:
                await stop.here()
            return answer

        first = asyncio.create_task(self.database.run(OPERATOR, paused))
        await stop.reached.wait()
        second = asyncio.create_task(self.database.run(OPERATOR, lambda tx: b(tx, world)))
        try:
            while not second.done() and not await self._waits():  # noqa: ASYNC110  a lock tells nobody
                await asyncio.sleep(0.002)
        finally:
            stop.let_go()
        answers = list(await asyncio.gather(first, second))
        return answers, await self.seen(world)

    async def _waits(self) -> bool:
        """Whether a session of this database waits for another's lock."""
        return bool(
            await self._watcher.fetchval(
                "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
                " AND wait_event_type = 'Lock')"
            )
        )

    async def audit(self) -> Sequence[object]:
        """Recompute I1 and I2 of all worlds from their ledgers."""
        return await self.database.run(OPERATOR, lending.audit, snapshot=True)


@pytest.fixture
async def arena(database: Database, database_url: str, make_in: Any) -> AsyncIterator[Arena]:
    watcher = await asyncpg.connect(database_url)
    yield Arena(database, watcher, make_in)
    await watcher.close()
