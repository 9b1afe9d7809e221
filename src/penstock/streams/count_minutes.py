"""Count the orders of streams by the minute, so that no reader has to count them all."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction

LATE_COMMITS = timedelta(minutes=2)
"""How far back each count begins again: a receipt is timed when it begins and seen when it commits,
and no statement lasts longer than a minute. What comes later still is counted at close-out."""


class StreamKey(msgspec.Struct, frozen=True):
    """A stream of a merchant."""

    merchant_id: int
    stream_id: int


@query
async def streams_to_count(tx: Transaction, *, now: datetime) -> list[StreamKey]:
    """List the streams that may take orders and were not counted in this minute yet."""


@query
async def fold_minutes(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    stream_ids: list[int],
    now: datetime,
    late: timedelta | None,
) -> int | None:
    """Count what came since `late` before the last count, or all where it is None."""


async def count_minutes(tx: Transaction, now: datetime) -> int:
    """Bring the counts of all open streams up to this minute; return the rows written.

    Whole minutes are counted, from orders as they are stored, so receipt does nothing for it and
    counting again changes nothing.
    """
    streams = await streams_to_count(tx, now=now)
    return await fold(tx, streams, now, late=LATE_COMMITS) if streams else 0


async def fold(
    tx: Transaction, streams: Sequence[StreamKey], now: datetime, *, late: timedelta | None
) -> int:
    """Count streams again from `late` before their last count, or from the beginning."""
    written = await fold_minutes(
        tx,
        merchant_ids=[s.merchant_id for s in streams],
        stream_ids=[s.stream_id for s in streams],
        now=now,
        late=late,
    )
    return written or 0
