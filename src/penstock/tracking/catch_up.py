"""Move parcels to where their carriers' events say they are, and their orders to the end."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.lifecycle.advance import Subject, advance

RANKS: Final = {
    "scanned": 1,
    "out_for_delivery": 2,
    "attempt_failed": 2,
    "lost": 3,
    "delivered": 4,
}
"""How far an event goes; of two that go equally far the later one counts. What is not here moves
nothing. A delivery round and its failure follow each other in turn, so they go equally far."""

Depart = Callable[[Transaction, Sequence[tuple[int, int, datetime]], datetime], Awaitable[object]]
"""Hands parcels over that their carrier has: rows of (merchant_id, parcel_id, at)."""


class Behind(msgspec.Struct, frozen=True):
    """A parcel whose status its carrier's events have overtaken; the carrier has it since then."""

    merchant_id: int
    parcel_id: int
    waits_at_dock: bool
    event: str
    at: datetime
    carrier_since_at: datetime


class Concluded(msgspec.Struct, frozen=True):
    """A fulfilment order of which nothing can arrive any more, or all has: its last event."""

    merchant_id: int
    fulfilment_order_id: int
    event: str
    at: datetime


@query
async def lock_standings(tx: Transaction, *, vendor: str, tracking_numbers: list[str]) -> None:
    """Lock what stands of all parcels of the same orders: who comes last sees that it is last."""


@query
async def parcels_behind(
    tx: Transaction, *, merchant_ids: list[int], parcel_ids: list[int], now: datetime
) -> list[Behind]:
    """Find the parcels whose furthest event is not their status."""


@query
async def orders_concluded(
    tx: Transaction, *, merchant_ids: list[int], parcel_ids: list[int]
) -> list[Concluded]:
    """Find the orders of these parcels whose parcels have all come to their end."""


async def catch_up(
    tx: Transaction, parcels: Sequence[Subject], now: datetime, *, depart: Depart
) -> None:
    """Move `parcels` to their furthest event, and conclude the orders that this completes.

    A move is dated by the event, but neither before the status it leaves nor after `now`. Events
    that came before their time (the parcel was not on a manifest yet) move it when this is called
    again: after a hand-over.
    """
    behind = await parcels_behind(
        tx,
        merchant_ids=[parcel.merchant_id for parcel in parcels],
        parcel_ids=[parcel.subject_id for parcel in parcels],
        now=now,
    )
    if not behind:
        return
    at_dock = [
        (row.merchant_id, row.parcel_id, row.carrier_since_at)
        for row in behind
        if row.waits_at_dock
    ]
    if at_dock:
        await depart(tx, at_dock, now)
    moved = await advance(
        tx,
        merchant_ids=[row.merchant_id for row in behind],
        subject_ids=[row.parcel_id for row in behind],
        events=[row.event for row in behind],
        due_at=[None] * len(behind),
        at=[row.at for row in behind],
    )
    ended = [
        Subject(m.merchant_id, m.subject_id) for m in moved if m.to_status in {"delivered", "lost"}
    ]
    if ended:
        await conclude(tx, ended)


async def conclude(tx: Transaction, parcels: Sequence[Subject]) -> int:
    """End the fulfilment orders of `parcels` whose parcels are all at their end; return how many.

    `delivered` when all of them are, else `not_delivered`. An order that never left its node ends
    only when customs refused all of it.
    """
    ended = await orders_concluded(
        tx,
        merchant_ids=[parcel.merchant_id for parcel in parcels],
        parcel_ids=[parcel.subject_id for parcel in parcels],
    )
    if ended:
        await advance(
            tx,
            merchant_ids=[order.merchant_id for order in ended],
            subject_ids=[order.fulfilment_order_id for order in ended],
            events=[order.event for order in ended],
            due_at=[None] * len(ended),
            at=[order.at for order in ended],
        )
    return len(ended)
