"""Let in who waits with a ticket, in order, at the rate and up to the stock that there is."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.streams.ticket import Gate, let_in

LOOKED_AT = 5_000
"""How many of a line are looked at in one go; more than any rate lets in in a few seconds."""


class GateKey(msgspec.Struct, frozen=True):
    """A SKU of a stream that is sold by ticket."""

    merchant_id: int
    stream_id: int
    sku_id: int


class GateFound(msgspec.Struct, frozen=True):
    """A gate as it stands, `per_minute` the lower of its own rate and of throttles, 0 if paused."""

    merchant_id: int
    stream_id: int
    sku_id: int
    per_minute: int
    valid_s: int
    credit: float
    credited_at: datetime
    left: int
    promised: int


class InLine(msgspec.Struct, frozen=True):
    """A ticket that waits."""

    ticket_id: int
    units: int


@query
async def gates_with_line(tx: Transaction) -> list[GateKey]:
    """List the gates before which somebody waits, or which must close."""


@query
async def lock_gates(
    tx: Transaction, *, merchant_ids: list[int], stream_ids: list[int], sku_ids: list[int]
) -> list[GateKey]:
    """Lock gates, so that positions and admissions are dealt out by one at a time."""


@query
async def expire_tickets(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    stream_ids: list[int],
    sku_ids: list[int],
    now: datetime,
) -> int | None:
    """Expire who was let in and did not come, and everybody where the stream is over."""


@query
async def gates(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    stream_ids: list[int],
    sku_ids: list[int],
    now: datetime,
) -> list[GateFound]:
    """Read locked gates: rate, stock and promises, all of one moment."""


@query
async def pass_over(
    tx: Transaction, *, merchant_id: int, stream_id: int, sku_id: int, units: int
) -> int | None:
    """Tell those who want more than these units that it is sold out; they keep their place."""


@query
async def line_of(
    tx: Transaction, *, merchant_id: int, stream_id: int, sku_id: int, units: int, tickets: int
) -> list[InLine]:
    """List the first in line who want no more than these units."""


@query
async def store_admitted(
    tx: Transaction,
    *,
    merchant_id: int,
    stream_id: int,
    sku_id: int,
    ticket_ids: list[int],
    valid_s: int,
    credit: float,
    now: datetime,
) -> int | None:
    """Let tickets in, and keep what is left of the gate's credit."""


async def admit_tickets(tx: Transaction, now: datetime) -> int:
    """Open every gate as far as its rate and stock allow; return how many tickets changed."""
    keys = await gates_with_line(tx)
    return await admit(tx, keys, now) if keys else 0


async def admit(tx: Transaction, keys: Sequence[GateKey], now: datetime) -> int:
    """Lock these gates, expire what is due, and let in who is next; return how many changed.

    A ticket that was let in and not used in time expires, and its units are for the next in line.
    Who is told `sold_out` keeps the place in line, and is let in when stock comes back.
    """
    locked = await lock_gates(tx, **_arrays(keys))
    done = await expire_tickets(tx, **_arrays(locked), now=now) or 0
    for found in await gates(tx, **_arrays(locked), now=now):
        key = {
            "merchant_id": found.merchant_id,
            "stream_id": found.stream_id,
            "sku_id": found.sku_id,
        }
        left = max(0, found.left)
        done += await pass_over(tx, **key, units=left) or 0
        gate = Gate(
            per_minute=found.per_minute or None,
            credit=found.credit,
            credited_at=found.credited_at,
            left=left,
            promised=found.promised,
        )
        line = await line_of(tx, **key, units=left, tickets=LOOKED_AT)
        chosen = let_in(gate, [ticket.units for ticket in line], now)
        admitted = await store_admitted(
            tx,
            **key,
            ticket_ids=[line[place].ticket_id for place in chosen.places],
            valid_s=found.valid_s,
            credit=chosen.credit,
            now=now,
        )
        done += admitted or 0
    return done


def _arrays(keys: Sequence[GateKey]) -> dict[str, list[int]]:
    return {
        "merchant_ids": [key.merchant_id for key in keys],
        "stream_ids": [key.stream_id for key in keys],
        "sku_ids": [key.sku_id for key in keys],
    }
