"""Cancel a stream that has not begun: everything that is kept for it is the market's again."""

from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.kernel.errors import Conflict
from penstock.streams.amend import stream_to_change
from penstock.streams.tell import Announce, tell
from penstock.streams.turn import GiveBack, give_back_leftovers


class Cancelled(msgspec.Struct, frozen=True):
    """A cancelled stream; `repeated` when it was cancelled before.

    `units_given_back` went back to the market's pools. Units that orders have reserved stay with
    these orders.
    """

    code: str
    repeated: bool
    units_given_back: int


@query
async def end_stream(tx: Transaction, *, merchant_id: int, stream_id: int, now: datetime) -> None:
    """Close a stream as cancelled."""


async def cancel_stream(
    tx: Transaction,
    merchant_id: int,
    code: str,
    now: datetime,
    *,
    because: str,
    by: str,
    give_back: GiveBack,
    announce: Announce,
) -> Cancelled:
    """Cancel a scheduled stream; it takes no further orders and gives back what is available.

    Capacity booked for it is free. What is reserved by orders that came early goes out with them,
    and is given back when such an order is cancelled.

    Raises:
        NotFound: no such stream.
        Conflict: it has begun: it can be braked, and its end can be moved.

    """
    stream = await stream_to_change(tx, merchant_id, code)
    if stream.cancelled_at is not None:
        return Cancelled(code, repeated=True, units_given_back=0)
    if stream.state != "scheduled" or now >= stream.starts_at:
        raise Conflict(f"stream {code!r} has begun: brake it, or move its end")
    await end_stream(tx, merchant_id=merchant_id, stream_id=stream.stream_id, now=now)
    moved = await give_back_leftovers(tx, now, give_back=give_back, stream_id=stream.stream_id)
    said = {"stream": code, "because": because, "by": by, "units_given_back": sum(moved)}
    await tell(tx, "stream.cancelled", merchant_id, [said], now, announce)
    return Cancelled(code, repeated=False, units_given_back=sum(moved))
