"""What breaks a step by a bug is found, told and set aside, so that all others go on."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from penstock.db.transaction import OPERATOR, Database, Transaction
from penstock.kernel.errors import Unavailable
from penstock.lifecycle.advance import Subject
from penstock.lifecycle.claim import put_off

log = logging.getLogger(__name__)
REASON = "step_broke"
FAULT = "platform"
_DETAIL_LENGTH = 300

Report = Callable[
    [Transaction, Sequence[tuple[int, int, str, str, str]], datetime], Awaitable[object]
]
"""Puts (merchant_id, subject_id, reason, fault, detail) on the exception list."""


async def halved(
    take: Callable[[int], Awaitable[int]],
    batch: int,
    claimed: Sequence[object],
    alone: Callable[[Exception], Awaitable[None]],
) -> int:
    """Take up to `batch`; where a bug breaks that, ever fewer until it is alone, for `alone`.

    `take` is one transaction, so what broke took nothing; it leaves in `claimed` what it had tried,
    nothing if it broke before. Returns how many were taken or set aside. That the database cannot
    serve is nobody's poison, and is raised.
    """
    size, done = batch, 0
    while True:
        try:
            took = await take(size)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001  a bug of a step must not stop the others
            tried = min(size, len(claimed) or size)
            if tried == 1:
                await alone(error)
                return done + 1
            size = tried // 2
        else:
            done += took
            if size == batch or not took:
                return done


async def set_aside(
    database: Database,
    report: Report,
    step: str,
    status: str,
    subjects: Sequence[Subject],
    error: Exception,
    now: datetime,
) -> None:
    """Put off what broke a step, each time for longer, and tell operators why.

    It is tried again, after four hours at the longest, so a repaired program needs no hand.

    Raises:
        Exception: the bug itself, where it is no subject's: nothing had been claimed yet.

    """
    if not subjects:
        raise error
    log.error("step %s broke at %s", step, subjects, exc_info=error)
    told = troubles(step, subjects, error)

    async def work(tx: Transaction) -> None:
        await put_off(tx, subjects, status, now)
        await report(tx, told, now)

    await database.run(OPERATOR, work)


def troubles(
    step: str, subjects: Sequence[Subject], error: Exception
) -> list[tuple[int, int, str, str, str]]:
    """Return what a `Report` takes of subjects that broke a step."""
    detail = f"{step}: {said(error)}"[:_DETAIL_LENGTH]
    return [(s.merchant_id, s.subject_id, REASON, FAULT, detail) for s in subjects]


def said(error: Exception) -> str:
    """Say an error in one line that a database can hold."""
    first_line = (str(error).splitlines() or [""])[0]
    return f"{type(error).__name__}: {first_line}"[:_DETAIL_LENGTH].replace("\0", "�")
