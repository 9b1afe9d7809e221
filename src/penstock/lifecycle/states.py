"""Every status and every legal move, as data; all that knows statuses is derived from here.

`patience` is how long a thing may stay in a status before it belongs on the exception list: it
is what makes "terminal, progressing with a deadline, or in the exception list" checkable.
"""

from datetime import timedelta
from typing import Literal

import msgspec

Kind = Literal["fulfilment_order", "parcel", "return"]
BORN = ""
"""The `from` of the move that creates a subject."""


class Status(msgspec.Struct, frozen=True):
    """A status: who is expected to move it on, and for how long that may take."""

    kind: Kind
    status: str
    waits_for: Literal["worker", "floor", "vendor", "shopper", "nobody"]
    patience: timedelta | None

    @property
    def terminal(self) -> bool:
        """Whether nothing can happen any more."""
        return self.patience is None


class Transition(msgspec.Struct, frozen=True):
    """`event` moves a subject from one status to another."""

    kind: Kind
    from_status: str
    event: str
    to_status: str


def _hours(hours: float) -> timedelta:
    return timedelta(hours=hours)


_FULFILMENT_ORDER = (
    Status("fulfilment_order", "reserved", "worker", _hours(1)),
    Status("fulfilment_order", "backordered", "worker", _hours(24 * 30)),
    Status("fulfilment_order", "held", "worker", _hours(48)),
    Status("fulfilment_order", "open", "worker", _hours(24)),
    Status("fulfilment_order", "allocated", "worker", _hours(72)),
    Status("fulfilment_order", "released", "floor", _hours(24)),
    Status("fulfilment_order", "picked", "floor", _hours(12)),
    Status("fulfilment_order", "packed", "floor", _hours(96)),
    Status("fulfilment_order", "shipped", "vendor", _hours(24 * 30)),
    Status("fulfilment_order", "delivered", "nobody", None),
    Status("fulfilment_order", "undelivered", "nobody", None),
    Status("fulfilment_order", "cancelled", "nobody", None),
)
_PARCEL = (
    Status("parcel", "awaiting_declaration", "worker", _hours(6)),
    Status("parcel", "declared", "vendor", _hours(48)),
    Status("parcel", "customs_held", "vendor", _hours(120)),
    Status("parcel", "awaiting_label", "worker", _hours(6)),
    Status("parcel", "labelled", "worker", _hours(48)),
    Status("parcel", "manifested", "floor", _hours(24)),
    Status("parcel", "handed_over", "vendor", _hours(48)),
    Status("parcel", "in_transit", "vendor", _hours(24 * 10)),
    Status("parcel", "out_for_delivery", "vendor", _hours(48)),
    Status("parcel", "delivery_failed", "vendor", _hours(72)),
    Status("parcel", "delivered", "nobody", None),
    Status("parcel", "lost", "nobody", None),
    Status("parcel", "refused", "nobody", None),
)
_RETURN = (
    Status("return", "requested", "worker", _hours(24)),
    Status("return", "approved", "worker", _hours(24)),
    Status("return", "announced", "shopper", _hours(24 * 21)),
    Status("return", "in_transit", "vendor", _hours(24 * 14)),
    Status("return", "received", "floor", _hours(72)),
    Status("return", "graded", "worker", _hours(24)),
    Status("return", "closed", "nobody", None),
    Status("return", "rejected", "nobody", None),
    Status("return", "lapsed", "nobody", None),
)
STATUSES: tuple[Status, ...] = _FULFILMENT_ORDER + _PARCEL + _RETURN

