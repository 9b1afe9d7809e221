"""Tell shoppers that their order was taken and will be handed over later than usual."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from penstock.db.outbox import announce
from penstock.db.transaction import Transaction

TOPIC = "promise.extended"


class Extended(msgspec.Struct, frozen=True):
    """An order beyond the order-handling capacity, with the dates that it has been promised."""

    merchant_id: int
    order_id: int
    days: int
    dispatch_by_at: datetime
    deliver_by_at: datetime


async def tell_extended(tx: Transaction, extended: Sequence[Extended], now: datetime) -> None:
    """Announce the new dates, one event an order, in the transaction that takes the orders."""
    if extended:
        await announce(
            tx,
            topic=TOPIC,
            merchant_ids=[e.merchant_id for e in extended],
            subject_ids=[e.order_id for e in extended],
            at=now,
            payloads=[_payload(e) for e in extended],
        )


def _payload(extended: Extended) -> str:
    said = {
        "days": extended.days,
        "dispatch_by_at": extended.dispatch_by_at,
        "deliver_by_at": extended.deliver_by_at,
        "because": "handling_capacity",
    }
    return msgspec.json.encode(said).decode()
