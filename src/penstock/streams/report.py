"""The close-out report of a stream: what it sold, refused and gave back, and how it was served."""

from datetime import datetime, timedelta

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.streams.count_minutes import LATE_COMMITS, StreamKey, fold


class StreamReport(msgspec.Struct, frozen=True, kw_only=True):
    """A closed stream in figures.

    `refused` counts orders by reason. `forecast_error` is what was accepted against what was
    expected, as a share of the expectation: 0.25 is a quarter more; None where nothing was
    expected. `dispatched`, `late`, `cancelled` and `under_way` count fulfilment orders: `late`
    left after the first date promised, or should have left by now. They change until the report
    is settled, when nothing is under way any more.
    """

    code: str
    title: str
    starts_at: datetime
    ends_at: datetime
    closed_at: datetime
    cancelled_at: datetime | None
    settled_at: datetime | None
    accepted_orders: int
    sold_units: int
    refused: dict[str, int]
    peak_orders_per_minute: int
    peak_at: datetime | None
    expected_orders: int
    forecast_error: float | None
    given_back: int
    dispatched: int
    late: int
    cancelled: int
    under_way: int


@query
async def streams_to_report(tx: Transaction) -> list[StreamKey]:
    """List some of the closed streams without a report."""


@query
async def unsettled(tx: Transaction) -> list[StreamKey]:
    """List the streams whose report is not settled."""


@query
async def write_reports(
    tx: Transaction, *, merchant_ids: list[int], stream_ids: list[int], now: datetime
) -> int | None:
    """Write the reports of closed streams, or bring them up to date; count them."""


@query
async def show_report(tx: Transaction, *, merchant_id: int, code: str) -> str | None:
    """Put a report together as one JSON object."""


async def close_out(tx: Transaction, now: datetime) -> int:
    """Count the streams that have just closed from first to last, and report on them.

    It takes as long as a stream has orders, and locks nothing that receipt waits for.
    """
    return await _report(tx, await streams_to_report(tx), now, late=None)


async def settle_reports(tx: Transaction, now: datetime) -> int:
    """Bring the reports up to date of which something was still under way; return how many.

    A closed stream takes no orders, so only what committed late can have come since its close-out.
    """
    return await _report(tx, await unsettled(tx), now, late=LATE_COMMITS)


async def report_of(tx: Transaction, merchant_id: int, code: str) -> StreamReport | None:
    """Return the report of a closed stream, or None where there is none."""
    found = await show_report(tx, merchant_id=merchant_id, code=code)
    return None if found is None else msgspec.json.decode(found, type=StreamReport)


async def _report(
    tx: Transaction, streams: list[StreamKey], now: datetime, *, late: timedelta | None
) -> int:
    if not streams:
        return 0
    await fold(tx, streams, now, late=late)
    written = await write_reports(
        tx,
        merchant_ids=[s.merchant_id for s in streams],
        stream_ids=[s.stream_id for s in streams],
        now=now,
    )
    return written or 0
