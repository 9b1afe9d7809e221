"""C3: the reply to COMMIT is lost; the client asks again with the same key: one order each."""

import asyncio
import contextlib
import random
import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from penstock.access.key import Principal, create_key
from penstock.api.caller import Callers
from penstock.api.context import Context
from penstock.api.http import http_app
from penstock.db.transaction import OPERATOR, Database
from penstock.settings import Settings

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SEED = 20261111
CUTS = ("before", "forwarded", "answered")
"""COMMIT never arrives; it arrives and we are gone; it is answered and nobody hears it."""


class FaultProxy:
    """Between driver and server: passes bytes on, and cuts one connection at its COMMIT."""

    def __init__(self, server: str) -> None:
        self._server = server
        self.cut = ""
        self.cuts = Counter()

    async def connected(self, reader, writer) -> None:
        up_reader, up_writer = await asyncio.open_unix_connection(self._server)
        cutting = asyncio.Event()
        back = asyncio.create_task(self._back(up_reader, writer, cutting))
        try:
            await self._forth(reader, up_writer, cutting)
            if cutting.is_set() and self._last == "answered":
                await back
        finally:
            back.cancel()
            for end in (writer, up_writer):
                end.transport.abort() if cutting.is_set() else end.close()

    async def _forth(self, reader, up_writer, cutting) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            length = await reader.readexactly(4)
            up_writer.write(length + await reader.readexactly(int.from_bytes(length) - 4))
            while True:
                head = await reader.readexactly(5)
                body = await reader.readexactly(int.from_bytes(head[1:]) - 4)
                if self.cut and head[:1] == b"Q" and body == b"COMMIT\0":
                    self._last, self.cut = self.cut, ""
                    self.cuts[self._last] += 1
                    cutting.set()
                    if self._last != "before":
                        up_writer.write(head + body)
                        await up_writer.drain()
                    return
                up_writer.write(head + body)

    async def _back(self, up_reader, writer, cutting) -> None:
        with contextlib.suppress(OSError):
            while data := await up_reader.read(65536):
                if cutting.is_set():
                    return
                writer.write(data)
            if not cutting.is_set():
                writer.close()


def order(key):
    return {
        "channel": "web", "channel_order_id": key, "currency": "USD",
        "ordered_at": "2026-11-20T11:59:00Z", "paid_at": "2026-11-20T11:59:00Z",
        "ship_to": {"name": "Ada", "line1": "1 High St", "city": "Austin", "country": "US"},
        "lines": [{"sku": "LAMP", "quantity": 1, "unit_price_minor": 1999}],
    }  # fmt: skip


@contextlib.asynccontextmanager
async def _nothing_to_open(app):
    yield


class Standing:
    def now(self):
        return NOW


@pytest.fixture
async def proxied(database, database_url, make_in):
    """A client of an API whose database lies behind the proxy, the proxy, and the shop's key."""
    if (host := parse_qs(urlsplit(database_url).query).get("host", [""])[0])[:1] != "/":
        pytest.skip("needs a server behind a unix socket")
    made = {}

    async def shop(tx):
        make = make_in(tx)
        made["merchant"] = merchant = await make.merchant()
        node = await make.node()
        pool = await make.pool(merchant, [node])
        await make.stock(merchant, node, pool, await make.sku(merchant, code="LAMP"), 1_000_000)
        principal = Principal(key_id="shop", role="merchant", merchant_id=merchant)
        return await create_key(tx, principal, "test", b"s" * 20, NOW)

    key = await database.run(OPERATOR, shop)
    port = parse_qs(urlsplit(database_url).query).get("port", ["5432"])[0]
    proxy = FaultProxy(f"{host}/.s.PGSQL.{port}")
    with tempfile.TemporaryDirectory() as folder:
        listening = await asyncio.start_unix_server(
            proxy.connected, Path(folder) / f".s.PGSQL.{port}"
        )
        url = database_url.replace(host, folder).replace(host.replace("/", "%2F"), folder)
        async with listening, await Database.open(url, connections_max=3) as behind:
            settings = Settings(merchant_orders_per_s=1e6)
            app = http_app(_nothing_to_open, settings.body_max_bytes)
            app.state.context = Context(settings, behind, Standing(), Callers(behind, Standing()))
            transport = httpx.ASGITransport(app)
            headers = {"Authorization": f"Bearer {key}"}
            async with httpx.AsyncClient(
                transport=transport, base_url="http://penstock", headers=headers
            ) as client:
                yield client, proxy


async def lose_replies(proxied, database, orders):
    client, proxy = proxied
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    assert (await client.post("/v1/orders", json=order("first"))).status_code == 201
    told = {}
    for n in range(orders):
        proxy.cut = chance.choice(CUTS)
        lost = await client.post("/v1/orders", json=order(f"K-{n}"))
        assert lost.status_code == 503, lost.text
        assert proxy.cut == ""
        again = await client.post("/v1/orders", json=order(f"K-{n}"))
        assert again.status_code == 201, again.text
        told[f"K-{n}"] = again.json()["order_id"]
    stored = await database.run(
        OPERATOR,
        lambda tx: tx.fetch(
            "SELECT channel_order_id, order_id FROM orders.receipt WHERE outcome = 'accepted'"
            " AND channel_order_id <> 'first'"
        ),
    )
    assert len(stored) == orders
    assert dict(map(tuple, stored)) == told
    reserved = await database.run(
        OPERATOR, lambda tx: tx.fetch("SELECT reserved FROM inventory.pool_stock")
    )
    assert reserved[0][0] == orders + 1
    print(f"{orders} replies lost: {dict(proxy.cuts)}")
    assert set(proxy.cuts) == set(CUTS)


async def test_1000_lost_replies_are_1000_orders(proxied, database):
    await lose_replies(proxied, database, 1_000)
