"""Who a worker is, and whether it lives: an advisory lock that dies with its session."""

from types import TracebackType
from typing import Any, Self

import asyncpg

from penstock.db.reach import reach
from penstock.kernel.errors import Misconfigured, Unavailable

LOCK_CLASS = 0x57524B52
"""The first key of every worker's advisory lock; the second is its worker_id."""


class Identity:
    """A worker's number, held by a session of its own for as long as the worker lives.

    An intent whose worker's lock is free has nobody to finish it: another worker takes it over at
    once, without waiting for a lease to end.
    """

    def __init__(self, url: str) -> None:
        """Remember where; `claim` takes the number."""
        self._url = url
        self._connection: Any = None
        self._worker_id = 0

    async def claim(self) -> int:
        """Return this worker's number; a new one if the session that held the old one broke.

        Raises:
            Unavailable: the database cannot be reached now.

        """
        if self._connection is None or self._connection.is_closed():
            try:
                self._connection = await reach(lambda: asyncpg.connect(self._url))
            except Misconfigured as problem:  # it was right when the worker started
                raise Unavailable(str(problem)) from problem
            self._worker_id = await self._connection.fetchval(
                "SELECT nextval('worker.worker_id')::int"
            )
            await self._connection.execute(
                "SELECT pg_advisory_lock($1, $2)", LOCK_CLASS, self._worker_id
            )
        return self._worker_id

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._connection is not None and not self._connection.is_closed():
            await self._connection.close()
