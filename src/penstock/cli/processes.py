"""The processes: an API server, a worker, or as many of both as are wanted."""

import asyncio
import contextlib
import gc
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Annotated, Literal

import uvicorn
import uvloop
from cyclopts import Parameter

from penstock import journey
from penstock.app import asgi, clock_of, database_of, gateways_of, timed_worker_of
from penstock.cli.session import console
from penstock.cli.supervise import Kind, Supervisor
from penstock.cli.watch_demand import watch_demand
from penstock.db.transaction import Database
from penstock.kernel.errors import Misconfigured
from penstock.settings import Settings, read_settings
from penstock.worker.demand import Policy
from penstock.worker.identity import Identity
from penstock.worker.pace import Pace, Stopwatch

_STOP_S = 5
_TETHER_S = 30.0
_BACKLOG = 2048
_MOST = 8
"""The embedded server takes 100 connections, an API server up to 8 and a worker seldom over 3."""
_LOCAL_HOLD = timedelta(minutes=1)
Tethered = Annotated[bool, Parameter(help="end when standard input does")]
Count = Annotated[
    int | Literal["auto"], Parameter(help="how many, or auto: as many as there is work for")
]


def serve(
    *,
    host: str | None = None,
    port: Annotated[int | None, Parameter(help="0 takes a free one")] = None,
    fd: Annotated[int | None, Parameter(help="a listening socket that was inherited")] = None,
    tethered: Tethered = False,
) -> None:
    """Serve the HTTP API, with its documentation at /docs."""
    settings = read_settings()
    if settings.database_url:  # what is wrong with it is one line here, and a traceback in a server
        asyncio.run(_ready(settings))
    if fd is None:
        listening = _listen(host or settings.host, settings.port if port is None else port)
        _say_where(listening)
    else:
        listening = _inherited(fd)
    config = uvicorn.Config(
        asgi(settings),
        log_level="warning",
        access_log=False,
        proxy_headers=False,  # no answer depends on who asked from where: the key says who it is
        server_header=False,
        lifespan="on",
        timeout_graceful_shutdown=_STOP_S,
    )
    server = uvicorn.Server(config)
    collect_seldom()
    if tethered:

        def stop() -> None:
            server.should_exit = True

        _tether(stop)
    server.run(sockets=[listening])


def work(*, tethered: Tethered = False) -> None:
    """Run a worker: it moves everything that nobody outside moves."""
    with contextlib.suppress(KeyboardInterrupt):
        uvloop.run(_work(read_settings(), tethered=tethered))


def up(
    *,
    workers: Count = 1,
    api: Count = 1,
    max_processes: Annotated[
        int | None,
        Parameter(name="--max", help="of each kind, where auto; if unsaid two a core, up to 8"),
    ] = None,
    host: str | None = None,
    port: int | None = None,
    tethered: Tethered = False,
) -> None:
    """Run API servers and workers together, by need if auto; what dies is started again."""
    settings = read_settings()
    most = min(2 * (os.cpu_count() or 1), _MOST) if max_processes is None else max_processes
    for name, wanted in (("--workers", workers), ("--api", api), ("--max", most)):
        if wanted != "auto" and wanted < 1:
            raise Misconfigured(f"{name} {wanted}: run at least one.")
    with _listen(host or settings.host, settings.port if port is None else port) as listening:
        listening.listen(_BACKLOG)
        asyncio.run(_ready(settings))
        _say_where(listening)
        asyncio.run(_up(settings, listening, workers, api, most, tethered=tethered))


async def _up(
    settings: Settings,
    listening: socket.socket,
    workers: int | Literal["auto"],
    api: int | Literal["auto"],
    most: int,
    *,
    tethered: bool,
) -> None:
    """Supervise until a signal; a second one ends everything at once."""
    penstock = [sys.executable, "-m", "penstock"]
    fd = listening.fileno()
    supervisor = Supervisor(
        [
            Kind("api", (*penstock, "serve", "--fd", str(fd), "--tethered"), inherits=(fd,)),
            Kind("worker", (*penstock, "work", "--tethered")),
        ],
        partial(console.print, soft_wrap=True),
    )
    policy = Policy(
        workers_min=1 if workers == "auto" else workers,
        workers_max=most if workers == "auto" else workers,
        api_min=1 if api == "auto" else api,
        api_max=most if api == "auto" else api,
        hold=_LOCAL_HOLD,
    )
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, supervisor.stop)
    if tethered:
        _tether(lambda: loop.call_soon_threadsafe(supervisor.stop))
    supervisor.scale("api", policy.api_min)
    supervisor.scale("worker", policy.workers_min)
    running = asyncio.create_task(supervisor.run())
    if "auto" in {workers, api}:
        watching = asyncio.create_task(watch_demand(settings, policy, supervisor))
        await asyncio.wait({running, watching}, return_when=asyncio.FIRST_COMPLETED)
        if not supervisor.stopping:
            supervisor.stop()
        await running
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
    await running


async def _ready(settings: Settings) -> None:
    async with database_of(settings):
        pass


async def _work(settings: Settings, *, tethered: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    if tethered:
        _tether(lambda: loop.call_soon_threadsafe(stop.set))
    stopwatch, clock = Stopwatch(), clock_of(settings)
    async with (
        database_of(settings) as url,
        await Database.open(url, connections_max=settings.connections_max) as database,
        Identity(url) as identity,
        gateways_of() as gateways,
    ):
        pace = Pace(database, await identity.claim(), stopwatch, journey.WORKED, clock)
        telling = asyncio.create_task(pace.tell(stop))
        console.print("worker ready")
        worker = timed_worker_of(settings, database, identity, gateways, stopwatch)
        collect_seldom()
        try:
            await worker.serve(clock, stop)
        finally:
            stop.set()
            await telling
            await pace.tell_end()


def collect_seldom() -> None:
    """Let the collector pass over what start-up has made, and look at the rest less often.

    A batch makes tens of thousands of objects that end with it; being searched for cycles on the
    way was a third of what receiving it cost in Python.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _tether(stop: Callable[[], object]) -> None:
    """Stop when the parent has gone, however it went: the pipe ends with the parent."""

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 1024):
            pass
        stop()
        time.sleep(_TETHER_S)  # a process that does not come to an end would stay for ever
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _listen(host: str, port: int) -> socket.socket:
    try:
        listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
    except (OSError, OverflowError) as error:
        raise Misconfigured(
            f"cannot listen on {host}:{port} ({getattr(error, 'strerror', None) or error}): "
            "choose another with --port, or stop what uses it."
        ) from error
    return listening


def _inherited(fd: int) -> socket.socket:
    try:
        return socket.socket(fileno=fd)
    except OSError as error:
        raise Misconfigured(
            f"--fd {fd} is no socket ({error.strerror}): it is for a parent that hands one down."
        ) from error


def _say_where(listening: socket.socket) -> None:
    bound = listening.getsockname()
    console.print(f"API on http://{bound[0]}:{bound[1]}, its documentation at /docs")
