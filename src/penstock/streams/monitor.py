"""Watch a stream while it is on: its pace against the plan, its stock, its backlog, its brakes."""

from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.streams.curve import Curve, rate_at, share_by
from penstock.streams.demand import curve_of_past
from penstock.streams.nowcast import Nowcast, nowcast


class Pace(msgspec.Struct, frozen=True, array_like=True):
    """How much a minute, over the last minute, five minutes and a quarter of an hour."""

    last_1: float
    last_5: float
    last_15: float


class TicketsInLine(msgspec.Struct, frozen=True):
    """How many tickets wait, are let in and not used yet, or were told that it is sold out."""

    waiting: int
    admitted: int
    sold_out: int


class SkuRead(msgspec.Struct, frozen=True, kw_only=True):
    """A SKU of the stream as it is stored: units."""

    sku: str
    ring_fenced: int
    given_back: int
    reserved: int
    left: int
    sold: int
    units_per_minute: Pace
    tickets: TicketsInLine


class BrakeOn(msgspec.Struct, frozen=True, kw_only=True):
    """A brake in force; no SKU: the whole stream."""

    sku: str
    kind: str
    value: int
    from_at: datetime
    because: str
    by: str
    turned_away: int


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """What is under way, as it was at `at`: by status, how old, and how much foreseen late."""

    at: datetime
    open_orders: int
    late_orders: int
    oldest_unserved_at: datetime | None
    backlog: dict[str, int]


class StreamRead(msgspec.Struct, frozen=True, kw_only=True):
    """A stream as it is stored and counted."""

    code: str
    title: str
    state: str
    cancelled_at: datetime | None
    starts_at: datetime
    ends_at: datetime
    expected_orders: int
    accepted_orders: int
    per_minute: Pace
    refused: dict[str, int]
    skus: tuple[SkuRead, ...]
    brakes: tuple[BrakeOn, ...]
    watch: Watch | None


class SkuMonitor(msgspec.Struct, frozen=True, kw_only=True):
    """A SKU in units: sold and left, how fast, how long it lasts, how many it would sell.

    `stock_out_min` is for how many minutes the stock lasts at the pace of the last five; None
    where nothing sells. `sell_out` is the probability that more is asked for than there is.
    """

    sku: str
    ring_fenced: int
    given_back: int
    reserved: int
    sold: int
    left: int
    units_per_minute: Pace
    stock_out_min: float | None
    expected: float
    low: int
    high: int
    sell_out: float
    tickets: TicketsInLine


class StreamMonitor(msgspec.Struct, frozen=True, kw_only=True):
    """A stream at a moment.

    `orders_per_minute` is the pace, `planned_per_minute` what the plan has for this moment,
    `planned_by_now` the orders it has up to now. `expected_total` with `low` to `high` (90 %) is
    what the stream will have taken at its end. `late_share` is the part of the orders under way
    that are foreseen to leave too late. Times are in minutes.
    """

    code: str
    title: str
    state: str
    at: datetime
    starts_at: datetime
    ends_at: datetime
    accepted_orders: int
    refused: dict[str, int]
    orders_per_minute: Pace
    planned_per_minute: float
    planned_by_now: float
    expected_orders: int
    expected_total: float
    low: int
    high: int
    skus: tuple[SkuMonitor, ...]
    brakes: tuple[BrakeOn, ...]
    watched_at: datetime | None
    backlog: dict[str, int]
    oldest_unserved_min: float | None
    late_orders: int
    late_share: float | None


@query
async def monitor(tx: Transaction, *, merchant_id: int, code: str, now: datetime) -> str | None:
    """Read all that is stored of a stream in one statement, as JSON."""


async def monitor_of(
    tx: Transaction, merchant_id: int, code: str, now: datetime
) -> StreamMonitor | None:
    """Return a stream as it runs, or None where there is none.

    The cost grows with the orders of the last minutes, not with all that came before.
    """
    found = await monitor(tx, merchant_id=merchant_id, code=code, now=now)
    if found is None:
        return None
    read = msgspec.json.decode(found, type=StreamRead)
    return seen(read, await curve_of_past(tx), now)


def seen(read: StreamRead, curve: Curve, now: datetime) -> StreamMonitor:
    """Judge what was read: pace against plan, what is to come, how long stock lasts."""
    fraction = (now - read.starts_at) / (read.ends_at - read.starts_at)
    kept = sum(sku.ring_fenced for sku in read.skus)
    planned = read.expected_orders or kept
    whole = nowcast(curve, planned, read.accepted_orders, fraction)
    watch = read.watch
    oldest = None if watch is None else watch.oldest_unserved_at
    return StreamMonitor(
        code=read.code,
        title=read.title,
        state=read.state if read.cancelled_at is None else "cancelled",
        at=now,
        starts_at=read.starts_at,
        ends_at=read.ends_at,
        accepted_orders=read.accepted_orders,
        refused=read.refused,
        orders_per_minute=read.per_minute,
        planned_per_minute=rate_at(curve, planned, read.starts_at, read.ends_at, now),
        planned_by_now=planned * share_by(curve, fraction),
        expected_orders=read.expected_orders,
        expected_total=whole.expected,
        low=whole.low,
        high=whole.high,
        skus=tuple(_sku(sku, curve, planned, kept, fraction) for sku in read.skus),
        brakes=read.brakes,
        watched_at=None if watch is None else watch.at,
        backlog={} if watch is None else watch.backlog,
        oldest_unserved_min=None if oldest is None else (now - oldest).total_seconds() / 60,
        late_orders=0 if watch is None else watch.late_orders,
        late_share=watch.late_orders / watch.open_orders if watch and watch.open_orders else None,
    )


def _sku(sku: SkuRead, curve: Curve, planned: int, kept: int, fraction: float) -> SkuMonitor:
    """Plan a SKU by its part of what is kept, for merchants keep what they mean to sell."""
    share = sku.ring_fenced / kept if kept else 0.0
    total: Nowcast = nowcast(curve, planned * share, sku.sold, fraction, sku.sold + sku.left)
    pace = sku.units_per_minute.last_5
    return SkuMonitor(
        sku=sku.sku,
        ring_fenced=sku.ring_fenced,
        given_back=sku.given_back,
        reserved=sku.reserved,
        sold=sku.sold,
        left=sku.left,
        units_per_minute=sku.units_per_minute,
        stock_out_min=sku.left / pace if pace > 0 else None,
        expected=total.expected,
        low=total.low,
        high=total.high,
        sell_out=total.sell_out,
        tickets=sku.tickets,
    )
