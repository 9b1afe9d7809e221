"""Find the orders of refused parcels that ended in the building, so that their stock is freed."""

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction


class NeverLeft(msgspec.Struct, frozen=True):
    """A fulfilment order that is undelivered although nothing of it was handed over."""

    merchant_id: int
    fulfilment_order_id: int
    order_id: int


@query
async def never_left(
    tx: Transaction, *, merchant_ids: list[int], parcel_ids: list[int]
) -> list[NeverLeft]:
    """Name the undelivered orders of these parcels of which no parcel has a label handed over."""
