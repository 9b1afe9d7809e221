"""`penstock streams`: schedule livestreams, watch them, brake them, and read what they did."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
from cyclopts import App, Parameter

from penstock import lending
from penstock.api.stock import sku_ids
from penstock.api.streams import PlannedStream, new_stream
from penstock.app import clock_of
from penstock.channels.json_text import decode_closed
from penstock.channels.parsed import require_utf8
from penstock.cli.brakes import BY, brake, brakes, limit, rules, tickets
from penstock.cli.output import print_json
from penstock.cli.session import Session, console, listing, merchant_id_of, session
from penstock.cli.stream_page import print_monitor, print_report, watched
from penstock.db.transaction import OPERATOR, Transaction
from penstock.inventory.add_pool import add_stream_pool
from penstock.inventory.ring_fence import give_back, ring_fence
from penstock.kernel.errors import Invalid, Misconfigured, NotFound
from penstock.kernel.toml_text import NotToml, read_toml
from penstock.streams.amend import Amendment, amend
from penstock.streams.demand import StreamDemand, expected_demand, streams_named
from penstock.streams.monitor import StreamMonitor, monitor_of
from penstock.streams.report import StreamReport, report_of
from penstock.streams.schedule import Scheduled, schedule
from penstock.streams.show_stream import list_streams
from penstock.streams.validate import StreamSku

T = TypeVar("T")
LIMIT_MAX = 1_000
LEAD_MAX_MIN = 7 * 24 * 60
AMEND_MAX_MIN = 366 * 24 * 60
EVERY_MIN_S = 0.1
EVERY_MAX_S = 3_600
Whose = Annotated[str, Parameter(help="code of the merchant whose stream it is")]
Json = Annotated[bool, Parameter(help="one line of JSON")]
streams = App(name="streams", help="Schedule livestreams, watch, brake and close them out.")
for command in (brake, brakes, rules, limit, tickets):
    streams.command(command)


@streams.command(name="schedule")
def schedule_stream(plan: Path, *, merchant: Whose, json: Json = False) -> None:
    """Schedule a stream by its plan, a TOML or JSON file with the fields of POST /v1/streams."""
    data = _read(plan)

    async def work(tx: Transaction, merchant_id: int, opened: Session) -> Scheduled:
        ids = await sku_ids(tx, merchant_id, (kept.sku for kept in data.skus))
        return await schedule(
            tx, merchant_id, new_stream(data, ids), opened.now,
            open_pool=add_stream_pool, ring_fence=ring_fence,
        )  # fmt: skip

    scheduled = asyncio.run(run_for(merchant, work))
    if json:
        print_json(scheduled)
        return
    again = ", as before" if scheduled.repeated else ""
    console.print(f"stream {data.code}: {data.starts_at:%Y-%m-%d %H:%M %Z}{again}")
    _print_kept(scheduled, [kept.sku for kept in data.skus])


@streams.command(name="amend")
def amend_stream(
    code: str,
    *,
    merchant: Whose,
    sku: Annotated[
        tuple[str, ...], Parameter(help="SKU=UNITS to be kept of it in all", negative=())
    ] = (),
    later_by: Annotated[int | None, Parameter(help="minutes; less than 0 is earlier")] = None,
    longer_by: Annotated[int | None, Parameter(help="minutes")] = None,
    expected_orders: Annotated[int | None, Parameter()] = None,
) -> None:
    """Amend a stream until it starts; its end may be moved while it is live as well."""
    for name, minutes in (("--later-by", later_by), ("--longer-by", longer_by)):
        if minutes is not None and abs(minutes) > AMEND_MAX_MIN:
            raise Misconfigured(f"{name} is at most a year, {AMEND_MAX_MIN} minutes.")
    wishes = dict(_units(text) for text in sku)

    async def work(tx: Transaction, merchant_id: int, opened: Session) -> Scheduled:
        ids = await sku_ids(tx, merchant_id, wishes)
        now_is = await _seen(tx, merchant_id, code, opened)
        later = timedelta(minutes=later_by or 0)
        longer = later + timedelta(minutes=longer_by or 0)
        change = Amendment(
            starts_at=now_is.starts_at + later if later_by else None,
            ends_at=now_is.ends_at + longer if longer else None,
            expected_orders=expected_orders,
            skus=tuple(StreamSku(ids[name], units) for name, units in wishes.items()),
        )
        return await amend(
            tx, merchant_id, code, change, opened.now,
            open_pool=add_stream_pool, ring_fence=ring_fence, give_back=give_back,
        )  # fmt: skip

    _print_kept(asyncio.run(run_for(merchant, work)), list(wishes))


@streams.command(name="cancel")
def cancel_one(
    code: str, *, merchant: Whose, because: Annotated[str, Parameter(help="told")] = "by hand"
) -> None:
    """Cancel a stream that has not begun; what is kept for it is for sale in the market again."""
    done = asyncio.run(
        run_for(
            merchant,
            lambda tx, merchant_id, opened: lending.CANCEL_STREAM(
                tx, merchant_id, code, opened.now, because=because, by=BY
            ),
        )
    )
    before = "was cancelled before" if done.repeated else "cancelled"
    console.print(f"stream {code} {before}; {done.units_given_back} units given back")


@streams.command(name="list")
def list_all(*, merchant: Whose, limit: Annotated[int, Parameter(help="streams")] = 50) -> None:
    """List a merchant's streams, the last to start first."""
    if not 1 <= limit <= LIMIT_MAX:
        raise Misconfigured(f"--limit is 1 to {LIMIT_MAX}.")
    found = asyncio.run(
        run_for(
            merchant,
            lambda tx, merchant_id, _: list_streams(
                tx, merchant_id=merchant_id, before=None, streams=limit
            ),
        )
    )
    if not found:
        console.print("no stream yet")
        return
    table = listing("stream", "starts (UTC)", "ends (UTC)", "state", "expected")
    for s in found:
        starts, ends = f"{s.starts_at:%Y-%m-%d %H:%M}", f"{s.ends_at:%Y-%m-%d %H:%M}"
        table.add_row(s.code, starts, ends, s.state, f"{s.expected_orders:,}")
    console.print(table)


