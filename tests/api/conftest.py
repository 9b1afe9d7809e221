"""The API in this process, over ASGI, on a database of the test's own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any

import httpx
import pytest
from litestar import Litestar

from penstock.access.key import Principal, create_key
from penstock.api.caller import Callers
from penstock.api.context import Context
from penstock.api.http import http_app
from penstock.db.transaction import OPERATOR, Database
from penstock.settings import Settings

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@asynccontextmanager
async def _nothing_to_open(app: Any) -> AsyncIterator[None]:
    yield


@cache
def _app() -> Litestar:
    """Build the application once: it has no state but what a test puts there."""
    return http_app(_nothing_to_open, Settings().body_max_bytes)


class Stopped:
    """A clock that stands at NOW until a test moves it."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at


class Api:
    """A client and what a test needs around it."""

    def __init__(self, database: Database, make_in: Any) -> None:
        self.database = database
        self.clock = Stopped()
        self.make_in = make_in
        settings = Settings()
        context = Context(settings, database, self.clock, Callers(database, self.clock))

        self.app = _app()
        self.app.state.pop("receipt", None)
        self.app.state.context = context
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app), base_url="http://penstock"
        )

    async def key(self, role: str = "operator", **about: Any) -> dict[str, str]:
        principal = Principal(key_id=f"{role}{len(about)}", role=role, **about)
        key = await self.database.run(
            OPERATOR, lambda tx: create_key(tx, principal, "test", b"s" * 20, NOW)
        )
        return {"Authorization": f"Bearer {key}"}

    async def made(self, work: Any) -> Any:
        """Run `work(make)` in a committed transaction."""
        return await self.database.run(OPERATOR, lambda tx: work(self.make_in(tx)))


@pytest.fixture
async def api(database: Database, make_in: Any) -> AsyncIterator[Api]:
    made = Api(database, make_in)
    async with made.client:
        yield made


STREAM = {
    "code": "friday", "title": "Friday night", "country": "US", "expected_orders": 100,
    "starts_at": "2026-11-20T11:00:00Z", "ends_at": "2026-11-20T14:00:00Z",
    "skus": [{"sku": "LAMP", "quantity": 12}, {"sku": "VASE", "quantity": 12}],
}  # fmt: skip


class Shop:
    """A merchant with a live stream of 12 LAMPs and 12 VASEs, and 8 more of each in its market."""

    def __init__(self, api, owner, operator, merchant_id):
        self.api, self.owner, self.operator = api, owner, operator
        self.merchant_id = merchant_id

    def order(self, number, *lines, **changed):
        lines = lines or (("LAMP", 1),)
        at = self.api.clock.at.isoformat()
        return {
            "channel": "web", "channel_order_id": f"N-{number}", "currency": "USD",
            "stream": "friday", "ordered_at": at, "paid_at": at,
            "ship_to": {"name": "Ada", "line1": "1 High St", "city": "Austin", "country": "US"},
            "lines": [{"sku": s, "quantity": n, "unit_price_minor": 1999} for s, n in lines],
        } | changed  # fmt: skip

    async def ask(self, method, path, body=None, who=None):
        answer = await self.api.client.request(
            method, f"/v1/{path}", json=body, headers=who or self.owner
        )
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    async def send(self, order):
        """Send one order: the status, and the outcome or the code of its refusal."""
        answer = await self.api.client.post("/v1/orders", json=order, headers=self.owner)
        said = answer.json()
        return answer.status_code, said.get("outcome") or said["code"], said

    async def outcomes(self, *orders):
        """Send a batch, and return its outcomes."""
        said = await self.ask("POST", "orders:batch", list(orders))
        return [one["outcome"] for one in said["answers"]]

    async def brake(self, **brake):
        return await self.ask("POST", "streams/friday/brakes", brake | {"because": "full"})

    async def release(self):
        await self.ask("POST", "streams/friday/brakes:release", {"because": "caught up"})

    async def log(self):
        """Each brake's kind, units taken and orders turned away."""
        log = await self.ask("GET", "streams/friday/brakes")
        return [(brake["kind"], brake["taken"], brake["turned_away"]) for brake in log]

    async def rows(self, sql, *arguments):
        found = await self.api.made(lambda make: make.tx.fetch(sql, *arguments))
        return [tuple(row) for row in found]

    async def stored(self):
        return [number for (number,) in await self.rows(
            "SELECT channel_order_id FROM orders.key ORDER BY order_id"
        )]  # fmt: skip


@pytest.fixture
async def shop(api):
    async def made(make):
        merchant_id = await make.merchant()
        pool = await make.pool(merchant_id, [node := await make.node()])
        for code in ("LAMP", "VASE"):
            sku = await make.sku(merchant_id, code=code)
            await make.stock(merchant_id, node, pool, sku, 20)
        return merchant_id

    merchant_id = await api.made(made)
    owner = await api.key("merchant", merchant_id=merchant_id)
    shop = Shop(api, owner, await api.key(), merchant_id)
    await shop.ask("POST", "streams", STREAM)
    return shop
