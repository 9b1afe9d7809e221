"""What processors tell, in any order, late and twice."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.gateways.effects import VendorEvent
from penstock.gateways.statuses import Vocabularies, shipped_vocabularies
from penstock.kernel.errors import NotFound
from penstock.lifecycle.advance import Subject, advance
from penstock.returns.processor_event import STEPS, Told, read_event


class EventAnswer(msgspec.Struct, frozen=True):
    """What became of one event.

    `applied`; `held` until the return has come that far; `too_late`: it had gone on already;
    `repeated`; `noted`: nothing follows from it; `unknown_return`: this vendor has none of that
    reference. Not kept, so that a corrected one may have the same id: `unknown_code`, `bad_time`,
    `bad_grade` (none that we know, or a line is left out).
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


class Processor(msgspec.Struct, frozen=True):
    """How a vendor speaks: which vocabulary, and on which clock."""

    vocabulary: str
    zone: str


@query
async def processor(tx: Transaction, *, vendor: str) -> Processor | None:
    """Find how a vendor speaks."""


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
    tx: Transaction,
    vendor: str,
    events: Sequence[VendorEvent],
    now: datetime,
    *,
    vocabularies: Vocabularies | None = None,
) -> list[EventAnswer]:
    """Take a processor's events on topic `return`; one answer each, in their order.

    `about` is the reference under which the return was announced; `detail` of a grading is as
    `processor_event.read_grades` reads it. A grade that comes before the receipt is held, and
    applied when the receipt is known. The same event twice changes nothing.

    Raises:
        NotFound: there is no such vendor.

    """
    speaks = await processor(tx, vendor=vendor)
    if speaks is None:
        raise NotFound(f"There is no vendor {vendor!r}.")
    book = shipped_vocabularies() if vocabularies is None else vocabularies
    answers: dict[int, str] = {}
    read: list[tuple[int, Told]] = []
    for i, event in enumerate(events):
        told = read_event(event, speaks.vocabulary, speaks.zone, book, now)
        if isinstance(told, Told):
            read.append((i, told))
        else:
            answers[i] = told
    answers |= await _keep(tx, vendor, events, read, now)
    return [EventAnswer(event.event_id, answers[i]) for i, event in enumerate(events)]


async def _keep(
    tx: Transaction,
    vendor: str,
    events: Sequence[VendorEvent],
    read: Sequence[tuple[int, Told]],
    now: datetime,
) -> dict[int, str]:
    """Store and apply what could be read; return outcomes by position."""
    ids = [_storable(events[i].event_id) for i, _ in read]
    stored = await store_events(
        tx,
        vendor=vendor,
        event_ids=ids,
        references=[_storable(events[i].about) for i, _ in read],
        codes=[told.step for _, told in read],
        grades=[msgspec.json.encode(told.grades).decode() for _, told in read],
        occurred_at=[told.at for _, told in read],
        received_at=now,
    )
    fresh = [row for row in stored if row.fresh]
    await apply_held(tx, [Subject(r.merchant_id, r.return_id) for r in fresh], now)
    kept = await outcomes(tx, vendor=vendor, event_ids=[ids[row.position] for row in fresh])
    became = {answer.event_id: answer.outcome for answer in kept}
    answers = {i: "unknown_return" for i, _ in read}
    for row in stored:
        outcome = became.get(ids[row.position], "bad_grade") if row.fresh else "repeated"
        answers[read[row.position][0]] = outcome
    return answers


def _storable(text: str) -> str:
    """Replace what PostgreSQL cannot hold in a text."""
    return text.replace("\0", "�")


async def apply_held(tx: Transaction, subjects: Sequence[Subject], now: datetime) -> None:
    """Apply the held events of returns, as far as their statuses allow."""
    merchant_ids = [s.merchant_id for s in subjects]
    return_ids = [s.subject_id for s in subjects]
    for code in STEPS if subjects else ():
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
