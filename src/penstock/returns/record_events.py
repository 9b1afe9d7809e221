"""What processors tell, in any order, late and twice."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.gateways.effects import VendorEvent
from penstock.lifecycle.advance import Subject, advance
from penstock.returns.processor_event import read_grades, read_time

CODES = ("in_transit", "received", "graded")
"""A processor's words, which are the return's own events, in the order of the way back."""


class EventAnswer(msgspec.Struct, frozen=True):
    """What became of one event.

    `applied`; `held` until the return has come that far; `too_late`: it had gone on already;
    `repeated`; `unknown_return`; `unknown_code`; `unreadable_time`; `unreadable_grade`.
    """

    event_id: str
    outcome: str


class Stored(msgspec.Struct, frozen=True):
    """An event whose return is known; `fresh` if it had not come before."""

    position: int
    merchant_id: int
    return_id: int
    fresh: bool


class Applicable(msgspec.Struct, frozen=True):
    """A held event, the earliest of its code for its return."""

    merchant_id: int
    return_id: int
    vendor: str
    event_id: str
    at: datetime


@query
async def zone_of(tx: Transaction, *, vendor: str) -> str | None:
    """Tell the vendor's zone."""


@query
async def store_events(
    tx: Transaction,
    *,
    vendor: str,
    event_ids: list[str],
    references: list[str],
    codes: list[str],
    grades: list[str],
    occurred_at: list[datetime],
    received_at: datetime,
) -> list[Stored]:
    """Keep events of known returns, each once; an event that leaves a line ungraded is not kept."""


@query
async def applicable(
    tx: Transaction, *, merchant_ids: list[int], return_ids: list[int], code: str, now: datetime
) -> list[Applicable]:
    """Find the held events of one code."""


@query
async def apply_events(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    return_ids: list[int],
    vendors: list[str],
    event_ids: list[str],
) -> None:
    """Write what moved returns: when they were received, how their lines were graded."""


@query
async def close_late(tx: Transaction, *, merchant_ids: list[int], return_ids: list[int]) -> None:
    """Let go of held events that no later status can use."""


@query
async def outcomes(tx: Transaction, *, vendor: str, event_ids: list[str]) -> list[EventAnswer]:
    """Tell what became of kept events."""


async def record_events(
    tx: Transaction, vendor: str, events: Sequence[VendorEvent], now: datetime
) -> list[EventAnswer]:
    """Take a processor's events on topic `return`; one answer each, in their order.

    `about` is the reference under which the return was announced; `detail` of `graded` is as
    `processor_event.read_grades` reads it. A grade that comes before the receipt is held, and
    applied when the receipt is known. The same event twice changes nothing.
    """
    zone = await zone_of(tx, vendor=vendor)
    answers, readable = _read(events, zone or "UTC")
    stored = await store_events(
        tx,
        vendor=vendor,
        event_ids=[events[i].event_id for i in readable],
        references=[events[i].about for i in readable],
        codes=[events[i].code for i in readable],
        grades=[msgspec.json.encode(grades).decode() for grades, _ in readable.values()],
        occurred_at=[at for _, at in readable.values()],
        received_at=now,
    )
    positions = list(readable)
    known = {positions[row.position]: row for row in stored}
    await apply_held(tx, [Subject(r.merchant_id, r.return_id) for r in stored if r.fresh], now)
    kept = await outcomes(tx, vendor=vendor, event_ids=[events[i].event_id for i in known])
    became = {answer.event_id: answer.outcome for answer in kept}
    for i in readable:
        row, event = known.get(i), events[i]
        if row is None:
            answers[i] = "unknown_return"
        elif not row.fresh:
            answers[i] = "repeated"
        else:
            answers[i] = became.get(event.event_id, "unreadable_grade")
    return [EventAnswer(event.event_id, answers[i]) for i, event in enumerate(events)]


async def apply_held(tx: Transaction, subjects: Sequence[Subject], now: datetime) -> None:
    """Apply the held events of returns, as far as their statuses allow."""
    merchant_ids = [s.merchant_id for s in subjects]
    return_ids = [s.subject_id for s in subjects]
    for code in CODES if subjects else ():
        found = await applicable(
            tx, merchant_ids=merchant_ids, return_ids=return_ids, code=code, now=now
        )
        if not found:
            continue
        moved = await advance(
            tx,
            merchant_ids=[f.merchant_id for f in found],
            subject_ids=[f.return_id for f in found],
            events=[code] * len(found),
            due_at=[None] * len(found),
            at=[f.at for f in found],
        )
        went = {(m.merchant_id, m.subject_id) for m in moved if m.outcome == "advanced"}
        used = [f for f in found if (f.merchant_id, f.return_id) in went]
        await apply_events(
            tx,
            merchant_ids=[f.merchant_id for f in used],
            return_ids=[f.return_id for f in used],
            vendors=[f.vendor for f in used],
            event_ids=[f.event_id for f in used],
        )
    await close_late(tx, merchant_ids=merchant_ids, return_ids=return_ids)


def _read(
    events: Sequence[VendorEvent], zone: str
) -> tuple[dict[int, str], dict[int, tuple[dict[str, str], datetime]]]:
    """Return the answers to what cannot be read, and grades and time of what can, by position."""
    answers: dict[int, str] = {}
    readable: dict[int, tuple[dict[str, str], datetime]] = {}
    for i, event in enumerate(events):
        at = read_time(event.occurred_at, zone)
        grades = read_grades(event.detail) if event.code == "graded" else {}
        if event.code not in CODES:
            answers[i] = "unknown_code"
        elif at is None:
            answers[i] = "unreadable_time"
        elif grades is None:
            answers[i] = "unreadable_grade"
        else:
            readable[i] = (grades, at)
    return answers, readable
