"""A server that is on its way up is waited for; one that will not have us is told at once."""

import asyncio
import contextlib
import tempfile
import time
from functools import partial
from urllib.parse import parse_qs, urlsplit

import pytest

from penstock.db import reach
from penstock.db.migrate import migrate
from penstock.db.transaction import OPERATOR, Database
from penstock.kernel.errors import Misconfigured, Unavailable
from penstock.worker.identity import Identity

NOT_YET = b"SFATAL\0C57P03\0Mthe database system is starting up\0\0"


@contextlib.asynccontextmanager
async def starting_up(times: int, url: str):
    """Yield the URL of a server that turns `times` away as one in recovery does, and counts."""
    turned_away = []
    parts = urlsplit(url)
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    host = asked.get("host") or parts.hostname or "localhost"
    port = asked.get("port") or parts.port or 5432
    up = (
        partial(asyncio.open_unix_connection, f"{host}/.s.PGSQL.{port}")
        if host.startswith("/")
        else partial(asyncio.open_connection, host, port)
    )

    async def connected(reader, writer) -> None:
        if len(turned_away) < times:
            await reader.readexactly(int.from_bytes(await reader.readexactly(4)) - 4)
            turned_away.append(1)
            writer.write(b"E" + (len(NOT_YET) + 4).to_bytes(4) + NOT_YET)
            writer.close()
            return
        up_reader, up_writer = await up()
        await asyncio.gather(pump(reader, up_writer), pump(up_reader, writer))

    with tempfile.TemporaryDirectory() as name:
        listening = await asyncio.start_unix_server(connected, f"{name}/.s.PGSQL.5432")
        try:
            who = parts.netloc.rpartition("@")[0]
            yield parts._replace(netloc=f"{who}@", query=f"host={name}").geturl(), turned_away
        finally:
            listening.close()


async def pump(reader, writer) -> None:
    with contextlib.suppress(OSError):
        while some := await reader.read(65_536):
            writer.write(some)
    writer.close()


async def test_a_server_that_recovers_is_waited_for(database_url):
    async with starting_up(3, database_url) as (url, turned_away):
        await migrate(url)
        async with await Database.open(url) as database:
            (row,) = await database.run(OPERATOR, lambda tx: tx.fetch("SELECT 42 AS answer"))
    assert row["answer"] == 42
    assert len(turned_away) == 3


async def test_but_not_for_ever(database_url, monkeypatch):
    monkeypatch.setattr(reach, "_PATIENCE_S", 0.5)
    async with starting_up(1_000, database_url) as (url, turned_away):
        with pytest.raises(Misconfigured, match="starting up"):
            await Database.open(url)
    assert len(turned_away) > 1


async def test_a_worker_waits_for_its_number_as_well(database_url):
    async with starting_up(2, database_url) as (url, turned_away), Identity(url) as identity:
        assert await identity.claim() > 0
    assert len(turned_away) == 2


NOWHERE = "postgresql://penstock@/penstock?host=/nonexistent"


async def test_where_nobody_listens_nobody_waits():
    begun_s = time.monotonic()
    with pytest.raises(Misconfigured, match="Check PENSTOCK_DATABASE_URL"):
        await Database.open(NOWHERE)
    assert time.monotonic() - begun_s < 10


async def test_a_worker_whose_server_is_gone_tries_later():
    async with Identity(NOWHERE) as identity:
        with pytest.raises(Unavailable, match="cannot connect"):
            await identity.claim()
