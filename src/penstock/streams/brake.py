"""Who is let through: brakes, tickets and limits a buyer, in the order of arrival.

Receipt asks `brakes_in_force` once a batch, `apply_brakes` for its orders, and tells
`count_brakes` what became of them. A merchant without streams or without brakes pays one look-up.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction

Kind = Literal["pause", "throttle", "cap", "ticket", "buyer_limit"]
Outcome = Literal[
    "", "paused", "ticket_required", "buyer_limit_reached", "stream_cap_reached", "throttled"
]
"""Empty: let through. All others may pass when they come again, so none is a last word."""
EVERY_SKU = 0
Held = Mapping[tuple[int, int, str], int]
"""Units by (stream_id, sku_id, buyer_id); SKU 0 for all of them together."""


class Brake(msgspec.Struct, frozen=True):
    """What holds orders of a stream back, or of one SKU of it where `sku_id` is not 0.

    `value` is orders a minute of a throttle or of tickets, units in all of a cap, units a buyer of
    a limit. `in_minute` orders were let through in this minute, `taken` units in all. Tickets and
    limits have no `brake_id`.
    """

    brake_id: int
    stream_id: int
    sku_id: int
    kind: str
    value: int
    in_minute: int
    taken: int


class BrakeAsk(msgspec.Struct, frozen=True):
    """An order that asks: its stream, its lines as (sku_id, units), and who buys.

    `admitted` are the units that its tickets let in, by SKU.
    """

    stream_id: int | None
    lines: tuple[tuple[int, int], ...]
    buyer_id: str = ""
    admitted: tuple[tuple[int, int], ...] = ()


class Verdict(msgspec.Struct, frozen=True):
    """Whether an order may go on to ask for stock; if not, what held it back.

    `line` is the first line that the brake is about, or -1 for the whole order.
    """

    outcome: Outcome
    brake: Brake | None = None
    line: int = -1


LET_THROUGH = Verdict("")


@query
async def brakes_in_force(
    tx: Transaction, *, merchant_id: int, stream_ids: list[int], now: datetime
) -> list[Brake]:
    """Lock and list what is in force for streams."""


def apply_brakes(
    asks: Sequence[BrakeAsk], brakes: Sequence[Brake], held: Held | None = None
) -> list[Verdict]:
    """Walk the orders in their order of arrival; what is let through counts for those behind it.

    `held` is what the buyers of the batch hold already, needed where a limit is in force. An
    order that is let through and then finds no stock has still used its place in this batch: at
    worst its successors are asked to come again, and no cap is ever passed.

    A pause stops everything. Whoever has a ticket for all that a throttle is about is not
    throttled, for the tickets let in at that rate already. A buyer without an id has no limit.
    """
    if not brakes:
        return [LET_THROUGH] * len(asks)
    by_stream: dict[int, list[Brake]] = {}
    for brake in sorted(brakes, key=lambda b: (_ORDER[b.kind], b.sku_id, b.brake_id)):
        by_stream.setdefault(brake.stream_id, []).append(brake)
    used = _Used(held or {})
    verdicts = []
    for ask in asks:
        on = by_stream.get(ask.stream_id, []) if ask.stream_id is not None else []
        verdict = next((v for brake in on if (v := _held_back(ask, brake, used))), LET_THROUGH)
        if verdict is LET_THROUGH:
            for brake in on:
                used.take(ask, brake)
        verdicts.append(verdict)
    return verdicts


_ORDER = {"pause": 0, "ticket": 1, "buyer_limit": 2, "cap": 3, "throttle": 4}


class _Used:
    """What this batch has used of each brake, beside what was used before it."""

    def __init__(self, held: Held) -> None:
        self.units: dict[int, int] = {}
        self.orders: dict[int, int] = {}
        self.bought = dict(held)

    def take(self, ask: BrakeAsk, brake: Brake) -> None:
        units = units_of(ask, brake)
        if not units:
            return
        if brake.kind == "buyer_limit":
            key = (brake.stream_id, brake.sku_id, ask.buyer_id)
            self.bought[key] = self.bought.get(key, 0) + units
        else:
            self.units[brake.brake_id] = self.units.get(brake.brake_id, 0) + units
            if not _admitted(ask, brake):
                self.orders[brake.brake_id] = self.orders.get(brake.brake_id, 0) + 1


def units_of(ask: BrakeAsk, brake: Brake) -> int:
    """Return the units of an order that a brake is about."""
    return sum(units for sku, units in ask.lines if brake.sku_id in {EVERY_SKU, sku})


def _admitted(ask: BrakeAsk, brake: Brake) -> bool:
    """Whether tickets let in all units of the order that a brake is about."""
    wanted: dict[int, int] = {}
    for sku, units in ask.lines:
        if brake.sku_id in {EVERY_SKU, sku}:
            wanted[sku] = wanted.get(sku, 0) + units
    let_in: dict[int, int] = {}
    for sku, units in ask.admitted:
        let_in[sku] = let_in.get(sku, 0) + units
    return all(units <= let_in.get(sku, 0) for sku, units in wanted.items())


def _held_back(ask: BrakeAsk, brake: Brake, used: _Used) -> Verdict | None:
    units = units_of(ask, brake)
    if not units:
        return None
    outcome: Outcome = ""
    match brake.kind:
        case "pause":
            outcome = "paused"
        case "ticket" if not _admitted(ask, brake):
            outcome = "ticket_required"
        case "buyer_limit" if ask.buyer_id:
            before = used.bought.get((brake.stream_id, brake.sku_id, ask.buyer_id), 0)
            outcome = "buyer_limit_reached" if before + units > brake.value else ""
        case "cap":
            before = brake.taken + used.units.get(brake.brake_id, 0)
            outcome = "stream_cap_reached" if before + units > brake.value else ""
        case "throttle" if not _admitted(ask, brake):
            before = brake.in_minute + used.orders.get(brake.brake_id, 0)
            outcome = "throttled" if before + 1 > brake.value else ""
        case _:
            pass
    return Verdict(outcome, brake, _line_of(ask, brake)) if outcome else None


def _line_of(ask: BrakeAsk, brake: Brake) -> int:
    if brake.sku_id == EVERY_SKU:
        return -1
    return next(i for i, (sku, _) in enumerate(ask.lines) if sku == brake.sku_id)


def takes_of(
    asks: Sequence[BrakeAsk], brakes: Sequence[Brake], accepted: Sequence[bool]
) -> dict[int, tuple[int, int]]:
    """Return (orders, units) to count on each brake for the orders that were accepted.

    Orders that tickets let in are not counted on a throttle.
    """
    takes: dict[int, tuple[int, int]] = {}
    for brake in brakes:
        if not brake.brake_id:
            continue
        for ask, took in zip(asks, accepted, strict=True):
            units = units_of(ask, brake) if took and ask.stream_id == brake.stream_id else 0
            if units:
                orders, before = takes.get(brake.brake_id, (0, 0))
                counted = not _admitted(ask, brake)
                takes[brake.brake_id] = (orders + counted, before + units)
    return takes
