"""A server that is on its way up is waited for; one that will not have us is told at once."""

import asyncio
import contextlib
import tempfile
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from penstock.db import reach
from penstock.db.migrate import migrate
from penstock.db.transaction import OPERATOR, Database
from penstock.kernel.errors import Misconfigured

NOT_YET = b"SFATAL\0C57P03\0Mthe database system is starting up\0\0"


@contextlib.asynccontextmanager
async def starting_up(times: int, url: str):
    """Yield the URL of a server that turns `times` away as one in recovery does, and counts."""
    turned_away = []
    parts = urlsplit(url)
    asked = parse_qs(parts.query)
    if (host := asked.get("host", [""])[0])[:1] != "/":
        pytest.skip("needs a server with a socket")
    socket = f"{host}/.s.PGSQL.{asked.get('port', ['5432'])[0]}"

    async def connected(reader, writer) -> None:
        if len(turned_away) < times:
            await reader.readexactly(int.from_bytes(await reader.readexactly(4)) - 4)
            turned_away.append(1)
            writer.write(b"E" + (len(NOT_YET) + 4).to_bytes(4) + NOT_YET)
            writer.close()
            return
        up_reader, up_writer = await asyncio.open_unix_connection(socket)
        await asyncio.gather(pump(reader, up_writer), pump(up_reader, writer))

    with tempfile.TemporaryDirectory() as name:
        listening = await asyncio.start_unix_server(connected, f"{name}/.s.PGSQL.5432")
        try:
            yield parts._replace(query=f"host={name}").geturl(), turned_away
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


async def test_where_nobody_listens_nobody_waits():
    begun_s = time.monotonic()
    with pytest.raises(Misconfigured, match="Check PENSTOCK_DATABASE_URL"):
        await Database.open(f"postgresql://penstock@/penstock?host={Path('/nonexistent')}")
    assert time.monotonic() - begun_s < 10
