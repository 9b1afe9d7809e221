"""Fold what happened to fulfilment orders, parcels and returns into journeys."""

from collections.abc import Sequence
from typing import Final

from penstock.db.query import query
from penstock.db.transaction import Transaction

TELLING: Final = frozenset(
    {
        "fulfilment_order.received_on_hold",
        "fulfilment_order.received",
        "fulfilment_order.received_short",
        "fulfilment_order.paid_on_hold",
        "fulfilment_order.paid",
        "fulfilment_order.paid_short",
        "fulfilment_order.split_off",
        "fulfilment_order.allocated",
        "fulfilment_order.released",
        "fulfilment_order.picked",
        "fulfilment_order.packed",
        "fulfilment_order.handed_over",
        "fulfilment_order.delivered",
        "fulfilment_order.not_delivered",
        "fulfilment_order.cancelled",
        "fulfilment_order.expired",
        "parcel.label_bought",
        "parcel.scanned",
        "parcel.cleared",
        "parcel.refused",
        "parcel.attempt_failed",
        "parcel.lost",
        "return.requested",
        "return.approved",
        "return.rejected",
        "return.lapsed",
    }
)
"""Topics after which a journey reads otherwise. The others are steps on the way to one of these,
or say of a parcel what its order's move says too."""


@query
async def observe(
    tx: Transaction, *, merchant_ids: Sequence[int], subject_ids: Sequence[int]
) -> int | None:
    """Bring the journeys up to date that the subjects (of any kind) belong to; return how many.

    A journey is read anew from what the other stages publish, so it does not matter how often, how
    late or in which order its subjects are named. The promise is the first one: an extension does
    not mend a broken promise.
    """
