"""Bring a database to this version's schema: numbered SQL, forward only, each once."""

import hashlib
from importlib import resources
from typing import Any

import asyncpg
import msgspec

from penstock.db.reach import reach
from penstock.db.went_away import WENT_AWAY
from penstock.kernel.errors import Misconfigured, Unavailable

_LOCK = 0x50454E53
_OLDEST = 150000


class Migration(msgspec.Struct, frozen=True):
    """A numbered file and the digest of its text."""

    number: int
    name: str
    sql: str
    sha256: str


def migrations() -> list[Migration]:
    """Return the shipped migrations in their order; the numbers have no gap."""
    folder = resources.files("penstock.db") / "migrations"
    found = []
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".sql"):
            sql = entry.read_text("utf-8")
            digest = hashlib.sha256(sql.encode()).hexdigest()
            found.append(Migration(int(entry.name[:4]), entry.name[5:-4], sql, digest))
    assert [m.number for m in found] == list(range(1, len(found) + 1)), "a number is missing"
    return found


async def migrate(url: str) -> list[Migration]:
    """Apply what is missing, under an advisory lock, each in its own transaction.

    Returns the migrations applied now. Any number of processes may call this at once.

    Raises:
        Misconfigured: the server does not answer or is too old, an applied migration was changed,
            or the database is newer than this program.

    """
    connection = await reach(lambda: asyncpg.connect(url, server_settings={"lock_timeout": "60s"}))
    try:
        version = int(await connection.fetchval("SHOW server_version_num"))
        if version < _OLDEST:
            raise Misconfigured(
                f"PostgreSQL {version // 10000} is too old: Penstock needs 15 or newer."
            )
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        return await _apply_missing(connection)
    except asyncpg.InsufficientPrivilegeError as error:
        raise Misconfigured(
            f"the database's user may not bring it up to date ({error}): it needs CREATE on the "
            "database and, the first time, CREATEROLE."
        ) from error
    except asyncpg.DiskFullError as error:
        raise Unavailable("the database's disk is full; free space and start again") from error
    except WENT_AWAY as error:
        raise Unavailable(f"the database went away: {error}; start again") from error
    finally:
        await connection.close()


async def _apply_missing(connection: Any) -> list[Migration]:
    await connection.execute(
        "CREATE TABLE IF NOT EXISTS public.penstock_migration ("
        " number int PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL)"
    )
    records = await connection.fetch("SELECT number, name, sha256 FROM public.penstock_migration")
    applied = {record["number"]: record for record in records}
    shipped = migrations()
    if applied and max(applied) > shipped[-1].number:
        raise Misconfigured(
            f"the database is at migration {max(applied)}, this program knows {shipped[-1].number}:"
            " install the newer Penstock that wrote it, or use another database."
        )
    for migration in shipped:
        seen = applied.get(migration.number)
        if seen is not None and seen["sha256"] != migration.sha256:
            raise Misconfigured(
                f"migration {migration.number:04} {migration.name} was changed after it was "
                "applied: restore the file and put the change into a new migration."
            )
    done = []
    for migration in shipped:
        if migration.number in applied:
            continue
        async with connection.transaction():
            await connection.execute(migration.sql)
            await connection.execute(
                "INSERT INTO public.penstock_migration VALUES ($1, $2, $3)",
                migration.number,
                migration.name,
                migration.sha256,
            )
        done.append(migration)
    return done
