"""Which keys there are, whose they are, and whether anybody uses them."""

from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction


class KeyListed(msgspec.Struct, frozen=True):
    """A key without its secret. `whose` names its merchant, vendor or node.

    `expires_at` is null for a key without an end; a revoked one has ended. `last_used_at` is to
    the minute, and null for one that was never used.
    """

    key_id: str
    role: str
    whose: str
    label: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


@query
async def list_keys(tx: Transaction, *, now: datetime, ended: bool) -> list[KeyListed]:
    """List the living keys, and those that `ended` where that is asked, the oldest first."""