_MOVES: dict[Kind, str] = {
    "fulfilment_order": """
        *            -> received_on_hold -> held
        *            -> received         -> open
        *            -> received_short   -> backordered
        *            -> received_unpaid  -> reserved
        *            -> split_off        -> open
        reserved     -> paid             -> open
        reserved     -> paid_on_hold     -> held
        reserved     -> paid_short       -> backordered
        reserved     -> expired          -> cancelled
        backordered  -> stock_found      -> open
        held         -> hold_expired     -> open
        open         -> allocated        -> allocated
        allocated    -> released         -> released
        allocated    -> rejected         -> open
        released     -> picked           -> picked
        released     -> short_picked     -> open
        picked       -> packed           -> packed
        packed       -> handed_over      -> shipped
        shipped      -> delivered        -> delivered
        shipped      -> not_delivered    -> undelivered
        packed       -> not_delivered    -> undelivered
        reserved     -> cancelled        -> cancelled
        backordered  -> cancelled        -> cancelled
        held         -> cancelled        -> cancelled
        open         -> cancelled        -> cancelled
        allocated    -> cancelled        -> cancelled
    """,
    "parcel": """
        *                    -> packed           -> awaiting_label
        *                    -> packed_abroad    -> awaiting_declaration
        awaiting_declaration -> declared         -> declared
        declared             -> cleared          -> awaiting_label
        declared             -> held_by_customs  -> customs_held
        declared             -> refused          -> refused
        customs_held         -> cleared          -> awaiting_label
        customs_held         -> refused          -> refused
        awaiting_label       -> label_bought     -> labelled
        labelled             -> manifested       -> manifested
        labelled             -> label_voided     -> awaiting_label
        manifested           -> handed_over      -> handed_over
        manifested           -> scanned          -> in_transit
        handed_over          -> scanned          -> in_transit
        handed_over          -> out_for_delivery -> out_for_delivery
        handed_over          -> attempt_failed   -> delivery_failed
        handed_over          -> delivered        -> delivered
        handed_over          -> lost             -> lost
        in_transit           -> out_for_delivery -> out_for_delivery
        in_transit           -> attempt_failed   -> delivery_failed
        in_transit           -> delivered        -> delivered
        in_transit           -> lost             -> lost
        out_for_delivery     -> attempt_failed   -> delivery_failed
        out_for_delivery     -> delivered        -> delivered
        out_for_delivery     -> lost             -> lost
        delivery_failed      -> out_for_delivery -> out_for_delivery
        delivery_failed      -> delivered        -> delivered
        delivery_failed      -> lost             -> lost
    """,
    "return": """
        *            -> requested  -> requested
        requested    -> approved   -> approved
        requested    -> rejected   -> rejected
        approved     -> announced  -> announced
        announced    -> in_transit -> in_transit
        announced    -> received   -> received
        announced    -> lapsed     -> lapsed
        in_transit   -> received   -> received
        received     -> graded     -> graded
        graded       -> settled    -> closed
    """,
}


def _parsed(kind: Kind, text: str) -> tuple[Transition, ...]:
    moves = []
    for row in text.strip().splitlines():
        from_status, event, to_status = (word.strip() for word in row.split("->"))
        moves.append(
            Transition(kind, BORN if from_status == "*" else from_status, event, to_status)
        )
    return tuple(moves)


TRANSITIONS: tuple[Transition, ...] = tuple(
    move for kind, text in _MOVES.items() for move in _parsed(kind, text)
)


def problems() -> list[str]:
    """Return what is wrong with the data: unknown, unreachable or dead-end statuses, doubles."""
    wrong = []
    for kind in _MOVES:
        known = {s.status: s for s in STATUSES if s.kind == kind}
        moves = [t for t in TRANSITIONS if t.kind == kind]
        keys = [(t.from_status, t.event) for t in moves]
        wrong += [f"{kind}: {key} is said twice" for key in set(keys) if keys.count(key) > 1]
        named = {t.from_status for t in moves} | {t.to_status for t in moves}
        wrong += [f"{kind}: {status} is unknown" for status in named - known.keys() - {BORN}]
        reached, before = {BORN}, set[str]()
        while reached != before:
            before = set(reached)
            reached |= {t.to_status for t in moves if t.from_status in reached}
        wrong += [f"{kind}: {status} is never reached" for status in known.keys() - reached]
        leaving = {t.from_status for t in moves}
        wrong += [
            f"{kind}: {s.status} is " + ("terminal but can be left" if s.terminal else "a dead end")
            for s in known.values()
            if s.terminal == (s.status in leaving)
        ]
    return wrong


def mermaid(kind: Kind) -> str:
    """Return the state diagram of one kind, for the documentation."""
    rows = ["stateDiagram-v2"]
    rows += [
        f"    {t.from_status or '[*]'} --> {t.to_status}: {t.event}"
        for t in TRANSITIONS
        if t.kind == kind
    ]
    rows += [f"    {s.status} --> [*]" for s in STATUSES if s.kind == kind and s.terminal]
    return "\n".join(rows)