@streams.command
def demand(*, lead_min: Annotated[int, Parameter(help="look so far ahead")] = 30) -> None:
    """Show what the streams of all merchants are about to bring, the most within the lead."""
    if not 0 <= lead_min <= LEAD_MAX_MIN:
        raise Misconfigured(f"--lead-min is 0 to {LEAD_MAX_MIN}, a week.")

    async def work() -> None:
        async with session() as opened:
            lead = timedelta(minutes=lead_min)
            found, names = await opened.database.run(
                OPERATOR, lambda tx: _demand(tx, opened.now, lead)
            )
        if not found:
            console.print(f"no stream is on within {lead_min} minutes")
            return
        table = listing("merchant", "stream", "starts (UTC)", "ends (UTC)", "orders a minute")
        for s in found:
            starts, ends = f"{s.starts_at:%Y-%m-%d %H:%M}", f"{s.ends_at:%Y-%m-%d %H:%M}"
            rate = f"{s.orders_per_minute:,.1f}"
            table.add_row(*names[s.stream_id], starts, ends, rate)
        console.print(table)

    asyncio.run(work())


@streams.command
def monitor(
    code: str,
    *,
    merchant: Whose,
    once: Annotated[bool, Parameter(help="show it once and end")] = False,
    json: Annotated[bool, Parameter(help="one line of JSON, and end")] = False,
    every_s: Annotated[float, Parameter(help="look again after so many seconds")] = 2.0,
) -> None:
    """Watch a stream: pace against plan, stock, backlog, foreseen lateness, brakes."""
    if not EVERY_MIN_S <= every_s <= EVERY_MAX_S:
        raise Misconfigured(f"--every-s is {EVERY_MIN_S} to {EVERY_MAX_S}.")

    async def look(opened: Session, merchant_id: int) -> StreamMonitor:
        now = clock_of(opened.settings).now()
        found = await opened.database.run(
            OPERATOR, lambda tx: monitor_of(tx, merchant_id, code, now)
        )
        if found is None:
            raise NotFound(f"there is no stream {code!r}")
        return found

    async def work() -> None:
        async with session() as opened:
            merchant_id = await merchant_id_of(opened.database, merchant)
            if json or once:
                seen = await look(opened, merchant_id)
                if json:
                    print_json(seen)
                else:
                    print_monitor(console, seen)
                return
            await watched(console, lambda: look(opened, merchant_id), every_s)

    asyncio.run(work())


