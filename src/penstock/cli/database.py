"""Setting up: the database and its data."""

import asyncio
import secrets
import shutil
import subprocess
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit, urlunsplit

from cyclopts import App, Parameter

from penstock.access.key import Principal
from penstock.access.list_keys import KeyListed, list_keys
from penstock.app import database_of
from penstock.cli.keys import make_key
from penstock.cli.session import console, session
from penstock.db.embedded import EmbeddedServer
from penstock.db.migrate import migrations
from penstock.db.transaction import OPERATOR, Transaction
from penstock.kernel.errors import Misconfigured
from penstock.lending import set_up
from penstock.settings import read_settings

db = App(name="db", help="The database itself.")


def init() -> None:
    """Make the database ready, write the standard cartons and policies, and print a first key.

    Done again it brings the database up to date, and makes no further key.
    """
    asyncio.run(_init())


async def _init() -> None:
    async with session() as opened:

        async def work(tx: Transaction) -> list[KeyListed]:
            await set_up(tx)
            return await list_keys(tx, now=opened.now, ended=False)

        found = await opened.database.run(OPERATOR, work)
        console.print(f"database ready, migration {migrations()[-1].number}")
        operators = [key for key in found if key.role == "operator"]
        if not operators:
            principal = Principal(key_id=secrets.token_hex(5), role="operator")
            await make_key(opened, principal, "first operator key")
            return
    console.print(
        f"there is an operator's key already: {operators[0].key_id}, made on "
        f"{operators[0].created_at:%Y-%m-%d}. Make another with 'penstock keys create operator'; "
        "'penstock keys list' names them all.",
        highlight=False,
    )


@db.command(name="migrate")
def migrate_database() -> None:
    """Bring the database to this version's schema; every start does so, too."""
    asyncio.run(_migrated())


async def _migrated() -> None:
    async with database_of(read_settings()):
        console.print(f"at migration {migrations()[-1].number}")


@db.command
def url(
    *, with_password: Annotated[bool, Parameter(help="print the password, too")] = False
) -> None:
    """Print where the database is; the embedded server answers while something uses it."""
    settings = read_settings()
    if settings.database_url:
        told = settings.database_url if with_password else _without_password(settings.database_url)
        console.print(told, soft_wrap=True, highlight=False)
        return
    server = EmbeddedServer(settings.data_folder)
    if not server.alive():
        raise Misconfigured(
            f"no server runs in {server.folder}: start one with 'penstock up', or open the "
            "database with 'penstock db psql'."
        )
    with server:  # it runs: this asks where, and leaves it to those who use it
        console.print(server.url(), soft_wrap=True, highlight=False)


def _without_password(url: str) -> str:
    """Take a password out of an address, whether it stands before the host or in the query."""
    parts = urlsplit(url)
    account, at, host = parts.netloc.rpartition("@")
    user, _, _ = account.partition(":")
    kept = [pair for pair in parts.query.split("&") if not pair.startswith("password=")]
    return urlunsplit(parts._replace(netloc=f"{user}{at}{host}", query="&".join(kept)))


@db.command
def psql(
    *arguments: Annotated[str, Parameter(allow_leading_hyphen=True, help="as psql takes them")],
) -> None:
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
    done = subprocess.run([program, url, *arguments], check=False)  # noqa: S603  the user's own
    if done.returncode:
        raise SystemExit(done.returncode)


@db.command
def folder() -> None:
    """Print the folder in which the embedded server keeps its data."""
    console.print(str(Path(read_settings().data_folder).absolute()), soft_wrap=True)
