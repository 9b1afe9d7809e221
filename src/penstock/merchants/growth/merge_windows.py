"""The merge windows that are in force, by channel."""

from datetime import datetime, timedelta

from penstock.db.transaction import Transaction
from penstock.merchants.growth.in_force import policies_in_force
from penstock.merchants.growth.policy import Merge


async def merge_windows(tx: Transaction, now: datetime) -> dict[str, timedelta]:
    """Return the window of each channel that a policy names; `*` is for all others."""
    windows: dict[str, timedelta] = {}
    for policy in await policies_in_force(tx, "merge", now.date()):
        assert isinstance(policy, Merge)
        windows.setdefault(policy.channel, timedelta(minutes=policy.window_minutes))
    return windows
