"""Choose a node for every fulfilment order, by cost and lateness, under the stock there is."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.kernel.money import CURRENCIES

Key = tuple[int, int]
"""A fulfilment order: (merchant_id, fulfilment_order_id)."""


class Part(msgspec.Struct, frozen=True):
    """Units of one line that a node is to serve, and why that node.

    `entire`: the node serves all lines of the fulfilment order in full; otherwise these units
    are to be split off it.
    """

    merchant_id: int
    fulfilment_order_id: int
    node_id: int
    line_no: int
    sku_id: int
    quantity: int
    entire: bool
    freight_minor: int
    late_days: int
    because: str

    @property
    def key(self) -> Key:
        """The fulfilment order that the part belongs to."""
        return self.merchant_id, self.fulfilment_order_id


@query
async def decide(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    fulfilment_order_ids: list[int],
    whole: bool,
    late_day_minor: int,
    currencies: list[str],
    digits: list[int],
    now: datetime,
) -> list[Part]:
    """Choose for as many fulfilment orders as one look at the stock allows."""


async def decide_some(
    tx: Transaction, keys: Iterable[Key], now: datetime, *, whole: bool, late_day_minor: int
) -> list[Part]:
    """Return the parts to serve now; empty when no further order of `keys` can be served.

    With `whole`, only nodes that serve an order entirely are looked at: the cheapest by freight
    (in the rate cards' minor units) plus `late_day_minor` for every day it would come late.
    Without, the node that serves the most whole lines, then the most units, then the cheapest.
    Rates of all vendors are compared by number, so a network quotes in one currency.
    """
    chosen = list(keys)
    return await decide(
        tx,
        merchant_ids=[merchant for merchant, _ in chosen],
        fulfilment_order_ids=[order for _, order in chosen],
        whole=whole,
        late_day_minor=late_day_minor,
        currencies=list(CURRENCIES),
        digits=list(CURRENCIES.values()),
        now=now,
    )
