"""From hourly moves to flows, queues and waits: what came how far by when, and where it stood."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import accumulate

import msgspec

from penstock.lifecycle.states import Kind
from penstock.simulation.evening_rows import HourlyMoves, Kept

_HOUR = timedelta(hours=1)


class Flow(msgspec.Struct, frozen=True):
    """How many had come so far (`milestone`) by each moment of `Flows.at`."""

    milestone: str
    reached: tuple[int, ...]


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """Those who waited for one thing: how many at each moment of `Flows.at`, and how long.

    `wait_h` is the mean over all who entered, including the time so far of who is still in it.
    """

    title: str
    sub_process: str
    waiting: tuple[int, ...]
    entered: int
    wait_h: float

    @property
    def peak(self) -> int:
        """The most that waited at one of the moments."""
        return max(self.waiting, default=0)


class Flows(msgspec.Struct, frozen=True, kw_only=True):
    """The evening by the hour: `at` are the ends of hours, the first one before anything moved.

    `promised` counts orders, cumulatively as `reached` does: due to be handed over and due to be
    delivered. `moved` counts all moves by kind and event.
    """

    at: tuple[datetime, ...]
    reached: tuple[Flow, ...]
    promised: tuple[Flow, ...]
    queues: tuple[Queue, ...]
    moved: dict[tuple[str, str], int]

    def count(self, kind: Kind, *events: str) -> int:
        """Return how often subjects of `kind` were moved by any of `events`."""
        return sum(self.moved.get((kind, event), 0) for event in events)

    def peak_at(self, queue: Queue) -> datetime | None:
        """Return when `queue` was longest; None if nobody ever waited."""
        return self.at[queue.waiting.index(queue.peak)] if queue.peak else None


_MILESTONES: tuple[tuple[str, Kind, frozenset[str]], ...] = (
    ("accepted", "fulfilment_order", frozenset({"received", "received_on_hold", "received_short"})),
    ("picked", "fulfilment_order", frozenset({"picked"})),
    ("packed", "fulfilment_order", frozenset({"packed"})),
    ("handed over", "fulfilment_order", frozenset({"handed_over"})),
    ("delivered", "fulfilment_order", frozenset({"delivered"})),
    ("returned", "return", frozenset({"received"})),
)
_QUEUES: tuple[tuple[str, str, Kind, frozenset[str]], ...] = (
    ("on hold", "order_receipt", "fulfilment_order", frozenset({"held"})),
    ("waiting for stock", "order_receipt", "fulfilment_order", frozenset({"backordered"})),
    ("to be allocated", "order_receipt", "fulfilment_order", frozenset({"open"})),
    ("to be released", "pick_and_pack", "fulfilment_order", frozenset({"allocated"})),
    ("to be picked", "pick_and_pack", "fulfilment_order", frozenset({"released"})),
    ("to be packed", "pick_and_pack", "fulfilment_order", frozenset({"picked"})),
    ("at customs", "ship_and_transport", "parcel",
     frozenset({"awaiting_declaration", "declared", "customs_held"})),
    ("to be labelled", "ship_and_transport", "parcel", frozenset({"awaiting_label"})),
    ("to be handed over", "ship_and_transport", "parcel", frozenset({"labelled", "manifested"})),
    ("on the road", "order_delivery", "parcel", frozenset({"handed_over", "in_transit"})),
    ("at the door", "order_delivery", "parcel", frozenset({"out_for_delivery", "delivery_failed"})),
)  # fmt: skip
"""Title, the sub-process whose colour it wears, and the statuses that wait for it."""


def flows(moves: Sequence[HourlyMoves], kept: Sequence[Kept], as_of: datetime) -> Flows:
    """Accumulate hourly moves and promises up to the hour in which `as_of` lies."""
    first = min((m.at for m in moves), default=as_of.replace(minute=0, second=0, microsecond=0))
    at = tuple(first + hour * _HOUR for hour in range(int((as_of - first) / _HOUR) + 2))
    moved: dict[tuple[str, str], int] = {}
    for move in moves:
        moved[move.kind, move.event] = moved.get((move.kind, move.event), 0) + move.moves
    reached = tuple(
        Flow(
            title,
            _cumulated(
                at, ((m.at, m.moves) for m in moves if m.kind == kind and m.event in events)
            ),
        )
        for title, kind, events in _MILESTONES
    )
    promised = tuple(
        Flow(title, _cumulated(at, ((k.at, k.due) for k in kept if k.at and k.promise == promise)))
        for title, promise in (("hand-over due", "dispatch"), ("delivery due", "delivery"))
    )
    queues = tuple(_queue(at, moves, *named) for named in _QUEUES)
    return Flows(at=at, reached=reached, promised=promised, queues=queues, moved=moved)


def _queue(
    at: Sequence[datetime],
    moves: Sequence[HourlyMoves],
    title: str,
    sub_process: str,
    kind: Kind,
    statuses: frozenset[str],
) -> Queue:
    """Count who entered and who left; a move within the queue is neither."""
    mine = [m for m in moves if m.kind == kind]
    into = [m for m in mine if m.to_status in statuses and m.from_status not in statuses]
    out = [m for m in mine if m.from_status in statuses and m.to_status not in statuses]
    entered = sum(m.moves for m in into)
    waited_s = sum(m.age_s for m in into) - sum(m.age_s for m in out)
    changes = [(m.at, m.moves) for m in into] + [(m.at, -m.moves) for m in out]
    return Queue(
        title=title,
        sub_process=sub_process,
        waiting=_cumulated(at, changes),
        entered=entered,
        wait_h=waited_s / entered / 3600 if entered else 0.0,
    )


def _cumulated(at: Sequence[datetime], changes: Iterable[tuple[datetime, int]]) -> tuple[int, ...]:
    """Sum changes, each dated by the start of its hour, up to each end of an hour."""
    by_hour = dict.fromkeys(at[:-1], 0)
    for hour, change in changes:
        if hour in by_hour:
            by_hour[hour] += change
    return tuple(accumulate(by_hour.values(), initial=0))
