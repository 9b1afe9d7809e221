"""Tables that grow for ever are cut by month; the months are opened before they begin."""

from datetime import datetime

from penstock.db.query import query
from penstock.db.transaction import Transaction


@query
async def open_months(tx: Transaction, *, now: datetime) -> list[int]:
    """Open the month of `now` and the next; answer how many tables were cut for each.

    What is written before its month is open is kept aside, and moved in when it is opened.
    """


async def open_ahead(tx: Transaction, now: datetime) -> int:
    """Open what is not open yet; return how many partitions were made."""
    return sum(await open_months(tx, now=now))
