"""Wait in a transaction for work that is done outside of it."""

from penstock.db.query import query
from penstock.db.transaction import Transaction


@query
async def let_idle(tx: Transaction) -> str | None:
    """Let the transaction's session idle for longer than others may, until the transaction ends.

    A step that reckons or writes files for minutes keeps other workers out by its own transaction,
    which has nothing to do meanwhile.
    """
