"""From what a channel's reader gave to one answer an order: validate, receive, in order."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import msgspec

from penstock.channels.parsed import Parsed
from penstock.db.transaction import Database, Transaction, merchant
from penstock.kernel.errors import FieldError
from penstock.orders.item import Answer
from penstock.orders.ports import Ports
from penstock.orders.receive import Wanted, receive
from penstock.orders.sold_out import SoldOut
from penstock.orders.validate import validate

CHUNK = 1_000
"""Orders a transaction: larger batches are no faster and wait longer."""

Take = Callable[[Sequence[Wanted]], Awaitable[Sequence[Answer]]]
"""Takes up to CHUNK sound orders of one merchant, durably; one answer each."""


class Taken(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one order of a request or file; `line` is where it started."""

    line: int
    outcome: str
    channel_order_id: str = ""
    order_id: int = 0
    detail: str = ""
    dispatch_by_at: datetime | None = None
    deliver_by_at: datetime | None = None
    errors: tuple[FieldError, ...] = ()


def taker(
    database: Database, now: Callable[[], datetime], ports: Ports, sold_out: SoldOut
) -> Callable[[int, Sequence[Wanted]], Awaitable[Sequence[Answer]]]:
    """Return what takes a merchant's sound orders in one transaction, at the time it begins."""

    async def take(merchant_id: int, wanted: Sequence[Wanted]) -> Sequence[Answer]:
        at = now()
        seen = sold_out

        async def attempt(tx: Transaction) -> Sequence[Answer]:
            nonlocal seen
            seen = sold_out.attempt()
            return await receive(tx, merchant_id, wanted, at, ports, seen)

        answers = await database.run(merchant(merchant_id), attempt, by_key=True)
        seen.keep()
        return answers

    return take


async def intake(
    database: Database, merchant_id: int, parsed: Sequence[Parsed], now: datetime, ports: Ports
) -> list[Taken]:
    """Take one merchant's orders in their order; the bad are refused by field, the good go on.

    Each chunk is durable when it is answered. The same orders again get the same answers.

    Raises:
        Unavailable: the database cannot serve; chunks before this one are taken already, and a
            repetition of the whole finds their answers.

    """
    take = taker(database, lambda: now, ports, SoldOut(timedelta(0)))
    taken: list[Taken] = []
    for start in range(0, len(parsed), CHUNK):
        chunk = parsed[start : start + CHUNK]
        taken += await answer_all(chunk, now, lambda wanted: take(merchant_id, wanted))
    return taken


async def answer_all(parsed: Sequence[Parsed], now: datetime, take: Take) -> list[Taken]:
    """Validate up to CHUNK orders, let the sound ones be taken, and put the answers in order."""
    results: list[Taken | None] = []
    sound = []
    for item in parsed:
        errors = item.errors if item.order is None else validate(item.order, now)
        if errors or item.order is None:
            key = "" if item.order is None else item.order.channel_order_id
            results.append(Taken(item.line, "invalid", key, errors=errors))
        else:
            results.append(None)
            sound.append(Wanted(item.order))
    answers = iter(await take(sound) if sound else ())
    return [
        taken_of(item.line, next(answers)) if result is None else result
        for item, result in zip(parsed, results, strict=True)
    ]


def taken_of(line: int, answer: Answer) -> Taken:
    """Return the answer to the order that started at `line`."""
    errors: tuple[FieldError, ...] = ()
    if answer.outcome != "accepted":
        errors = (FieldError(answer.pointer, answer.outcome, answer.detail),)
    return Taken(
        line,
        answer.outcome,
        answer.channel_order_id,
        answer.order_id,
        answer.detail,
        answer.dispatch_by_at,
        answer.deliver_by_at,
        errors,
    )
