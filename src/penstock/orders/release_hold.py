"""Let held orders go on once their remorse hold is over."""

from collections.abc import Sequence
from datetime import datetime

from penstock.db.transaction import Transaction
from penstock.lifecycle.advance import Subject, move


async def release_hold(tx: Transaction, subjects: Sequence[Subject], now: datetime) -> None:
    """Open `subjects`, which are held and due; one that was cancelled meanwhile stays cancelled."""
    await move(tx, subjects, "hold_expired", now)
