"""One way to work in the database: run a unit of work as somebody, retried where that is safe."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, TypeVar

import asyncpg
import asyncpg.protocol.protocol
import msgspec

from penstock.db.arrays import only_lists_nest
from penstock.db.reach import reach
from penstock.kernel.errors import Conflict, Invalid, Refusal, Unavailable

T = TypeVar("T")
only_lists_nest(asyncpg.protocol.protocol)
_ATTEMPTS = 8
_TIMEOUTS = {
    "statement_timeout": "60s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
    "application_name": "penstock",
    "timezone": "UTC",
    "jit": "off",
    # A batch of 1 and one of 2,000 want different plans, and only a custom plan sees the arrays.
    "plan_cache_mode": "force_custom_plan",
    "random_page_cost": "1.1",  # what a batch needs lies in memory or on flash
}


_BY_KEY = "".join(
    f"; SET LOCAL {name} = {value}"
    for name, value in (
        ("plan_cache_mode", "force_generic_plan"),
        ("enable_hashjoin", "off"),
        ("enable_mergejoin", "off"),
        ("enable_seqscan", "off"),
    )
)
"""Statements that only look up and insert by key want one plan for ever, even if it was made when
the tables were empty; and planning them anew costs more than running them on a small batch."""


class Actor(msgspec.Struct, frozen=True):
    """In whose name a transaction runs; row-level security holds a merchant to its own rows."""

    role: str
    merchant_id: int = 0


OPERATOR = Actor("operator")


def merchant(merchant_id: int) -> Actor:
    """Return the actor that sees and writes only the rows of one merchant."""
    return Actor("merchant", merchant_id)


class Retry(Exception):  # noqa: N818  a request to the runner, not a fault
    """Another transaction got there first; run the unit of work again and it will see it."""


class Transaction:
    """An open transaction: what query declarations run in."""

    def __init__(self, connection: Any, actor: Actor) -> None:
        """Wrap an acquired connection on which BEGIN has been sent."""
        self._connection = connection
        self.actor = actor
        self.moved: set[tuple[int, int]] = set()
        """Subjects (merchant_id, subject_id) that this transaction has moved: whoever claimed them
        knows by it what is left."""

    async def fetch(self, sql: str, *arguments: Any) -> list[Any]:
        """Run one statement and return its records."""
        records: list[Any] = await self._connection.fetch(sql, *arguments)
        return records


class Database:
    """The pool and the runner of units of work."""

    def __init__(self, pool: Any) -> None:
        """Take over an open pool; use `Database.open`."""
        self._pool = pool

    @classmethod
    async def open(cls, url: str, *, connections_max: int = 8) -> Self:
        """Connect to `url`.

        Raises:
            Misconfigured: nothing answers there, or the name or password is refused.

        """
        pool = await reach(
            lambda: asyncpg.create_pool(
                url,
                min_size=1,
                max_size=connections_max,
                connection_class=_Connection,
                server_settings=_TIMEOUTS,
                command_timeout=120,
                max_cacheable_statement_size=0,  # the longest take longest to plan: keep them all
            )
        )
        return cls(pool)

    async def close(self) -> None:
        """Give the connections back."""
        await self._pool.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def run(
        self,
        actor: Actor,
        work: Callable[[Transaction], Awaitable[T]],
        *,
        snapshot: bool = False,
        by_key: bool = False,
    ) -> T:
        """Run `work` in one READ COMMITTED transaction and commit it.

        With `snapshot` it may only read, and all its statements see the same moment. With `by_key`
        its statements keep their plans, nested loops over indexes: for the hot paths, whose
        statements are all look-ups by key.

        A serialization failure, a deadlock, a `Retry`, or a key that another transaction took
        first (of a constraint named `…_once`) runs it again, a bounded number of times with full
        jitter; so `work` must have no effect outside the transaction.

        Raises:
            Refusal: what `work` raises, or `Unavailable` where the database cannot serve: then
                the outcome of the commit may be unknown, and the caller repeats with its key.

        """
        for attempt in range(_ATTEMPTS):
            try:
                return await self._once(_begin(actor, snapshot, by_key), actor, work)
            except Exception as error:
                if not _lost_race(error):
                    raise _translated(error) from error
            if attempt < _ATTEMPTS - 1:
                await asyncio.sleep(random.uniform(0, 0.002 * 2**attempt))  # noqa: S311  jitter
        raise Unavailable("too many conflicts; nothing was taken, try again")

    async def _once(
        self, begin: str, actor: Actor, work: Callable[[Transaction], Awaitable[T]]
    ) -> T:
        async with self._pool.acquire(timeout=30) as connection:
            await connection.execute(begin)
            try:
                result = await work(Transaction(connection, actor))
            except BaseException:
                await _roll_back(connection)
                raise
            await connection.execute("COMMIT")
            return result


async def _roll_back(connection: Any) -> None:
    """End a transaction that failed; why it failed is what is told, not why this does."""
    try:
        if not connection.is_closed():
            await connection.execute("ROLLBACK")
    except Exception:  # noqa: BLE001  whatever it was, nobody may use that connection again
        with suppress(asyncpg.InterfaceError):  # it has gone from the pool already
            connection.terminate()


class _Connection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg ships no types
    """All our settings are transaction-local, so a returned connection needs no reset."""

    def get_reset_query(self) -> str:
        return ""


def _begin(actor: Actor, snapshot: bool, by_key: bool) -> str:
    """One round trip: role and tenant are local to the transaction and end with it."""
    assert actor.role in {"operator", "merchant"}, actor.role
    begin = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY" if snapshot else "BEGIN"
    return (
        f"{begin}; SET LOCAL ROLE penstock_{actor.role}; "
        f"SET LOCAL penstock.merchant_id = '{int(actor.merchant_id)}'{_BY_KEY if by_key else ''}"
    )


def _lost_race(error: Exception) -> bool:
    """Whether running the work again is what this error asks for."""
    if isinstance(error, asyncpg.UniqueViolationError):
        return (error.constraint_name or "").endswith("_once")
    return isinstance(error, Retry | asyncpg.SerializationError | asyncpg.DeadlockDetectedError)


_TOO_MUCH = {
    asyncpg.DataError,  # the driver's own, before it sends: a number beyond its column's type
    asyncpg.NumericValueOutOfRangeError,
    asyncpg.DatetimeFieldOverflowError,
    asyncpg.CharacterNotInRepertoireError,
    asyncpg.UntranslatableCharacterError,
    asyncpg.ProgramLimitExceededError,  # a code too long for an index
}
"""What a caller's value can cause. Any other data error, such as a division by zero, is ours."""


