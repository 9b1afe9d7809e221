"""End orders that were not paid in time, and give their stock back, once."""

from collections.abc import Sequence
from datetime import datetime

from penstock.db.transaction import Transaction
from penstock.lifecycle.advance import Subject, move
from penstock.orders.cancel import store_cancellations
from penstock.orders.withdraw import Release, withdraw

EXPIRED = "payment_expired"
"""The reason that stands on the cancellation of an order that nobody paid in time."""


async def expire(
    tx: Transaction, subjects: Sequence[Subject], now: datetime, *, release: Release
) -> None:
    """Cancel `subjects`, which are reserved and due, by the buyer's doing.

    The move out of `reserved` decides, so what was paid or cancelled meanwhile is left alone, and
    only what has moved here is released.
    """
    moved = await move(tx, subjects, "expired", now)
    gone = [m for m in moved if m.outcome == "advanced"]
    if gone:
        # An order that was never paid has not been allocated: it is its own fulfilment order.
        await store_cancellations(
            tx,
            merchant_ids=[m.merchant_id for m in gone],
            order_ids=[m.subject_id for m in gone],
            fulfilment_order_ids=[m.subject_id for m in gone],
            reason=EXPIRED,
            fault="buyer",
            at=now,
        )
        await withdraw(
            tx, [Subject(m.merchant_id, m.subject_id) for m in gone], now, release=release
        )
