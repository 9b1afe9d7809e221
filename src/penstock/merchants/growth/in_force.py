"""The policies of one kind that are in force on a day, the weightiest first."""

from datetime import date

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.merchants.growth.policy import Policy


@query
async def in_force(tx: Transaction, *, kind: str, day: date) -> list[str]:
    """List the terms in force, an operator's before a shipped one, then the latest begun."""


async def policies_in_force(tx: Transaction, kind: str, day: date) -> list[Policy]:
    """Return the policies of a `kind` in force on `day` (UTC), the weightiest first."""
    texts = await in_force(tx, kind=kind, day=day)
    return [msgspec.json.decode(text, type=Policy) for text in texts]
