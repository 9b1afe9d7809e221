"""Departure: a parcel that its carrier has leaves the building, and its order the books."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.lifecycle.advance import Subject, advance

Proof = tuple[int, int, datetime]
"""A parcel that the carrier has, and since when: (merchant_id, parcel_id, at)."""


class ShippedLine(msgspec.Struct, frozen=True):
    """Units of an order line that have left their node."""

    merchant_id: int
    node_id: int
    sku_id: int
    quantity: int
    fulfilment_order_id: int
    order_id: int
    line_no: int


Ship = Callable[[Transaction, Sequence[ShippedLine], datetime], Awaitable[object]]
"""Takes shipped units out of the stock."""


class Departed(msgspec.Struct, frozen=True):
    """A parcel that left now, and the moment at which it did."""

    merchant_id: int
    parcel_id: int
    at: datetime


class Complete(msgspec.Struct, frozen=True):
    """A fulfilment order whose parcels have all left, the last one `at`."""

    merchant_id: int
    fulfilment_order_id: int
    at: datetime


@query
async def lock_labels(tx: Transaction, *, merchant_ids: list[int], parcel_ids: list[int]) -> None:
    """Lock the labels of all parcels of the same orders: who comes last sees that it is last."""


@query
async def hand_over_labels(
    tx: Transaction, *, merchant_ids: list[int], parcel_ids: list[int], at: list[datetime]
) -> list[Departed]:
    """Mark labels as handed over; answer those that were waiting for it."""


@query
async def finish_manifests(
    tx: Transaction, *, merchant_ids: list[int], parcel_ids: list[int], now: datetime
) -> None:
    """Close the book on these parcels' manifests where nothing of them waits any more."""


@query
async def orders_complete(
    tx: Transaction, *, merchant_ids: list[int], parcel_ids: list[int]
) -> list[Complete]:
    """Find the packed orders of these parcels all of whose parcels have left or never will."""


@query
async def lines_shipped(
    tx: Transaction, *, merchant_ids: list[int], fulfilment_order_ids: list[int]
) -> list[ShippedLine]:
    """Sum what has left of each order's lines."""


async def prove_hand_over(
    tx: Transaction, proofs: Sequence[Proof], now: datetime, *, ship: Ship
) -> list[Subject]:
    """Hand parcels over that are with their carrier, by a scan at the dock or by its own word.

    A carrier's first scan proves a hand-over that nobody recorded. Returns what left now; parcels
    that were not waiting for their hand-over are passed over.
    """
    if not proofs:
        return []
    keys = {
        "merchant_ids": [merchant_id for merchant_id, _, _ in proofs],
        "parcel_ids": [parcel_id for _, parcel_id, _ in proofs],
    }
    await lock_labels(tx, **keys)
    departed = await hand_over_labels(tx, **keys, at=[at for _, _, at in proofs])
    await finish_manifests(tx, **keys, now=now)
    parcels = [Subject(parcel.merchant_id, parcel.parcel_id) for parcel in departed]
    await advance(
        tx,
        merchant_ids=[parcel.merchant_id for parcel in parcels],
        subject_ids=[parcel.subject_id for parcel in parcels],
        events=["handed_over"] * len(parcels),
        due_at=[None] * len(parcels),
        at=[parcel.at for parcel in departed],
    )
    await _ship_complete(tx, parcels, now, ship)
    return parcels


async def ship_complete(
    tx: Transaction, parcels: Sequence[Subject], now: datetime, *, ship: Ship
) -> int:
    """Ship the fulfilment orders of `parcels` whose parcels have all left; return how many.

    A parcel that customs refused is not waited for: call this, too, when one is refused.
    """
    await lock_labels(
        tx,
        merchant_ids=[parcel.merchant_id for parcel in parcels],
        parcel_ids=[parcel.subject_id for parcel in parcels],
    )
    return await _ship_complete(tx, parcels, now, ship)


async def _ship_complete(
    tx: Transaction, parcels: Sequence[Subject], now: datetime, ship: Ship
) -> int:
    complete = await orders_complete(
        tx,
        merchant_ids=[parcel.merchant_id for parcel in parcels],
        parcel_ids=[parcel.subject_id for parcel in parcels],
    )
    if not complete:
        return 0
    moved = await advance(
        tx,
        merchant_ids=[order.merchant_id for order in complete],
        subject_ids=[order.fulfilment_order_id for order in complete],
        events=["handed_over"] * len(complete),
        due_at=[None] * len(complete),
        at=[order.at for order in complete],
    )
    shipped = [order for order in moved if order.outcome == "advanced"]
    lines = await lines_shipped(
        tx,
        merchant_ids=[order.merchant_id for order in shipped],
        fulfilment_order_ids=[order.subject_id for order in shipped],
    )
    await ship(tx, lines, now)
    return len(shipped)
