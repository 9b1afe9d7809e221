"""What the tickets that orders carry let in; receipt asks before `apply_brakes`."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction

Admitted = tuple[tuple[int, int, int], ...]
"""The tickets that let an order in: (ticket_id, sku_id, units)."""


class Carried(msgspec.Struct, frozen=True):
    """A ticket that is good now; `buyer_id` is empty where anybody may use it."""

    ticket_id: int
    stream_id: int
    sku_id: int
    buyer_id: str
    units: int


@query
async def good_tickets(
    tx: Transaction, *, merchant_id: int, ticket_ids: list[int], now: datetime
) -> list[Carried]:
    """Lock the tickets that are admitted and not expired."""


@query
async def spend_tickets(
    tx: Transaction, *, merchant_id: int, ticket_ids: list[int], now: datetime
) -> None:
    """Mark tickets as used."""


async def carry_tickets(
    tx: Transaction,
    merchant_id: int,
    carried: Sequence[tuple[int | None, str, tuple[int, ...]]],
    now: datetime,
) -> list[Admitted]:
    """Return the tickets that let each order in, for (stream_id, buyer_id, ticket ids) an order.

    A ticket is good for one order, in its own stream, for its own buyer if it has one, and until
    it expires; it stays locked until the commit, so it is used once whoever else presents it.
    Of orders of a batch that carry the same one the first has it, even if that one is refused.
    """
    wanted = sorted({ticket for _, _, tickets in carried for ticket in tickets})
    if not wanted:
        return [()] * len(carried)
    rows = await good_tickets(tx, merchant_id=merchant_id, ticket_ids=wanted, now=now)
    good = {row.ticket_id: row for row in rows}
    answers = []
    for stream_id, buyer_id, tickets in carried:
        let_in = []
        for ticket_id in tickets:
            row = good.get(ticket_id)
            fits = row is not None and row.stream_id == stream_id
            if row is not None and fits and row.buyer_id in {"", buyer_id}:
                let_in.append((ticket_id, row.sku_id, row.units))
                del good[ticket_id]
        answers.append(tuple(let_in))
    return answers


async def use_tickets(
    tx: Transaction, merchant_id: int, ticket_ids: Sequence[int], now: datetime
) -> None:
    """Use up the tickets of orders that were accepted; those of refused orders stay good."""
    if ticket_ids:
        await spend_tickets(tx, merchant_id=merchant_id, ticket_ids=list(ticket_ids), now=now)
