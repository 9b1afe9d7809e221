"""What receipt asks of streams: who is let through now, and then what became of them."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from penstock.db.transaction import Transaction
from penstock.streams.brake import (
    LET_THROUGH,
    Brake,
    BrakeAsk,
    Verdict,
    apply_brakes,
    brakes_in_force,
)
from penstock.streams.buyer_limit import holdings_of
from penstock.streams.carry_tickets import Admitted, carry_tickets, use_tickets
from penstock.streams.count_brakes import count_brakes

Lines = tuple[tuple[int, int], ...]
"""(sku_id, units) a line."""
Asking = tuple[int | None, Lines, str, tuple[int, ...]]
"""An order that asks: (stream_id, lines, buyer_id, tickets that it carries)."""


class Passage(msgspec.Struct, frozen=True):
    """A verdict an order, and what it takes to count what then became of each."""

    merchant_id: int
    verdicts: Sequence[Verdict]
    brakes: Sequence[Brake] = ()
    asks: Sequence[BrakeAsk] = ()
    admitted: Sequence[Admitted] = ()

    async def count(
        self, tx: Transaction, taken: Sequence[tuple[int, Lines]], now: datetime
    ) -> None:
        """Count what was accepted: (order id, lines with the units taken), 0 where it was not.

        In the transaction that let them through. The tickets that let in what was accepted are
        used up; whatever else an order names, such as another buyer's, is left alone.
        """
        if not self.brakes:
            return
        asks = [
            msgspec.structs.replace(ask, lines=lines) if order_id else ask
            for ask, (order_id, lines) in zip(self.asks, taken, strict=True)
        ]
        order_ids = [order_id for order_id, _ in taken]
        await count_brakes(tx, self.merchant_id, self.brakes, asks, self.verdicts, order_ids, now)
        used = [
            ticket_id
            for let_in, order_id in zip(self.admitted, order_ids, strict=True)
            if order_id
            for ticket_id, _, _ in let_in
        ]
        await use_tickets(tx, self.merchant_id, used, now)


async def let_through(
    tx: Transaction, merchant_id: int, asking: Sequence[Asking], now: datetime
) -> Passage:
    """Hold a batch against the brakes, limits and tickets of its streams, in order of arrival.

    To be asked in a later statement than the one that locked the merchant's receipt, so that a
    brake that was put on meanwhile is seen. Outside streams it asks nothing.
    """
    streams = sorted({stream_id for stream_id, _, _, _ in asking if stream_id is not None})
    brakes: list[Brake] = []
    if streams:
        brakes = await brakes_in_force(tx, merchant_id=merchant_id, stream_ids=streams, now=now)
    if not brakes:
        return Passage(merchant_id, [LET_THROUGH] * len(asking))
    carried = [(stream_id, buyer, tickets) for stream_id, _, buyer, tickets in asking]
    admitted = await carry_tickets(tx, merchant_id, carried, now)
    limited = {brake.stream_id for brake in brakes if brake.kind == "buyer_limit"}
    pairs = [(s, buyer) for s, _, buyer, _ in asking if s is not None and s in limited]
    held = await holdings_of(tx, merchant_id, pairs) if pairs else {}
    asks = [
        BrakeAsk(stream_id, lines, buyer, tuple((sku_id, units) for _, sku_id, units in let_in))
        for (stream_id, lines, buyer, _), let_in in zip(asking, admitted, strict=True)
    ]
    return Passage(merchant_id, apply_brakes(asks, brakes, held), brakes, asks, admitted)
