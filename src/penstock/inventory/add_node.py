"""Set up a node: a warehouse or store that stock lies in."""

from datetime import time

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction


class NewNode(msgspec.Struct, frozen=True, kw_only=True):
    """A node as it is set up.

    `zone` is its IANA time zone, `cut_off` the local time by which an order must be allocated to
    leave today, `orders_per_hour` what its floor packs.
    """

    code: str
    title: str
    country: str
    zone: str
    cut_off: time
    orders_per_hour: int


@query
async def store_node(
    tx: Transaction,
    *,
    code: str,
    title: str,
    country: str,
    zone: str,
    cut_off: time,
    orders_per_hour: int,
) -> int | None:
    """Insert the node, or bring the one of that code up to date; answer its id."""


async def add_node(tx: Transaction, node: NewNode) -> int:
    """Set a node up and return its id; the same code again changes its data and not its id."""
    node_id = await store_node(
        tx,
        code=node.code,
        title=node.title,
        country=node.country,
        zone=node.zone,
        cut_off=node.cut_off,
        orders_per_hour=node.orders_per_hour,
    )
    assert node_id is not None
    return node_id
