"""Timed steps that break by a bug: they wait, all others go on, and operators see it."""

from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction


class BrokenStep(msgspec.Struct, frozen=True):
    """A timed step whose last turn broke, since when, and why."""

    step: str
    broke_at: datetime
    because: str


@query
async def step_broke(
    tx: Transaction, *, step: str, now: datetime, next_at: datetime, because: str
) -> None:
    """Remember why a timed step broke, and leave it until `next_at`."""


@query
async def broken_steps(tx: Transaction) -> list[BrokenStep]:
    """List the timed steps that do not end well, by name."""