def _translated(error: Exception) -> Exception:  # noqa: PLR0911  a table, one row a return
    """Translate what the driver raised, once, here; a bug stays what it is."""
    match error:
        case Refusal():
            return error
        case asyncpg.DiskFullError():
            return Unavailable("the database's disk is full; free space and try again")
        case asyncpg.LockNotAvailableError() | asyncpg.QueryCanceledError():
            return Unavailable("the database is busy; nothing was taken, try again")
        case (
            asyncpg.PostgresConnectionError()
            | asyncpg.InterfaceError()
            | asyncpg.InternalClientError()  # a connection whose server was killed under it
            | asyncpg.AdminShutdownError()
            | asyncpg.CrashShutdownError()
            | asyncpg.CannotConnectNowError()
            | asyncpg.TooManyConnectionsError()
            | OSError()
            | TimeoutError()
        ):
            return Unavailable("the database does not answer; repeat with the same key")
        case asyncpg.DataError() | asyncpg.ProgramLimitExceededError() if type(error) in _TOO_MUCH:
            return Invalid(
                "a value is outside what can be stored: a number or code too large, or a NUL"
            )
        case asyncpg.InsufficientPrivilegeError() if "row-level security" in str(error):
            return Conflict("the row belongs to another merchant")
        case _:
            return error
