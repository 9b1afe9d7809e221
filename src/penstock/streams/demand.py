"""What scheduled and live streams are about to bring: the signal to scale by, before the start."""

from datetime import datetime, timedelta

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.streams.curve import RAMP, Curve, peak_within, pooled
from penstock.streams.nowcast import nowcast

POOLED_STREAMS = 50
"""How many of the streams that closed last shape the curve."""


class StreamDemand(msgspec.Struct, frozen=True, kw_only=True):
    """What a stream is expected to bring: `orders_per_minute` is the highest within the lead."""

    stream_id: int
    merchant_id: int
    starts_at: datetime
    ends_at: datetime
    orders_per_minute: float


class Upcoming(msgspec.Struct, frozen=True):
    """A stream that is on or near, what was planned, and what it has brought already."""

    merchant_id: int
    stream_id: int
    starts_at: datetime
    ends_at: datetime
    expected_orders: int
    taken_orders: int


class Shape(msgspec.Struct, frozen=True):
    """Orders by twentieth of the time of a closed stream."""

    shape: list[int]


class Named(msgspec.Struct, frozen=True):
    """The codes of a stream and its merchant."""

    stream_id: int
    merchant: str
    code: str


@query
async def upcoming(tx: Transaction, *, now: datetime, until: datetime) -> list[Upcoming]:
    """List the streams that begin before `until` and are not over, with their accepted orders."""


@query
async def shapes(tx: Transaction, *, streams: int) -> list[Shape]:
    """List the shapes of the streams that closed last."""


@query
async def streams_named(tx: Transaction, *, stream_ids: list[int]) -> list[Named]:
    """Find what people call streams."""


async def curve_of_past(tx: Transaction) -> Curve:
    """Return the curve of the streams that closed last; even where none has closed yet."""
    return pooled([found.shape for found in await shapes(tx, streams=POOLED_STREAMS)])


async def expected_demand(
    tx: Transaction, now: datetime, lead: timedelta, ramp: timedelta = RAMP
) -> list[StreamDemand]:
    """Return what each stream is expected to bring within [now, now + lead], the earliest first.

    The plan is followed until the start; once it is live, the orders taken so far correct it. The
    expectation rises over `ramp` before the start. An operator sees all streams, a merchant its
    own.
    """
    until = now + lead
    found = await upcoming(tx, now=now, until=until + ramp)
    if not found:
        return []
    curve = await curve_of_past(tx)
    answers = []
    for s in found:
        told = nowcast(curve, s.expected_orders, s.taken_orders, _fraction(s, now))
        rate = peak_within(curve, told.rate_total, s.starts_at, s.ends_at, (now, until), ramp)
        answers.append(
            StreamDemand(
                stream_id=s.stream_id,
                merchant_id=s.merchant_id,
                starts_at=s.starts_at,
                ends_at=s.ends_at,
                orders_per_minute=rate,
            )
        )
    return answers


def _fraction(stream: Upcoming, now: datetime) -> float:
    return (now - stream.starts_at) / (stream.ends_at - stream.starts_at)
