"""What the driver raises where a server that had answered is gone in the middle."""

import asyncpg

WENT_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    OSError,
)
