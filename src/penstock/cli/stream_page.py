"""What `penstock streams monitor` and `report` show."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from penstock.cli.session import listing
from penstock.kernel.errors import Unavailable
from penstock.streams.monitor import BrakeOn, StreamMonitor
from penstock.streams.report import StreamReport


def print_monitor(console: Console, seen: StreamMonitor) -> None:
    """Print a stream once."""
    console.print(page(seen))


async def watched(
    console: Console, look: Callable[[], Awaitable[StreamMonitor]], every_s: float
) -> None:
    """Show a stream until it is closed or the reader has seen enough (Ctrl-C)."""
    with Live(console=console, auto_refresh=False) as live:
        while True:
            try:
                seen = await look()
            except Unavailable:
                await asyncio.sleep(every_s)
                continue
            live.update(page(seen), refresh=True)
            if seen.state in {"closed", "cancelled"}:
                return
            await asyncio.sleep(every_s)


def page(seen: StreamMonitor) -> RenderableType:
    """Return what a stream looks like at a moment."""
    parts: list[RenderableType] = [_head(seen), _pace(seen), _skus(seen)]
    if seen.refused:
        parts.append(f"refused: {_counted(seen.refused)}")
    if seen.watched_at is not None:
        parts.append(_under_way(seen))
    parts += [_brake(on) for on in seen.brakes]
    for sku in seen.skus:
        if sku.tickets.waiting or sku.tickets.admitted or sku.tickets.sold_out:
            line = sku.tickets
            parts.append(
                f"tickets for {sku.sku}: {line.waiting} waiting, {line.admitted} let in, "
                f"{line.sold_out} told sold out"
            )
    return Group(*parts)


def _head(seen: StreamMonitor) -> Text:
    times = f"{seen.starts_at:%Y-%m-%d %H:%M} to {seen.ends_at:%H:%M} UTC"
    rest = f" {seen.title}: {seen.state} at {seen.at:%H:%M:%S}, {times}"
    return Text.assemble((seen.code, "bold"), rest)


def _pace(seen: StreamMonitor) -> RenderableType:
    table = listing("orders", "1 min", "5 min", "15 min", "plan")
    pace = seen.orders_per_minute
    table.add_row(
        "a minute", f"{pace.last_1:,.1f}", f"{pace.last_5:,.1f}", f"{pace.last_15:,.1f}",
        f"{seen.planned_per_minute:,.1f}",
    )  # fmt: skip
    table.add_row("accepted", f"{seen.accepted_orders:,}", "", "", f"{seen.planned_by_now:,.0f}")
    table.add_row(
        "at the end", f"{seen.expected_total:,.0f}", f"{seen.low:,} to", f"{seen.high:,}",
        f"{seen.expected_orders:,}",
    )  # fmt: skip
    return table


def _skus(seen: StreamMonitor) -> RenderableType:
    table = listing("SKU", "sold", "left", "reserved", "a minute", "lasts", "sells out")
    for sku in seen.skus:
        lasts = "" if sku.stock_out_min is None else f"{sku.stock_out_min:,.0f} min"
        table.add_row(
            sku.sku, f"{sku.sold:,}", f"{sku.left:,}", f"{sku.reserved:,}",
            f"{sku.units_per_minute.last_5:,.1f}", lasts, f"{sku.sell_out:.0%}",
        )  # fmt: skip
    return table


def _under_way(seen: StreamMonitor) -> str:
    oldest = "" if seen.oldest_unserved_min is None else (
        f", the oldest for {seen.oldest_unserved_min:,.0f} min"
    )  # fmt: skip
    late = "" if seen.late_share is None else f"; foreseen late {seen.late_share:.0%}"
    assert seen.watched_at is not None
    return (
        f"under way at {seen.watched_at:%H:%M}: {_counted(seen.backlog) or 'nothing'}{oldest}{late}"
    )


def _brake(on: BrakeOn) -> Text:
    what = {"pause": "paused", "throttle": f"throttled to {on.value}/min",
            "cap": f"capped at {on.value:,} units"}[on.kind]  # fmt: skip
    return Text.assemble(
        (f"{on.sku or 'whole stream'} {what}", "bold"),
        f" since {on.from_at:%H:%M} by {on.by}: {on.because}; {on.turned_away:,} turned away",
    )


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


def print_report(console: Console, found: StreamReport) -> None:
    """Print a close-out report."""
    state = "cancelled" if found.cancelled_at else "closed"
    console.print(
        Text.assemble(
            (found.code, "bold"),
            f" {found.title}, {state} {found.closed_at:%Y-%m-%d %H:%M} UTC",
        )
    )
    table = listing("", "")
    table.show_header = False
    error = "" if found.forecast_error is None else f" ({found.forecast_error:+.0%})"
    table.add_row("orders", f"{found.accepted_orders:,} of {found.expected_orders:,}{error}")
    table.add_row("units sold", f"{found.sold_units:,}")
    table.add_row("refused", _counted(found.refused) or "none")
    peak = "" if found.peak_at is None else f" at {found.peak_at:%H:%M}"
    table.add_row("peak", f"{found.peak_orders_per_minute:,} orders a minute{peak}")
    table.add_row("given back", f"{found.given_back:,} units")
    table.add_row("dispatched", f"{found.dispatched:,}, under way {found.under_way:,}")
    table.add_row("late", f"{found.late:,}")
    table.add_row("cancelled", f"{found.cancelled:,}")
    console.print(table)
