"""`penstock score appeal`: file, decide, take back and reopen appeals."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from cyclopts import App, Parameter

from penstock.cli.session import console, listing, merchant_id_of, session
from penstock.db.transaction import OPERATOR, Transaction
from penstock.experience.appeals.add_file import add_file
from penstock.experience.appeals.decide_appeal import Decided, OrderDecision, decide_appeal
from penstock.experience.appeals.file_appeal import NewAppeal, file_appeal
from penstock.experience.appeals.settle_appeal import reopen_appeal, withdraw_appeal
from penstock.experience.appeals.show_appeals import AppealShown, show_appeals
from penstock.experience.explain import wording
from penstock.experience.profiles.load import load
from penstock.kernel.errors import Misconfigured, NotFound

T = TypeVar("T")
appeal = App(name="appeal", help="Appeals: orders that should not count against a merchant.")
Because = Annotated[str, Parameter(help="why, for the record")]
_BY = "command line"


@appeal.command(name="list")
def list_appeals(
    merchant: str | None = None,
    *,
    status: Literal["filed", "decided", "reopened", "withdrawn", ""] = "",
    after: Annotated[int, Parameter(help="the last number of the page before")] = 0,
    limit: int = 50,
) -> None:
    """List appeals by number, of one merchant or of all."""

    async def work(tx: Transaction, merchant_id: int | None, now: datetime) -> list[AppealShown]:
        return await show_appeals(
            tx, now, merchant=merchant_id, status=status, after=after, limit=limit
        )

    found = asyncio.run(_run(merchant, work))
    if not found:
        console.print("no appeal")
        return
    table = listing("appeal", "merchant", "profile", "reason", "status", "orders", "answer by")
    for one in found:
        table.add_row(
            str(one.appeal_id),
            one.merchant,
            one.profile,
            one.scenario,
            one.status,
            _tally(one),
            wording.at(one.answer_by_at) + (" overdue" if one.overdue else ""),
        )
    console.print(table)


@appeal.command(name="file")
def file_one(
    merchant: str,
    *orders: str,
    profile: Annotated[str, Parameter(help="a shipped profile's name")],
    scenario: Annotated[str, Parameter(help="late_scan, absent_pickup, …")],
    statement: Annotated[str, Parameter(help="what happened")],
    key: Annotated[str, Parameter(help="your own name for it: sent twice it is one")],
) -> None:
    """File an appeal against the points that orders (the channel's numbers) cost."""
    chosen = load(profile)
    new = NewAppeal(request_key=key, scenario=scenario, statement=statement, orders=orders)
    answer = asyncio.run(
        _run(merchant, lambda tx, m, now: file_appeal(tx, chosen, _one(m), new, now, by=_BY))
    )
    for order in answer.orders:
        until = f" (until {wording.at(order.until)})" if order.outcome == "too_late" else ""
        console.print(f"{order.order}: {order.outcome.replace('_', ' ')}{until}", highlight=False)
    if answer.appeal_id is None:
        raise NotFound("no order could be appealed: nothing was filed")
    due = wording.at(answer.answer_by_at)
    console.print(f"appeal {answer.appeal_id} filed, answer by {due} UTC", highlight=False)


@appeal.command(name="add-file")
def add_one(
    merchant: str,
    number: int,
    file: Path,
    *,
    title: Annotated[str, Parameter(help="what it shows")],
) -> None:
    """Hand in a photograph or a PDF with an appeal."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise Misconfigured(f"cannot read {file}: {error.strerror}") from error
    added = asyncio.run(
        _run(merchant, lambda tx, m, now: add_file(tx, _one(m), number, title, content, now))
    )
    console.print(f"{added.bytes:,} bytes of {added.media_type} added", highlight=False)


@appeal.command
def decide(
    merchant: str,
    number: int,
    outcome: Literal["grant", "refuse"],
    *,
    because: Because,
    but: Annotated[tuple[str, ...], Parameter(help="orders decided the other way")] = (),
) -> None:
    """Grant or refuse an appeal; orders named with --but go the other way."""
    said = asyncio.run(
        _run(merchant, lambda tx, m, now: _decide(tx, _one(m), number, outcome, but, because, now))
    )
    console.print(f"appeal {number}: {said.granted} granted, {said.refused} refused")


async def _decide(
    tx: Transaction,
    merchant_id: int,
    number: int,
    outcome: str,
    but: tuple[str, ...],
    because: str,
    now: datetime,
) -> Decided:
    found = await show_appeals(tx, now, merchant=merchant_id, appeal=number)
    orders = [o for one in found for o in one.orders if o.outcome == "waiting"]
    strange = set(but) - {order.order for order in orders}
    if strange:
        raise NotFound(f"order {min(strange)} does not wait in appeal {number}")
    chosen = [
        OrderDecision(
            fulfilment_order_id=order.fulfilment_order_id,
            granted=(outcome == "grant") != (order.order in but),
            because="",
        )
        for order in orders
    ]
    return await decide_appeal(tx, merchant_id, number, chosen, now, because=because, by=_BY)


@appeal.command
def withdraw(merchant: str, number: int, *, because: Because) -> None:
    """Take an appeal back."""
    said = asyncio.run(
        _run(
            merchant,
            lambda tx, m, now: withdraw_appeal(tx, _one(m), number, now, because=because, by=_BY),
        )
    )
    console.print(f"appeal {number} is {said.status}")


@appeal.command
def reopen(merchant: str, number: int, *, because: Because) -> None:
    """Open a decided appeal again, for what was refused."""
    said = asyncio.run(
        _run(
            merchant,
            lambda tx, m, now: reopen_appeal(
                tx, _one(m), number, now, because=because, by=_BY, role="operator"
            ),
        )
    )
    console.print(f"appeal {number} is {said.status}: {said.waiting} orders wait")


async def _run(
    code: str | None, work: Callable[[Transaction, int | None, datetime], Awaitable[T]]
) -> T:
    async with session() as opened:
        merchant_id = None if code is None else await merchant_id_of(opened.database, code)
        return await opened.database.run(OPERATOR, lambda tx: work(tx, merchant_id, opened.now))


def _one(merchant_id: int | None) -> int:
    assert merchant_id is not None, "the command names a merchant"
    return merchant_id


def _tally(one: AppealShown) -> str:
    outcomes = [order.outcome for order in one.orders]
    return ", ".join(f"{outcomes.count(o)} {o}" for o in dict.fromkeys(outcomes))
