"""Connect once the database takes connections: after a crash it reads its log first."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg

from penstock.kernel.errors import Misconfigured

T = TypeVar("T")
_PATIENCE_S = 60.0
_PAUSE_S = 0.2


async def reach(connect: Callable[[], Awaitable[T]]) -> T:
    """Return what `connect` opens; while the server starts or recovers, try again for a minute.

    Raises:
        Misconfigured: nothing answers there, the name or password is refused, or the server is
            not up within that minute.

    """
    give_up_s = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return await connect()
        except (OSError, TimeoutError, asyncpg.PostgresError, ValueError) as error:
            coming = isinstance(error, asyncpg.CannotConnectNowError)
            if not coming or time.monotonic() > give_up_s:
                raise Misconfigured(
                    f"cannot connect to the database: {error}. "
                    "Check PENSTOCK_DATABASE_URL, or unset it to use the embedded server."
                ) from error
        await asyncio.sleep(_PAUSE_S)
