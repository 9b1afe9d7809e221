"""Make a database beside another one: for a play, or a trial of an import."""

from urllib.parse import urlsplit, urlunsplit

import asyncpg

from penstock.db.reach import reach
from penstock.db.went_away import WENT_AWAY
from penstock.kernel.errors import Misconfigured, Unavailable


async def create_database(url: str, name: str, *, fresh: bool, durable: bool = True) -> str:
    """Make the database `name` on the server of `url`, anew if `fresh`; return its URL.

    `durable` False lets the whole server commit without waiting for the disk: its data survive
    the kill of any process, and not a power cut. For servers of throw-away data only.

    Raises:
        Misconfigured: the server does not answer, or its user may not make databases.
        Unavailable: it went away in the middle.

    """
    admin = await reach(lambda: asyncpg.connect(url))
    try:
        if not durable:
            await admin.execute("ALTER SYSTEM SET fsync = off")
            await admin.execute("SELECT pg_reload_conf()")
        if fresh:
            await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        if not await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            await admin.execute(f'CREATE DATABASE "{name}"')
    except asyncpg.InsufficientPrivilegeError as error:
        raise Misconfigured(
            f"a database of its own is needed and may not be made: {error}. "
            "Grant CREATEDB, or unset PENSTOCK_DATABASE_URL to use the embedded server."
        ) from error
    except WENT_AWAY as error:
        raise Unavailable(f"the database went away: {error}; start again") from error
    finally:
        await admin.close()
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
