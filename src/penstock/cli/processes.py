"""The processes: an API server, a worker, or several of both."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import Annotated

import uvicorn
from cyclopts import Parameter

from penstock.app import asgi, clock_of, database_of, gateways_of, worker_of
from penstock.cli.session import console
from penstock.db.transaction import Database
from penstock.kernel.errors import Misconfigured
from penstock.settings import Settings, read_settings
from penstock.worker.identity import Identity

_STOP_S = 10.0


def serve(
    *,
    host: str | None = None,
    port: Annotated[int | None, Parameter(help="0 takes a free one")] = None,
    tethered: Annotated[bool, Parameter(help="end when standard input does")] = False,
) -> None:
    """Serve the HTTP API, with its documentation at /docs."""
    settings = read_settings()
    listening = _listen(host or settings.host, settings.port if port is None else port)
    bound = listening.getsockname()
    console.print(f"API on http://{bound[0]}:{bound[1]}, its documentation at /docs")
    config = uvicorn.Config(
        asgi(settings), log_level="warning", lifespan="on", timeout_graceful_shutdown=5
    )
    server = uvicorn.Server(config)
    if tethered:
        threading.Thread(target=_until_input_ends, args=(server,), daemon=True).start()
    server.run(sockets=[listening])


def _until_input_ends(server: uvicorn.Server) -> None:
    """Stop a server whose parent has gone, however it went: the pipe ends with the parent."""
    while os.read(sys.stdin.fileno(), 1024):
        pass
    server.should_exit = True


def work() -> None:
    """Run a worker: it moves everything that nobody outside moves."""
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_work(read_settings()))


def up(*, workers: int = 1, host: str | None = None, port: int | None = None) -> None:
    """Run the API server and workers together; what dies is started again."""
    settings = read_settings()
    host = host or settings.host
    port = settings.port if port is None else port
    _listen(host, port).close()
    asyncio.run(_ready(settings))
    commands = [["serve", "--host", host, "--port", str(port)], *[["work"]] * workers]
    _keep_up([[sys.executable, "-m", "penstock", *command] for command in commands])


async def _ready(settings: Settings) -> None:
    async with database_of(settings):
        pass


async def _work(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    async with (
        database_of(settings) as url,
        await Database.open(url, connections_max=settings.connections_max) as database,
        Identity(url) as identity,
        gateways_of() as gateways,
    ):
        console.print("worker ready")
        worker = worker_of(database, identity, gateways)
        await worker.serve(clock_of(settings), stop)


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


def _keep_up(commands: list[list[str]]) -> None:
    """Keep a process for each command alive until a signal, then end them and wait."""
    stopping = False

    def stop(_: int, __: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    running = [subprocess.Popen(c, start_new_session=True) for c in commands]  # noqa: S603  ourselves
    while not stopping:
        time.sleep(0.2)
        for i, process in enumerate(running):
            if process.poll() is not None and not stopping:
                console.print(f"{commands[i][3]} ended ({process.returncode}); starting it again")
                time.sleep(1)
                running[i] = subprocess.Popen(commands[i], start_new_session=True)  # noqa: S603  ourselves
    for process in running:
        process.terminate()
    until = time.monotonic() + _STOP_S
    for process in running:
        try:
            process.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
