"""Start and close streams by the clock, and give back what they did not sell."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction

GiveBack = Callable[
    [Transaction, Sequence[tuple[int, int, int, int, int]], datetime], Awaitable[list[int]]
]
"""Moves available units: (merchant_id, from_pool_id, to_pool_id, sku_id, quantity)."""


class Leftover(msgspec.Struct, frozen=True):
    """Available units in the pool of a closed stream, and the market pool behind it."""

    merchant_id: int
    stream_id: int
    sku_id: int
    pool_id: int
    family_id: int
    available: int


@query
async def turn_states(tx: Transaction, *, now: datetime) -> int | None:
    """Set each stream's state by its times; answer how many changed."""


@query
async def leftovers(tx: Transaction, *, stream_id: int | None) -> list[Leftover]:
    """List what is available in the pools of closed streams, or of one of them."""


@query
async def count_given_back(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    stream_ids: list[int],
    sku_ids: list[int],
    quantities: list[int],
) -> None:
    """Add to what the streams gave back."""


async def turn(tx: Transaction, now: datetime, *, give_back: GiveBack) -> int:
    """Start and close the streams whose time has come; return how many things changed.

    A closed stream gives its available units back to the market pool, and goes on doing so: what
    is reserved stays until it ships, and is for sale in the market when it is cancelled.
    """
    turned = await turn_states(tx, now=now) or 0
    moved = await give_back_leftovers(tx, now, give_back=give_back)
    return turned + sum(1 for units in moved if units)


async def give_back_leftovers(
    tx: Transaction, now: datetime, *, give_back: GiveBack, stream_id: int | None = None
) -> list[int]:
    """Give back what is available of closed streams, or of one; return the units row by row."""
    left = await leftovers(tx, stream_id=stream_id)
    if not left:
        return []
    moved = await give_back(
        tx,
        [(x.merchant_id, x.pool_id, x.family_id, x.sku_id, x.available) for x in left],
        now,
    )
    await count_given_back(
        tx,
        merchant_ids=[x.merchant_id for x in left],
        stream_ids=[x.stream_id for x in left],
        sku_ids=[x.sku_id for x in left],
        quantities=moved,
    )
    return moved
