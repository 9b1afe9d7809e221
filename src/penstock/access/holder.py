"""Whom a key is made for must be there: one for a misspelt vendor would open nothing."""

from penstock.access.key import Principal
from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.kernel.errors import NotFound

_SHOWN = 20


@query
async def vendor_names(tx: Transaction) -> list[str]:
    """List the vendors."""


@query
async def node_numbers(tx: Transaction) -> list[int]:
    """List the nodes."""


async def require_holder(tx: Transaction, principal: Principal) -> None:
    """Let pass who names a vendor and a node that there are, or none.

    Raises:
        NotFound: there is none such; the answer names those that there are.

    """
    if principal.vendor:
        vendors = await vendor_names(tx)
        if principal.vendor not in vendors:
            raise NotFound(f"no vendor {principal.vendor!r}; there is: {_told(vendors)}")
    if principal.node_id:
        nodes = [str(number) for number in await node_numbers(tx)]
        if str(principal.node_id) not in nodes:
            raise NotFound(f"no node {principal.node_id}; there is: {_told(nodes)}")


def _told(known: list[str]) -> str:
    more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    return f"{', '.join(known[:_SHOWN])}{more}" if known else "none yet"
