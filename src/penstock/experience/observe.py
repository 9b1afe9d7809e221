"""Fold what happened to fulfilment orders, parcels and returns into journeys."""

from collections.abc import Sequence

from penstock.db.query import query
from penstock.db.transaction import Transaction


@query
async def observe(
    tx: Transaction, *, merchant_ids: Sequence[int], subject_ids: Sequence[int]
) -> int | None:
    """Bring the journeys up to date that the subjects (of any kind) belong to; return how many.

    A journey is read anew from what the other stages publish, so it does not matter how often, how
    late or in which order its subjects are named. The promise is the first one: an extension does
    not mend a broken promise.
    """
