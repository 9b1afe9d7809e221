"""The composition root: settings become a pool, a clock, gateways, routes and workers."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from litestar import Litestar

from penstock import journey
from penstock.api.caller import Callers
from penstock.api.context import Context
from penstock.api.http import http_app
from penstock.db.embedded import EmbeddedServer
from penstock.db.migrate import migrate
from penstock.db.transaction import OPERATOR, Database
from penstock.gateways.port import Gateways
from penstock.gateways.sandbox import SandboxGateway
from penstock.kernel.clock import Clock, SystemClock, VirtualClock
from penstock.kernel.errors import Misconfigured
from penstock.lifecycle.seed import seed_lifecycle
from penstock.settings import Settings, read_settings
from penstock.tracking.escalate import report
from penstock.worker.identity import Identity
from penstock.worker.loop import Worker
from penstock.worker.pace import Stopwatch, TimedWorker

log = logging.getLogger(__name__)
_LOOKED_AFTER_EVERY_S = 1.0


def clock_of(settings: Settings) -> Clock:
    """Return the system's clock, or the virtual one of the simulation this process is part of."""
    return VirtualClock(Path(settings.clock_file)) if settings.clock_file else SystemClock()


@asynccontextmanager
async def database_of(settings: Settings) -> AsyncIterator[str]:
    """Yield the URL of a database that has this version's schema.

    Where none is configured, the embedded server is started; the last process to leave stops it.
    """
    if settings.database_url:
        await prepare(settings.database_url)
        yield settings.database_url
        return
    with EmbeddedServer(settings.data_folder) as server:
        await prepare(server.url())
        healing = asyncio.create_task(_heal(server))
        try:
            yield server.url()
        finally:
            healing.cancel()


async def _heal(server: EmbeddedServer) -> None:
    """Start the server again whenever it has died, as after its disk was full; else nobody would.

    Where it cannot be started, that is tried again: who asks for orders meanwhile is told 503.
    """
    while True:
        await asyncio.sleep(_LOOKED_AFTER_EVERY_S)
        try:
            await asyncio.to_thread(server.ensure)
        except Misconfigured as problem:
            log.warning("the database is not there: %s", problem)


async def prepare(url: str) -> None:
    """Migrate, and write the data that the schema's constraints refer to."""
    await migrate(url)
    async with await Database.open(url, connections_max=1) as database:
        await database.run(OPERATOR, seed_lifecycle)


def context_of(settings: Settings, database: Database) -> Context:
    """Compose what request handlers work with."""
    clock = clock_of(settings)
    return Context(settings, database, clock, Callers(database, clock))


@asynccontextmanager
async def gateways_of() -> AsyncIterator[Gateways]:
    """Yield the adapters by the name that a vendor's record gives."""
    async with httpx.AsyncClient() as client:
        yield {"sandbox": SandboxGateway(client)}


def worker_of(
    database: Database,
    identity: Identity,
    gateways: Gateways,
    *,
    steps: Callable[[str], bool] = lambda _: True,
) -> Worker:
    """Compose a worker of the whole journey, or of those steps that `steps` chooses by name."""
    whole = (*journey.JOURNEY, *journey.foreseeing(database))
    chosen = [work for work in whole if steps(work.name)]
    return Worker(database, identity, chosen, gateways)


def timed_worker_of(
    settings: Settings,
    database: Database,
    identity: Identity,
    gateways: Gateways,
    stopwatch: Stopwatch,
) -> Worker:
    """Compose a worker of the whole journey that is timed, for others to reckon with."""
    folder, keep_months = settings.archive_folder, settings.archive_keep_months
    steps = (
        *journey.JOURNEY,
        *journey.foreseeing(database),
        *journey.archiving(database, folder, keep_months),
    )
    return TimedWorker(database, identity, steps, gateways, stopwatch, report=report)


def asgi(settings: Settings | None = None) -> Litestar:
    """Return the HTTP application; it opens the database when it starts to serve."""
    given = settings or read_settings()

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with (
            database_of(given) as url,
            await Database.open(url, connections_max=given.connections_max) as database,
        ):
            app.state.context = context_of(given, database)
            yield

    return http_app(lifespan, given.body_max_bytes)
