"""`penstock audit`: recompute every counter from its ledger and name each difference."""

import asyncio

from penstock import lending
from penstock.cli.session import console, listing, session
from penstock.db.transaction import OPERATOR


def audit() -> None:
    """Recompute stock and money from their ledgers; end with 1 if anything differs."""
    differences = asyncio.run(_differences())
    if not differences:
        console.print("stock and money equal their ledgers: 0 differences")
        return
    table = listing("where", "what", "counter", "ledger")
    for d in differences:
        table.add_row(d.where, d.what, str(d.counter), str(d.ledger))
    console.print(table)
    raise SystemExit(1)


async def _differences() -> list[lending.Difference]:
    async with session() as opened:
        return await opened.database.run(OPERATOR, lending.audit)
