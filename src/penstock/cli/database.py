"""Setting up: the database, its data, the keys to it."""

import asyncio
import secrets
import shutil
import subprocess
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from penstock.access.key import SECRET_BYTES, Principal, Role, create_key, revoke_key
from penstock.app import database_of
from penstock.cli.session import console, merchant_id_of, session
from penstock.db.embedded import EmbeddedServer
from penstock.db.migrate import migrations
from penstock.db.transaction import OPERATOR
from penstock.journey import set_up
from penstock.kernel.errors import Misconfigured, NotFound
from penstock.settings import read_settings

db = App(name="db", help="The database itself.")
keys = App(name="keys", help="API keys.")


def init() -> None:
    """Make the database ready, write the standard cartons and policies, and print a first key."""
    asyncio.run(_init())


async def _init() -> None:
    async with session() as opened:
        await opened.database.run(OPERATOR, set_up)
        console.print(f"database ready, migration {len(migrations())}")
    await _create("operator", "first operator key", None, None, None)


@keys.command
def create(
    role: Role,
    *,
    label: str = "",
    merchant: Annotated[str | None, Parameter(help="code, for a merchant's key")] = None,
    vendor: Annotated[str | None, Parameter(help="code, for a vendor's key")] = None,
    node: Annotated[int | None, Parameter(help="number, for a floor's key")] = None,
) -> None:
    """Make an API key and print it: it is shown once and stored as a digest."""
    asyncio.run(_create(role, label, merchant, vendor, node))


async def _create(
    role: Role, label: str, merchant: str | None, vendor: str | None, node: int | None
) -> None:
    async with session() as opened:
        principal = Principal(
            key_id=secrets.token_hex(5),
            role=role,
            merchant_id=await merchant_id_of(opened.database, merchant) if merchant else 0,
            vendor=vendor or "",
            node_id=node or 0,
        )
        secret = secrets.token_bytes(SECRET_BYTES)
        key = await opened.database.run(
            OPERATOR, lambda tx: create_key(tx, principal, label, secret, opened.now)
        )
    console.print(f"API key ({role}), shown this once:")
    console.print(key, style="bold", soft_wrap=True)


@keys.command
def revoke(key_id: str) -> None:
    """End a key's life; its id is the part between the first two underscores."""
    asyncio.run(_revoke(key_id))


async def _revoke(key_id: str) -> None:
    async with session() as opened:
        ended = await opened.database.run(
            OPERATOR, lambda tx: revoke_key(tx, key_id=key_id, now=opened.now)
        )
    if ended is None:
        raise NotFound(f"no living key {key_id!r}")
    console.print(f"{key_id} revoked")


@db.command(name="migrate")
def migrate_database() -> None:
    """Bring the database to this version's schema; every start does so, too."""
    asyncio.run(_migrated())


async def _migrated() -> None:
    async with database_of(read_settings()):
        console.print(f"at migration {len(migrations())}")


@db.command
def url() -> None:
    """Print where the database is; the embedded server answers while something uses it."""
    settings = read_settings()
    if settings.database_url:
        console.print(settings.database_url, soft_wrap=True)
        return
    with EmbeddedServer(settings.data_folder) as server:
        console.print(server.url(), soft_wrap=True)


@db.command
def psql(*arguments: str) -> None:
    """Open psql on the database, with the embedded server running meanwhile."""
    settings = read_settings()
    if settings.database_url:
        _psql(settings.database_url, arguments)
        return
    with EmbeddedServer(settings.data_folder) as server:
        _psql(server.url(), arguments)


def _psql(url: str, arguments: tuple[str, ...]) -> None:
    program = shutil.which("psql")
    if program is None:
        raise Misconfigured("there is no psql on this machine: install PostgreSQL's client.")
    subprocess.run([program, url, *arguments], check=False)  # noqa: S603  the user's own psql


@db.command
def folder() -> None:
    """Print the folder in which the embedded server keeps its data."""
    console.print(str(Path(read_settings().data_folder).absolute()), soft_wrap=True)
