"""The stage of a play: a database, an API server, the vendors' server, the clock; healed if hurt.

The API server is a process of its own, as in production; vendors are served in this one. Nothing
outlives the play: what it started, it ends.
"""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import uvicorn

from penstock.db.create import create_database
from penstock.db.embedded import EmbeddedServer
from penstock.kernel.errors import Misconfigured, Unavailable
from penstock.settings import Settings
from penstock.simulation.healing import BROKEN
from penstock.simulation.line import Line

DATABASE = "penstock_demo"
_READY_S = 30.0


class Stage:
    """What a play stands on; `heal` brings back what died."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        """Prepare to build in `folder`."""
        self._settings = settings
        self._folder = folder
        self._server: EmbeddedServer | None = None
        self._api: subprocess.Popen[bytes] | None = None
        self.url = ""
        self.clock_file = folder / "clock"
        self.line = Line()

    @property
    def pids(self) -> list[int]:
        """The processes of the play, for measuring: this one's children are found from it."""
        server = None if self._server is None else self._server.pid
        return [os.getpid()] + ([server] if server else [])

    @property
    def broken(self) -> tuple[type[Exception], ...]:
        """What setting up raises when something has died; no settings can be at fault for ours."""
        return BROKEN if self._settings.database_url else (*BROKEN, Misconfigured)

    async def open_server(self) -> None:
        """Start the database server, unless settings name one."""
        if not self._settings.database_url:
            self._server = EmbeddedServer(self._folder)
            await asyncio.to_thread(self._server.start)

    async def open_database(self, *, fresh: bool) -> None:
        """Make the play's own database, still empty.

        Raises:
            Misconfigured: the server cannot be reached, or the user may not create a database.

        """
        admin_url = self._settings.database_url if self._server is None else self._server.url()
        self.url = await create_database(
            admin_url, DATABASE, fresh=fresh, durable=self._server is None
        )

    async def open_api(self) -> None:
        """Start the API server and wait until it is ready."""
        await self._close_api()
        self.line.port = self.line.port or _free_port()
        environment = os.environ | {
            "PENSTOCK_DATABASE_URL": self.url,
            "PENSTOCK_CLOCK_FILE": str(self.clock_file),
            # Within a tick no time goes by: nothing must be remembered for a second, or be refused
            # because a second has not gone by.
            "PENSTOCK_SOLD_OUT_MS": "0",
            "PENSTOCK_MERCHANT_ORDERS_PER_S": "1000000",
        }
        self._api = subprocess.Popen(  # noqa: ASYNC220, S603  ourselves; starting does not block
            [
                sys.executable,
                "-m",
                "penstock",
                "serve",
                "--port",
                str(self.line.port),
                "--tethered",
            ],
            env=environment,
            start_new_session=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
        until = time.monotonic() + _READY_S
        while time.monotonic() < until:
            with contextlib.suppress(OSError, EOFError):
                status, _ = await self.line.request("GET", "/health")
                if status == HTTPStatus.OK:
                    return
            if self._api.poll() is not None:
                raise Unavailable(f"the API server ended with {self._api.returncode}")
            await asyncio.sleep(0.1)
        raise Unavailable("the API server does not become ready")

    async def heal(self) -> None:
        """Start again what no longer runs."""
        await self.heal_server()
        if self._api is None or self._api.poll() is not None:
            with contextlib.suppress(Unavailable):
                await self.open_api()

    async def heal_server(self) -> None:
        """Start the database server again if it no longer runs."""
        if self._server is not None:
            await asyncio.to_thread(self._server.ensure)

    async def _close_api(self) -> None:
        """End the API server, if it still runs, and let go of the pipe that it is tied to."""
        if self._api is None:
            return
        if self._api.stdin is not None:
            self._api.stdin.close()
        self._api.terminate()
        try:
            await asyncio.to_thread(self._api.wait, 8)
        except subprocess.TimeoutExpired:
            self._api.kill()
            self._api.wait()

    async def close(self) -> None:
        """End what was started."""
        await self.line.close()
        await self._close_api()
        if self._server is not None:
            await asyncio.to_thread(self._server.stop)


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[str]:
    """Serve an ASGI application on a free loopback port; yield its URL."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="error", lifespan="off", access_log=False)
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]  # signals are the play's
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
