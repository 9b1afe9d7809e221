"""`penstock orders`: import files of any channel, find orders, show one order's journey."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from cyclopts import App, Parameter

from penstock.cli.import_orders import import_orders
from penstock.cli.order_page import print_order
from penstock.cli.output import print_json
from penstock.cli.session import Session, console, listing, merchant_id_of, session
from penstock.db.transaction import OPERATOR
from penstock.kernel.errors import NotFound
from penstock.kernel.money import CURRENCIES
from penstock.orders.archived import folder_of, show_kept
from penstock.orders.search import Page, Wanted, search
from penstock.orders.show import OrderShown

_ID_LIMIT = 2**63
orders = App(name="orders", help="Import orders, find them, and look at one.")
orders.command(import_orders, name="import")


@orders.command(name="list")
def list_orders(
    *,
    merchant: Annotated[str | None, Parameter(help="code; all merchants without it")] = None,
    channel: Annotated[str, Parameter(help="such as tiktok_shop")] = "",
    number: Annotated[str, Parameter(help="the channel's number of the order")] = "",
    status: Annotated[str, Parameter(help="such as open, held or shipped")] = "",
    since: Annotated[datetime | None, Parameter(help="received then or later, UTC")] = None,
    until: Annotated[datetime | None, Parameter(help="received before, UTC")] = None,
    after: Annotated[int | None, Parameter(help="go on behind this order id")] = None,
    limit: Annotated[int, Parameter(help="orders of one page")] = 50,
    json: Annotated[bool, Parameter(help="one line of JSON")] = False,
) -> None:
    """List accepted orders, the newest first."""
    wanted = Wanted(
        channel=channel,
        channel_order_id=number,
        status=status,
        received_from=_in_utc(since),
        received_to=_in_utc(until),
        after=after,
    )
    page = asyncio.run(_list(wanted, merchant, limit))
    if json:
        print_json(page)
    else:
        _print_page(page)


async def _list(wanted: Wanted, code: str | None, limit: int) -> Page:
    async with session() as opened:
        if code is not None:
            merchant_id = await merchant_id_of(opened.database, code)
            wanted = msgspec.structs.replace(wanted, merchant_id=merchant_id)
        return await opened.database.run(OPERATOR, lambda tx: search(tx, wanted, limit))


def _in_utc(at: datetime | None) -> datetime | None:
    return at if at is None or at.tzinfo is not None else at.replace(tzinfo=UTC)


def _print_page(page: Page) -> None:
    if not page.orders:
        console.print("no such order")
        _print_archived(page)
        return
    table = listing("order", "received", "merchant", "number", "goods", "status")
    for order in page.orders:
        digits = CURRENCIES.get(order.currency, 0)
        table.add_row(
            str(order.order_id),
            f"{order.received_at:%Y-%m-%d %H:%M}",
            order.merchant,
            f"{order.channel} {order.channel_order_id}",
            f"{order.goods_minor / 10**digits:.{digits}f} {order.currency}",
            order.status,
        )
    console.print(table)
    if page.next_after is not None:
        console.print(f"more: add --after {page.next_after}")
    _print_archived(page)


def _print_archived(page: Page) -> None:
    if page.archived_ids:
        ids = ", ".join(map(str, page.archived_ids))
        console.print(f"archived with that number: {ids}; 'penstock orders show' reads them")
    elif page.archived:
        console.print(f"{page.archived:,} orders of that time are archived, and not listed")


@orders.command
def show(
    order: Annotated[str, Parameter(help="our id of it, or its channel's number")],
    *,
    merchant: Annotated[str | None, Parameter(help="code, where several have that number")] = None,
    channel: Annotated[str, Parameter(help="ORDER is this channel's number")] = "",
    json: Annotated[bool, Parameter(help="all of it, as JSON")] = False,
) -> None:
    """Show one order: lines, where each fulfilment order is, returns, and all that happened."""
    found = asyncio.run(_show(order, merchant, channel))
    if json:
        print_json(found)
    else:
        print_order(console, found)


async def _show(name: str, code: str | None, channel: str) -> OrderShown:
    async with session() as opened:
        merchant_id = None if code is None else await merchant_id_of(opened.database, code)
        if not channel and name.isascii() and name.isdigit() and int(name) < _ID_LIMIT:
            shown = await _by_id(opened, merchant_id, int(name))
            if shown is not None:
                return shown
        shown = await _by_id(opened, None, await _by_number(opened, name, merchant_id, channel))
    if shown is None:
        raise NotFound(f"order {name} is archived, and was refused when it came")
    return shown


async def _by_id(opened: Session, merchant_id: int | None, order_id: int) -> OrderShown | None:
    folder = folder_of(opened.settings.archive_folder)
    return await opened.database.run(
        OPERATOR, lambda tx: show_kept(tx, merchant_id, order_id, folder)
    )


async def _by_number(opened: Session, number: str, merchant_id: int | None, channel: str) -> int:
    wanted = Wanted(merchant_id=merchant_id, channel=channel, channel_order_id=number)
    page = await opened.database.run(OPERATOR, lambda tx: search(tx, wanted, 10))
    found = [f"{o.order_id} ({o.merchant}, {o.channel})" for o in page.orders]
    found += [f"{order_id} (archived)" for order_id in page.archived_ids]
    if not found:
        raise NotFound(f"there is no order {number}, by our id or by its channel's number")
    if len(found) > 1:
        known = "; ".join(found)
        raise NotFound(f"several orders have the number {number}: {known}. Show one by its id")
    return [*(order.order_id for order in page.orders), *page.archived_ids][0]
