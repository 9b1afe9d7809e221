"""What every command begins with: settings, a database with the right schema, a clock."""

import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime

import msgspec
from rich.console import Console
from rich.table import Table

from penstock.app import clock_of, database_of
from penstock.db.query import query
from penstock.db.transaction import OPERATOR, Database, Transaction
from penstock.kernel.errors import NotFound
from penstock.settings import Settings, read_settings

console = Console(markup=False, emoji=False)
complaints = Console(stderr=True, markup=False, emoji=False)
"""What people wrote (labels, titles, reasons) is printed as it is: `[x]` is no style of ours."""


def complain(line: str) -> None:
    """Say what is wrong: between words on a terminal's width, on one line to a log."""
    complaints.print(line, highlight=False, soft_wrap=not complaints.is_terminal)


def listing(*columns: str, title: str | None = None) -> Table:
    """Return a table without lines whose cells are never cut: on a narrow terminal they fold."""
    table = Table(title=title, title_justify="left", box=None, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


@contextmanager
def reckoning() -> Iterator[None]:
    """Let Ctrl-C end a long computation at once, and not when it next waits for something."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class Session(msgspec.Struct, frozen=True):
    """An open database and the time at which the command runs."""

    settings: Settings
    url: str
    database: Database
    now: datetime


@query
async def merchant_named(tx: Transaction, *, code: str) -> int | None:
    """Find a merchant by its code."""


@query
async def merchant_codes(tx: Transaction) -> list[str]:
    """List the codes of all merchants."""


@asynccontextmanager
async def session() -> AsyncIterator[Session]:
    """Open the configured database; the embedded server starts and stops with the command."""
    settings = read_settings()
    async with (
        database_of(settings) as url,
        await Database.open(url, connections_max=settings.connections_max) as database,
    ):
        yield Session(settings, url, database, clock_of(settings).now())


async def merchant_id_of(database: Database, code: str) -> int:
    """Return the id of the merchant with this code.

    Raises:
        NotFound: there is none; the answer names those that there are.

    """
    found = await database.run(OPERATOR, lambda tx: merchant_named(tx, code=code))
    if found is None:
        known = await database.run(OPERATOR, merchant_codes)
        raise NotFound(f"no merchant {code!r}; there is: {', '.join(known[:20]) or 'none yet'}")
    return found
