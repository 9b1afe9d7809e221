"""The database: brought up to date, shown without its password, opened; and what may be wrong."""

import shutil
from types import SimpleNamespace

import asyncpg
import pytest

from penstock.db import migrate, transaction


def said_once(ran, *words):
    """It ends with 2, and one line says what to do."""
    assert ran.code == 2, ran
    assert ran.err.startswith("penstock: ")
    assert ran.err.count("\n") == 1, ran.err
    for word in words:
        assert word in ran.err


def test_migrate_says_where_the_schema_is(penstock):
    ran = penstock("db migrate")
    assert ran.out == f"at migration {migrate.migrations()[-1].number}\n"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://ann:se%40cret@db.example/shop", "postgresql://ann@db.example/shop"),
        ("postgresql://db.example/shop?user=ann&password=secret", None),
        ("postgresql://ann@/shop?host=%2Frun&port=5433", None),
    ],
)
def test_the_address_is_told_without_its_password(typed, monkeypatch, url, told):
    monkeypatch.setenv("PENSTOCK_DATABASE_URL", url)
    ran = typed("db url")
    assert "cret" not in ran.out
    assert ran.out.strip() == (told or url.replace("&password=secret", ""))
    assert typed("db url --with-password").out.strip() == url


def test_no_address_is_told_of_a_server_that_does_not_run(typed, monkeypatch):
    monkeypatch.delenv("PENSTOCK_DATABASE_URL", raising=False)
    said_once(typed("db url"), "no server runs", "penstock up")
    assert typed("db folder", wide=True).out.strip().endswith(".penstock")


def test_psql_takes_its_own_flags(penstock, monkeypatch):
    ran = []
    monkeypatch.setattr(shutil, "which", lambda _: "psql")
    monkeypatch.setattr(
        "subprocess.run", lambda c, **_: ran.append(c) or SimpleNamespace(returncode=3)
    )
    assert penstock("db psql -c 'SELECT 1' -tA").code == 3
    assert ran[0][2:] == ["-c", "SELECT 1", "-tA"]
    monkeypatch.setattr(shutil, "which", lambda _: None)
    said_once(penstock("db psql"), "install PostgreSQL's client")


@pytest.mark.parametrize(
    "url", ["postgresql://nobody@127.0.0.1:1/x", "postgresql://host:port/x", "mysql://x", "x"]
)
def test_a_wrong_address_is_one_line(typed, monkeypatch, url):
    monkeypatch.setenv("PENSTOCK_DATABASE_URL", url)
    said_once(typed("init"), "PENSTOCK_DATABASE_URL")


def test_an_old_postgresql_is_one_line(penstock, monkeypatch):
    connect = asyncpg.connect

    async def old(*arguments, **named):
        connection = await connect(*arguments, **named)

        async def fetchval(*_):
            return "140011"

        return Wrapped(connection, fetchval)

    monkeypatch.setattr(asyncpg, "connect", old)
    said_once(penstock("init"), "PostgreSQL 14 is too old", "15 or newer")


class Wrapped:
    """A connection of which one thing is not as it was."""

    def __init__(self, connection, fetchval):
        self._connection = connection
        self.fetchval = fetchval

    def __getattr__(self, name):
        return getattr(self._connection, name)


def test_a_newer_schema_is_one_line(penstock, made):
    penstock("db migrate")

    async def newer(make):
        await make.tx.fetch("RESET ROLE")
        await make.tx.fetch("INSERT INTO public.penstock_migration VALUES (9999, 'later', '')")

    made(newer)
    said_once(penstock("init"), "migration 9999", "install the newer Penstock")


def test_a_full_disk_is_one_line(penstock, monkeypatch):
    async def full(*_, **__):
        raise asyncpg.DiskFullError("could not extend file: No space left on device")

    monkeypatch.setattr(transaction._Connection, "fetch", full)
    said_once(penstock("init"), "disk is full", "free space")


def test_a_disk_that_is_full_while_the_schema_is_brought_up_is_one_line(penstock, monkeypatch):
    async def full(_):
        raise asyncpg.DiskFullError("could not extend file: No space left on device")

    monkeypatch.setattr(migrate, "_apply_missing", full)
    said_once(penstock("init"), "disk is full", "free space")


def test_a_full_disk_of_the_embedded_server_is_one_line(typed, monkeypatch):
    monkeypatch.delenv("PENSTOCK_DATABASE_URL", raising=False)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000))
    said_once(typed("init"), "is full", "200 MB")


def test_a_setting_that_makes_no_sense_is_one_line(typed, monkeypatch):
    monkeypatch.setenv("PENSTOCK_PORT", "many")
    said_once(typed("db url"), "PENSTOCK_PORT")