@streams.command
def report(code: str, *, merchant: Whose, json: Json = False) -> None:
    """Show what a closed stream sold, refused and gave back, and how its orders were served."""

    async def work(tx: Transaction, merchant_id: int, _: Session) -> StreamReport:
        found = await report_of(tx, merchant_id, code)
        if found is None:
            raise NotFound(f"there is no report of {code!r}: no such stream, or it is not closed")
        return found

    found = asyncio.run(run_for(merchant, work))
    if json:
        print_json(found)
    else:
        print_report(console, found)


async def run_for(merchant: str, work: Callable[[Transaction, int, Session], Awaitable[T]]) -> T:
    """Run `work` for a merchant named by its code, in one transaction of the operator's."""
    async with session() as opened:
        merchant_id = await merchant_id_of(opened.database, merchant)
        return await opened.database.run(OPERATOR, lambda tx: work(tx, merchant_id, opened))


async def _demand(
    tx: Transaction, now: datetime, lead: timedelta
) -> tuple[list[StreamDemand], dict[int, tuple[str, str]]]:
    found = await expected_demand(tx, now, lead)
    names = await streams_named(tx, stream_ids=[s.stream_id for s in found])
    return found, {n.stream_id: (n.merchant, n.code) for n in names}


async def _seen(tx: Transaction, merchant_id: int, code: str, opened: Session) -> StreamMonitor:
    found = await monitor_of(tx, merchant_id, code, opened.now)
    if found is None:
        raise NotFound(f"there is no stream {code!r}")
    return found


def _read(plan: Path) -> PlannedStream:
    """Read a plan.

    Raises:
        Misconfigured: no such file, or no TOML.
        Refusal: not a plan; every field at fault is named.

    """
    try:
        text = plan.read_bytes()
    except OSError as error:
        raise Misconfigured(f"cannot read {plan}: {error.strerror}.") from error
    if plan.suffix != ".json":
        try:
            text = msgspec.json.encode(read_toml(require_utf8(text)))
        except NotToml as error:
            what = f"line {error.line}, {error.what}"
            raise Misconfigured(f"{plan} is no TOML file: {what}.") from error
    try:
        return decode_closed(text, msgspec.json.Decoder(PlannedStream))
    except Invalid as refused:
        if any(not error.pointer and error.code == "wrong_type" for error in refused.errors):
            raise Misconfigured(f"{plan} is no plan: begin its JSON with {{.") from refused
        raise


def _units(text: str) -> tuple[str, int]:
    sku, _, units = text.rpartition("=")
    if not sku or not units.isdigit():
        raise Misconfigured(f"--sku {text}: write SKU=UNITS, such as LAMP=200.")
    return sku, int(units)


def _print_kept(scheduled: Scheduled, skus: list[str]) -> None:
    if skus:
        table = listing("SKU", "wanted", "ring-fenced")
        for name, kept in zip(skus, scheduled.skus, strict=True):
            table.add_row(name, f"{kept.wanted:,}", f"{kept.ring_fenced:,}")
        console.print(table)
    for booked in scheduled.capacity:
        less = " (the node has no more in that time)" if booked.booked < booked.wanted else ""
        console.print(
            f"node {booked.node_id}: {booked.booked} of {booked.wanted} orders an hour{less}"
        )
    if not skus and not scheduled.capacity:
        console.print("changed")
