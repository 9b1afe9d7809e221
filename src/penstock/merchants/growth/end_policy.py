"""End a policy, or let one that was ended go on: no policy is forgotten."""

from datetime import date, datetime

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.kernel.errors import Conflict, FieldError, Invalid, NotFound


@query
async def end_policies(
    tx: Transaction,
    *,
    code: str,
    effective_from: date,
    effective_to: date | None,
    because: str,
    decided_by: str,
    decided_at: datetime,
) -> date | None:
    """Change a policy's last day; answer its first."""


@query
async def policy_known(tx: Transaction, *, code: str, effective_from: date) -> date | None:
    """Find a policy and answer its first day."""


async def end_policy(
    tx: Transaction,
    code: str,
    effective_from: date,
    effective_to: date | None,
    now: datetime,
    *,
    because: str,
    by: str,
) -> None:
    """Let a policy's last day be `effective_to` (None: none); days that are over stay as they are.

    Raises:
        NotFound: there is no policy of that code and first day.
        Conflict: it ends before today, or before it begins.
        Invalid: no reason is given.

    """
    if not because.strip() or not because.isprintable():
        raise Invalid(errors=(FieldError("/because", "required", "say in one line why"),))
    if await policy_known(tx, code=code, effective_from=effective_from) is None:
        raise NotFound(f"there is no policy {code!r} that begins on {effective_from}")
    yesterday = date.fromordinal(now.date().toordinal() - 1)
    if effective_to is not None and effective_to < max(yesterday, effective_from):
        raise Conflict(
            f"the last day cannot be before {max(yesterday, effective_from)}: what has been in "
            "force stays on record; give a later day"
        )
    await end_policies(
        tx,
        code=code,
        effective_from=effective_from,
        effective_to=effective_to,
        because=because,
        decided_by=by,
        decided_at=now,
    )
