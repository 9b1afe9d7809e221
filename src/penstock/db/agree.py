"""A process whose clock has gone astray must not act: it would end what is not over."""

from datetime import timedelta

from penstock.db.transaction import OPERATOR, Database
from penstock.kernel.clock import Clock, SystemClock
from penstock.kernel.errors import Unavailable

ASTRAY = timedelta(minutes=2)
"""More than any synchronised machines differ, less than any deadline lasts."""


async def require_agreement(database: Database, clock: Clock) -> None:
    """Hold this process's clock against the server's, the one clock that all processes share.

    A simulation's clock is nobody's but its own, and is let be.

    Raises:
        Unavailable: they differ by more than ASTRAY, or the database does not answer.

    """
    rows = await database.run(OPERATOR, lambda tx: tx.fetch("SELECT clock_timestamp()"))
    if isinstance(clock, SystemClock):
        ahead = clock.now() - rows[0][0]
        if abs(ahead) > ASTRAY:
            raise Unavailable(
                f"this machine's clock is {abs(ahead).total_seconds():.0f} s"
                f" {'ahead of' if ahead > timedelta() else 'behind'} the database's:"
                " set it right; until then nothing is done here"
            )
