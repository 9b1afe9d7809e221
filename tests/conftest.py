"""A real PostgreSQL for every test: a template database once, a copy or a rollback per test."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, settings

from penstock.channels.order import Address, NewLine, NewOrder
from penstock.db.migrate import migrate
from penstock.db.transaction import OPERATOR, Database, Transaction
from penstock.lifecycle.seed import seed_lifecycle

# A shared machine is slow at times, which is no fault of the code; and what lands must not depend
# on the luck of the draw: `make test` draws the same examples each time, `make test-long` new ones.
_EVERYWHERE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.register_profile("penstock", _EVERYWHERE, derandomize=True)
settings.register_profile("explore", _EVERYWHERE, max_examples=300)
settings.load_profile("penstock")

_LONGEST = ("simulation", "crash", "cli", "races", "api")
"""Folders whose files take longest: begun first, no core is left alone with one at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest; within a folder the order stays."""
    tests = Path(__file__).parent

    def place(item: pytest.Item) -> int:
        folder = item.path.relative_to(tests).parts[0]
        return _LONGEST.index(folder) if folder in _LONGEST else len(_LONGEST)

    items.sort(key=place)


_ROOM_BYTES = 4 * 2**30
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """PENSTOCK_DATABASE_URL where it is set (its user must be a superuser), else embedded."""
    given = os.environ.get("PENSTOCK_DATABASE_URL")
    if given:
        yield given
        return
    from penstock.db.embedded import EmbeddedServer

    with tempfile.TemporaryDirectory(
        prefix="penstock-", dir=_in_memory(), ignore_cleanup_errors=True
    ) as folder:
        Path(folder).chmod(0o711)  # the server's own account must get to its data
        with EmbeddedServer(Path(folder) / "data") as server:
            asyncio.run(_hurried(server.url()))
            yield server.url()


def _in_memory() -> str | None:
    """A folder in memory where there is room: a disk takes longer to copy a database than a test.

    None: that for all temporary files.
    """
    folder = Path("/dev/shm")
    roomy = folder.is_dir() and shutil.disk_usage(folder).free >= _ROOM_BYTES
    return str(folder) if roomy and os.access(folder, os.W_OK) else None


async def _hurried(url: str) -> None:
    """Spare the disk: each test has a database of its own, and none outlives the machine."""
    admin = await asyncpg.connect(url)
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        await admin.execute(f"ALTER SYSTEM SET {setting} = off")
    await admin.execute("SELECT pg_reload_conf()")
    await admin.close()


def _database(url: str, name: str) -> str:
    scheme, _, rest = url.partition("://")
    authority, _, tail = rest.partition("/")
    _, question, options = tail.partition("?")
    return f"{scheme}://{authority}/{name}{question}{options}"


@pytest.fixture(scope="session")
async def template(server_url: str) -> AsyncIterator[str]:
    name = f"penstock_template_{os.getpid()}"
    admin = await asyncpg.connect(server_url)
    await admin.execute(f'CREATE DATABASE "{name}"')
    await migrate(_database(server_url, name))
    async with await Database.open(_database(server_url, name), connections_max=1) as database:
        await database.run(OPERATOR, seed_lifecycle)
    yield name
    await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await admin.close()


class Copies:
    """Copies of the template, one made ahead: a thousand files take longer than most tests."""

    def __init__(self, server_url: str, template: str) -> None:
        self._server_url = server_url
        self._template = template
        self._count = count()
        self._beside = ThreadPoolExecutor(1)
        self._next = self._beside.submit(self._make)

    def take(self) -> str:
        """Return the name of a copy, and begin the next."""
        name = self._next.result()
        self._next = self._beside.submit(self._make)
        return name

    def leave(self, name: str) -> None:
        """Drop a copy, when there is time."""
        self._beside.submit(self._ask, f'DROP DATABASE "{name}" WITH (FORCE)')

    def close(self) -> None:
        """Drop what nobody took, and wait until all is gone."""
        self.leave(self._next.result())
        self._beside.shutdown()

    def _make(self) -> str:
        name = f"{self._template}_{next(self._count)}"
        self._ask(f'CREATE DATABASE "{name}" TEMPLATE "{self._template}" STRATEGY file_copy')
        return name

    def _ask(self, sql: str) -> None:
        async def ask() -> None:
            admin = await asyncpg.connect(self._server_url)
            await admin.execute(sql)
            await admin.close()

        asyncio.run(ask())


@pytest.fixture(scope="session")
def copies(server_url: str, template: str) -> Iterator[Copies]:
    made = Copies(server_url, template)
    yield made
    made.close()


@pytest.fixture
def database_url(server_url: str, copies: Copies) -> Iterator[str]:
    """The URL of a database of the test's own, for what must commit."""
    name = copies.take()
    yield _database(server_url, name)
    copies.leave(name)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open pool on a database of the test's own."""
    async with await Database.open(database_url) as opened:
        yield opened


@pytest.fixture(scope="session")
async def shared_connection(server_url: str, template: str) -> AsyncIterator[Any]:
    name = f"{template}_shared"
    admin = await asyncpg.connect(server_url)
    await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    connection = await asyncpg.connect(
        _database(server_url, name),
        server_settings={"plan_cache_mode": "force_custom_plan", "random_page_cost": "1.1"},
    )
    yield connection
    await connection.close()
    await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await admin.close()


@pytest.fixture
async def tx(shared_connection: Any) -> AsyncIterator[Transaction]:
    """An operator's transaction that is rolled back after the test."""
    await shared_connection.execute("BEGIN; SET LOCAL ROLE penstock_operator")
    yield Transaction(shared_connection, OPERATOR)
    await shared_connection.execute("ROLLBACK")


