"""What a merchant has for sale, by SKU and pool."""

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction


class PoolStock(msgspec.Struct, frozen=True):
    """Units of a SKU in one pool, both by code; `available` = `on_hand` − `reserved`.

    The pool of a livestream is named by the stream's code, `@` and its market pool's number.
    """

    sku: str
    pool: str
    on_hand: int
    reserved: int
    available: int


@query
async def stock_of(tx: Transaction, *, merchant_id: int, after: str, skus: int) -> list[PoolStock]:
    """List the stock of the first `skus` SKUs whose code comes after `after`, by SKU and pool."""
