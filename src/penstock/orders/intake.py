"""From what a channel's reader gave to one answer an order: validate, receive, in order."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from penstock.channels.parsed import Parsed
from penstock.db.transaction import Database, merchant
from penstock.kernel.errors import FieldError
from penstock.orders.item import Answer
from penstock.orders.receive import Ports, receive
from penstock.orders.validate import validate

CHUNK = 1_000
"""Orders a transaction: larger batches are no faster and wait longer."""


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


async def intake(
    database: Database, merchant_id: int, parsed: Sequence[Parsed], now: datetime, ports: Ports
) -> list[Taken]:
    """Take one merchant's orders in their order; the bad are refused by field, the good go on.

    Each chunk is durable when it is answered. The same orders again get the same answers.

    Raises:
        Unavailable: the database cannot serve; chunks before this one are taken already, and a
            repetition of the whole finds their answers.

    """
    taken: list[Taken] = []
    for start in range(0, len(parsed), CHUNK):
        chunk = parsed[start : start + CHUNK]
        taken += await _chunk(database, merchant_id, chunk, now, ports)
    return taken


async def _chunk(
    database: Database, merchant_id: int, chunk: Sequence[Parsed], now: datetime, ports: Ports
) -> list[Taken]:
    results: list[Taken | None] = []
    sound = []
    for item in chunk:
        errors = item.errors if item.order is None else validate(item.order, now)
        if errors or item.order is None:
            key = "" if item.order is None else item.order.channel_order_id
            results.append(Taken(item.line, "invalid", key, errors=errors))
        else:
            results.append(None)
            sound.append(item.order)
    answers = iter(
        await database.run(
            merchant(merchant_id),
            lambda tx: receive(tx, merchant_id, sound, now, ports),
            by_key=True,
        )
        if sound
        else []
    )
    return [
        _taken(item.line, next(answers)) if result is None else result
        for item, result in zip(chunk, results, strict=True)
    ]


def _taken(line: int, answer: Answer) -> Taken:
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