class Make:
    """The smallest world that works, made of rows: what a test does not name has a default."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self._number = 0

    def number(self) -> int:
        self._number += 1
        return self._number

    async def one(self, sql: str, *arguments: Any) -> Any:
        return (await self.tx.fetch(sql, *arguments))[0][0]

    async def merchant(self, *, country: str = "US", currency: str = "USD", cap: int = 1_000_000,
                       status: str = "approved", hold: timedelta = timedelta(0),
                       sla: str = "tiktok_us_regular") -> int:  # fmt: skip
        merchant_id: int = await self.one(
            "INSERT INTO merchants.merchant (code, title, country, status, daily_cap, hold,"
            " applied_at) VALUES ('merchant-' || $1::int, 'Merchant', $2, $3, $4, $5, $6)"
            " RETURNING merchant_id",
            self.number(), country, status, cap, hold, NOW - timedelta(days=90),
        )  # fmt: skip
        await self.tx.fetch(
            "INSERT INTO merchants.market VALUES ($1, $2, $3, $4)",
            merchant_id, country, currency, sla,
        )  # fmt: skip
        return merchant_id

    async def node(self, *, country: str = "US", zone: str = "America/Chicago") -> int:
        node_id: int = await self.one(
            "INSERT INTO inventory.node (code, title, country, zone, cut_off, orders_per_hour)"
            " VALUES ('node-' || $1::int, 'Node', $2, $3, '17:00', 500) RETURNING node_id",
            self.number(), country, zone,
        )  # fmt: skip
        return node_id

    async def sku(self, merchant_id: int, *, code: str = "", weight_g: int = 400,
                  approved: bool = True) -> int:  # fmt: skip
        sku_id: int = await self.one(
            "INSERT INTO merchants.sku (merchant_id, code, title, weight_g, length_mm, width_mm,"
            " height_mm, hs6, origin_country, value_minor, currency, approved_at)"
            " VALUES ($1, $2, 'Lamp', $3, 120, 80, 60, '940521', 'CN', 1500, 'USD', $4)"
            " RETURNING sku_id",
            merchant_id, code or f"SKU-{self.number()}", weight_g, NOW if approved else None,
        )  # fmt: skip
        return sku_id

    async def pool(self, merchant_id: int, nodes: list[int], *, country: str = "US",
                   rank: int = 1) -> int:  # fmt: skip
        """A market pool backed by `nodes`."""
        pool_id: int = await self.one(
            "INSERT INTO inventory.pool (merchant_id, code, family_id)"
            " VALUES ($1, 'pool-' || $2::int, 0) RETURNING pool_id",
            merchant_id, self.number(),
        )  # fmt: skip
        await self.tx.fetch(
            "UPDATE inventory.pool SET family_id = pool_id WHERE merchant_id = $1 AND pool_id = $2",
            merchant_id, pool_id,
        )  # fmt: skip
        await self.tx.fetch(
            "INSERT INTO inventory.pool_market VALUES ($1, $2, $3, $4)",
            merchant_id, country, pool_id, rank,
        )  # fmt: skip
        for node_id in nodes:
            await self.tx.fetch(
                "INSERT INTO inventory.pool_node VALUES ($1, $2, $3)", merchant_id, node_id, pool_id
            )
        return pool_id

    async def stock(self, merchant_id: int, node_id: int, pool_id: int, sku_id: int,
                    units: int) -> None:  # fmt: skip
        """Units at a node that back a pool, with their two moves."""
        await self.tx.fetch(
            "INSERT INTO inventory.node_stock (merchant_id, node_id, sku_id, bin, on_hand)"
            " VALUES ($1, $2, $3, 'A-01-01', $4) ON CONFLICT (merchant_id, node_id, sku_id)"
            " DO UPDATE SET on_hand = node_stock.on_hand + excluded.on_hand",
            merchant_id, node_id, sku_id, units,
        )  # fmt: skip
        await self.tx.fetch(
            "INSERT INTO inventory.pool_stock (merchant_id, pool_id, sku_id, on_hand)"
            " VALUES ($1, $2, $3, $4) ON CONFLICT (merchant_id, pool_id, sku_id)"
            " DO UPDATE SET on_hand = pool_stock.on_hand + excluded.on_hand",
            merchant_id, pool_id, sku_id, units,
        )  # fmt: skip
        if units:
            await self.tx.fetch(
                "INSERT INTO inventory.move (merchant_id, sku_id, quantity, from_account,"
                " from_holder, to_account, to_holder, reason, subject_id, at) VALUES"
                " ($1, $2, $3, 'outside', 0, 'node_free', $4, 'receive', 0, $6),"
                " ($1, $2, $3, 'outside', 0, 'pool_available', $5, 'receive', 0, $6)",
                merchant_id, sku_id, units, node_id, pool_id, NOW,
            )  # fmt: skip

    def order(self, *skus: str, key: str = "", quantity: int = 1, country: str = "US",
              currency: str = "USD", policy: Any = "all_or_nothing") -> NewOrder:  # fmt: skip
        """An order of one line a SKU code."""
        return NewOrder(
            channel="test",
            channel_order_id=key or f"T-{self.number()}",
            currency=currency,
            ordered_at=NOW,
            paid_at=NOW,
            policy=policy,
            ship_to=Address(
                name="Ada Okafor", line1="1 High Street", city="Austin", country=country,
                region="TX", postal_code="78701",
            ),
            lines=tuple(NewLine(sku=s, quantity=quantity, unit_price_minor=1999) for s in skus),
        )  # fmt: skip


@pytest.fixture
def make(tx: Transaction) -> Make:
    """Rows for a test in its own transaction."""
    return Make(tx)


@pytest.fixture
def make_in() -> type[Make]:
    """Rows in a transaction that the test opens itself."""
    return Make
