"""Split fulfilment orders that no node can serve alone."""

from collections.abc import Sequence
from datetime import datetime

from penstock.allocation.decide import Key, Part
from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.lifecycle.advance import create, new_ids


@query
async def split_off(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    from_ids: list[int],
    new_ids: list[int],
    line_nos: list[int],
    quantities: list[int],
) -> None:
    """Store the new fulfilment orders and move the units to their lines."""


async def split(tx: Transaction, parts: Sequence[Part], at: datetime) -> dict[Key, int]:
    """Split `parts` off; return the new ids by the fulfilment orders they were split off.

    The rest stays with the old id, so that what cannot be served yet keeps its history.
    """
    keys = list(dict.fromkeys(part.key for part in parts))
    if not keys:
        return {}
    new_by_key = dict(zip(keys, await new_ids(tx, count=len(keys), at=at), strict=True))
    await split_off(
        tx,
        merchant_ids=[part.merchant_id for part in parts],
        from_ids=[part.fulfilment_order_id for part in parts],
        new_ids=[new_by_key[part.key] for part in parts],
        line_nos=[part.line_no for part in parts],
        quantities=[part.quantity for part in parts],
    )
    await create(
        tx,
        kind="fulfilment_order",
        merchant_ids=[merchant for merchant, _ in keys],
        subject_ids=list(new_by_key.values()),
        events=["split_off"] * len(keys),
        due_at=[None] * len(keys),
        at=at,
    )
    return new_by_key
