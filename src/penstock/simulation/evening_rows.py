"""What an evening left in the database, asked for in sets: one declaration a question."""

from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction


class StreamPlayed(msgspec.Struct, frozen=True):
    """A merchant's livestream; `ring_fenced` and `given_back` in units."""

    code: str
    title: str
    merchant: str
    starts_at: datetime
    ends_at: datetime
    expected_orders: int
    ring_fenced: int
    given_back: int


class Arrivals(msgspec.Struct, frozen=True):
    """Orders placed in the bin that begins at `at`."""

    at: datetime
    accepted: int
    refused: int


class StockLeft(msgspec.Struct, frozen=True):
    """Units of a ring-fenced SKU that its stream could still sell at the end of a bin."""

    sku: str
    title: str
    ring_fenced: int
    at: datetime
    units: int


class HourlyMoves(msgspec.Struct, frozen=True):
    """Moves of one kind within the hour from `at`; `age_s` sums how long ago each one was."""

    at: datetime
    kind: str
    from_status: str
    event: str
    to_status: str
    moves: int
    age_s: float


class Kept(msgspec.Struct, frozen=True):
    """Orders due, in time and done at all; `promise` is dispatch or delivery.

    Either of one merchant, over all time, with the hours from payment as quantiles (10, 50, 90
    and 99 %; empty: none done), or of one hour, over all merchants, without them.
    """

    promise: str
    merchant_id: int | None
    at: datetime | None
    due: int
    kept: int
    done: int
    hours: list[float]


class SellerCounts(msgspec.Struct, frozen=True):
    """What a merchant's channels sent."""

    merchant_id: int
    code: str
    title: str
    received: int
    accepted: int
    refused: int


class Refused(msgspec.Struct, frozen=True):
    """Orders that were refused for one reason; `example` names one, with what it was told."""

    reason: str
    orders: int
    example: str


class FloorCounts(msgspec.Struct, frozen=True):
    """Totals of the stages' own tables."""

    cancelled: int
    cancelled_by_seller: int
    cancelled_by_buyer: int
    cancelled_by_others: int
    batches: int
    batches_single_sku: int
    batch_orders: int
    pick_lines: int
    picked_units: int
    short_lines: int
    short_units: int
    parcels: int
    parcels_g: int
    declared: int
    cleared: int
    held: int
    border_refused: int
    labels: int
    handed_over: int
    manifests: int
    manifested: int
    tracking_events: int


class CarrierCompared(msgspec.Struct, frozen=True):
    """A carrier's parcels, and how well it said what it did with them.

    `due`: promised by it to have been delivered by now. `failed`: needed more than one attempt.
    `scanned_soon`: first scanned within 12 hours of the hand-over. `days`: from hand-over to
    delivery, as quantiles (10, 50, 90 %; empty: none delivered). `told_late`: events told more
    than 6 hours after they occurred.
    """

    vendor: str
    title: str
    parcels: int
    delivered: int
    due: int
    on_time: int
    lost: int
    failed: int
    scanned_soon: int
    days: list[float]
    events: int
    told_late: int


class ReturnsFor(msgspec.Struct, frozen=True):
    """Returns asked for one reason, and how far they have come."""

    reason: str
    fault: str
    requested: int
    rejected: int
    lapsed: int
    received: int
    settled: int


class Money(msgspec.Struct, frozen=True):
    """What `items` things of one purpose cost one party (for goods: what was sold)."""

    purpose: str
    party: str
    currency: str
    items: int
    amount_minor: int


class ExceptionsSeen(msgspec.Struct, frozen=True):
    """Exceptions of one sort; `hours` is the median until they were closed (None: none was)."""

    kind: str
    status: str
    reason: str
    fault: str
    opened: int
    still_open: int
    hours: float | None


@query
async def streams_played(tx: Transaction) -> list[StreamPlayed]:
    """List the livestreams with what was ring-fenced for them."""


@query
async def arrivals(
    tx: Transaction, *, from_at: datetime, to_at: datetime, bin_s: int
) -> list[Arrivals]:
    """Count orders by when they were placed; bins without any are there, too."""


@query
async def hot_stock(
    tx: Transaction, *, from_at: datetime, to_at: datetime, bin_s: int, skus: int
) -> list[StockLeft]:
    """Follow the largest ring-fences down, SKU by SKU, bin by bin."""


@query
async def hourly_moves(tx: Transaction, *, as_of: datetime) -> list[HourlyMoves]:
    """Count all status moves by hour and transition: flows, queues and waits come from these."""


@query
async def promises_kept(tx: Transaction, *, as_of: datetime) -> list[Kept]:
    """Hold orders against what they were promised at receipt; those not yet due do not count."""


@query
async def sellers(tx: Transaction) -> list[SellerCounts]:
    """Count the orders received, by merchant."""


@query
async def refusals(tx: Transaction) -> list[Refused]:
    """Count the refused orders that are stored, by reason; bad ones are refused unstored."""


@query
async def floor_counts(tx: Transaction) -> FloorCounts | None:
    """Count what floor, border and dock did."""


@query
async def carriers_compared(tx: Transaction, *, as_of: datetime) -> list[CarrierCompared]:
    """Compare the carriers that were handed parcels, the busiest first."""


@query
async def returns_compared(tx: Transaction) -> list[ReturnsFor]:
    """Count returns by why they were asked for and whose fault that was."""


@query
async def money_moved(tx: Transaction) -> list[Money]:
    """Sum goods, freight, duties, refunds and the shares of return fees, by who bears them."""


@query
async def exceptions_seen(tx: Transaction) -> list[ExceptionsSeen]:
    """Count exceptions by what was stuck and why."""


@query
async def oversold_units(tx: Transaction) -> int | None:
    """Sum by how much pools were ever below zero: the units sold that were not there."""
