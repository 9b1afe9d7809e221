"""Write the statuses and moves into the database, so that constraints can hold them."""

from datetime import timedelta

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.lifecycle.states import STATUSES, TRANSITIONS


@query
async def seed(
    tx: Transaction,
    *,
    status_kinds: list[str],
    statuses: list[str],
    waits_for: list[str],
    patience: list[timedelta | None],
    kinds: list[str],
    from_statuses: list[str],
    events: list[str],
    to_statuses: list[str],
) -> None:
    """Insert or refresh both tables, so that they equal the data of this version."""


async def seed_lifecycle(tx: Transaction) -> None:
    """Make the tables equal `STATUSES` and `TRANSITIONS`; run at every start."""
    await seed(
        tx,
        status_kinds=[s.kind for s in STATUSES],
        statuses=[s.status for s in STATUSES],
        waits_for=[s.waits_for for s in STATUSES],
        patience=[s.patience for s in STATUSES],
        kinds=[t.kind for t in TRANSITIONS],
        from_statuses=[t.from_status for t in TRANSITIONS],
        events=[t.event for t in TRANSITIONS],
        to_statuses=[t.to_status for t in TRANSITIONS],
    )
