"""Recompute all stock from the moves alone, and name every counter that says otherwise."""

from typing import Literal

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction

Account = Literal[
    "node_free",
    "node_allocated",
    "pool_available",
    "pool_reserved",
    "missing",
    "scrap",
    "reservations",
    "commitments",
    "family",
    "order",
]


class Difference(msgspec.Struct, frozen=True):
    """Two books that should agree and do not, in units of a SKU.

    For the ledger's accounts, `counter` is what the counter of `holder` (a node or pool) says and
    `ledger` is the sum of its moves; `missing` and `scrap` have no counter and must not be
    negative. `reservations`: a pool's reserved units against its reservations. `commitments`: a
    node's allocated units against the fulfilment orders that it has. `family`: the units of a
    market pool's family against those at its nodes. `order`: what an order holds against what its
    live fulfilment orders still need.
    """

    merchant_id: int
    sku_id: int
    account: Account
    holder: int
    counter: int
    ledger: int


@query
async def audit(tx: Transaction) -> list[Difference]:
    """Compare both planes of stock with the ledger, with each other and with the orders.

    One statement, so one moment: it may run beside any other work. Nothing is ever different
    unless a row was changed behind the verbs' back.
    """
