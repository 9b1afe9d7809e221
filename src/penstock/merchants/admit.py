"""A merchant's standing today: whether it may sell, how many orders more, and on which terms."""

from datetime import date, datetime, timedelta

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.merchants.growth.terms import Terms, terms_of
from penstock.merchants.handling import Handling

_BY_NODE = msgspec.json.Decoder(dict[int, int])
_POOLS = msgspec.json.Decoder(dict[int, list[int]])


class Admission(msgspec.Struct, frozen=True):
    """A merchant's standing while its day row is locked, as the database has it.

    `orders_left` under the least of the daily cap, the tier's and a volume limit's, which
    `limited_by` names; `taken` orders today so far; `capacity` orders a day that it can handle as
    a whole (None: it has not said so). As JSON: what its `nodes` can handle, the nodes behind each
    of its `pools` where it has said that, the orders `handled` by node, and the `policies` in
    force, the weightiest first. `order_ids` for those who ask.
    """

    status: str
    orders_left: int
    hold: timedelta
    limited_by: str
    taken: int
    capacity: int | None
    nodes: str
    pools: str
    handled: str
    policies: str
    order_ids: list[int]


class Standing(msgspec.Struct, frozen=True):
    """What receipt asks of a merchant, in the day that is locked until the transaction ends.

    `hold` is the merchant's own; `terms` says what an order's channel makes of it. Accepted orders
    are counted by `handling`. `order_ids` are as many as ask.
    """

    status: str
    orders_left: int
    hold: timedelta
    limited_by: str
    handling: Handling
    terms: Terms
    order_ids: list[int]


@query
async def admit(
    tx: Transaction, *, merchant_id: int, day: date, now: datetime, asking: int
) -> Admission | None:
    """Lock today's counter (made at the present cap) and tell what is left of it, and the terms."""


@query
async def count_day(
    tx: Transaction, *, merchant_id: int, day: date, orders: int, handled: str
) -> None:
    """Count accepted orders; the CHECK guards the cap. `handled` is JSON by node, "" unchanged."""


async def standing(
    tx: Transaction, *, merchant_id: int, now: datetime, asking: int = 0
) -> Standing | None:
    """Lock the UTC day's counter and tell the merchant's standing, in one statement.

    It draws numbers for `asking` orders once it has the counter.

    None when there is no such merchant.
    """
    found = await admit(tx, merchant_id=merchant_id, day=now.date(), now=now, asking=asking)
    if found is None:
        return None
    return Standing(
        found.status,
        found.orders_left,
        found.hold,
        found.limited_by,
        _handling(found),
        terms_of(found.policies),
        found.order_ids,
    )


def _handling(found: Admission) -> Handling:
    if found.capacity is not None or found.nodes == "{}":
        return Handling(found.taken, found.capacity)
    return Handling(
        found.taken,
        None,
        _BY_NODE.decode(found.nodes),
        _POOLS.decode(found.pools),
        _BY_NODE.decode(found.handled),
    )


async def day_admission(
    tx: Transaction, merchant_id: int, now: datetime, asking: int = 0
) -> Standing | None:
    """Return the `standing`, in the shape of receipt's port."""
    return await standing(tx, merchant_id=merchant_id, now=now, asking=asking)
