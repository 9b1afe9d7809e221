"""A PostgreSQL server that lives as long as one benchmark."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg

from penstock.db.embedded import EmbeddedServer


async def ask(url: str, command: str | None, question: str | None = None) -> object:
    connection = await asyncpg.connect(url)
    try:
        if command:
            await connection.execute(command)
        return await connection.fetchval(question) if question else None
    finally:
        await connection.close()


@contextmanager
def private_server(*, shared_buffers_mb: int = 128) -> Iterator[str]:
    """Start a server in a folder of its own, which goes with it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # under root the server has an account of its own, which must get in
        with EmbeddedServer(folder, shared_buffers_mb=shared_buffers_mb) as server:
            yield server.url()
