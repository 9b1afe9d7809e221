"""Record what carriers say, in whatever order and however often they say it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.gateways.effects import VendorEvent
from penstock.gateways.statuses import Meaning, Vocabularies, meaning, shipped_vocabularies
from penstock.gateways.wall_clock import Instant, instant
from penstock.kernel.errors import NotFound
from penstock.lifecycle.advance import Subject
from penstock.tracking.catch_up import RANKS, Depart, catch_up, lock_standings

EventOutcome = Literal["recorded", "repeated", "unknown_parcel", "bad_time", "unknown_code"]

_SLACK = timedelta(hours=24)
_UNKNOWN = Meaning(event="unknown")


class EventAnswer(msgspec.Struct, frozen=True):
    """What became of one event.

    `recorded`; `repeated`: known by its id, the first word stands; `unknown_parcel`: this carrier
    has no such tracking number; `bad_time`: not a time, or one that cannot be (more than a day
    ahead, or before the label); `unknown_code`: stored, and taken up when it is sent again after
    the code has come into the vendor's vocabulary.
    """

    event_id: str
    outcome: EventOutcome


class Speaker(msgspec.Struct, frozen=True):
    """How a vendor speaks: which vocabulary, and on which clock."""

    vocabulary: str
    zone: str


class Recorded(msgspec.Struct, frozen=True):
    """What became of the event at a place in the batch, and whose it is (0 where unknown)."""

    position: int
    outcome: EventOutcome
    merchant_id: int
    parcel_id: int


class _Read(msgspec.Struct, frozen=True):
    """An event in our words; `at` is None where its time makes no sense."""

    event: VendorEvent
    meaning: Meaning
    at: Instant | None


@query
async def speaker(tx: Transaction, *, vendor: str) -> Speaker | None:
    """Find how a vendor speaks."""


@query
async def record_events(
    tx: Transaction,
    *,
    vendor: str,
    event_ids: list[str],
    tracking_numbers: list[str],
    codes: list[str],
    statuses: list[str],
    ranks: list[int],
    faults: list[str],
    reasons: list[str],
    places: list[str],
    details: list[str],
    occurred_at: list[datetime | None],
    local_times: list[str],
    zone_sources: list[str],
    earliest: timedelta,
    now: datetime,
) -> list[Recorded]:
    """Store what is new, and bring each parcel's standing up to the furthest that was said."""


async def record_parcel_events(
    tx: Transaction,
    vendor: str,
    events: Sequence[VendorEvent],
    now: datetime,
    *,
    depart: Depart,
    vocabularies: Vocabularies | None = None,
) -> list[EventAnswer]:
    """Store a carrier's events about its parcels and move the parcels; one answer each, in order.

    A parcel's status follows the furthest-going of all its events (`catch_up`), so that doubled,
    late and disordered ones end where the ordered ones do. `depart` hands over a parcel that its
    carrier has and nobody recorded as handed over.

    Raises:
        NotFound: there is no such vendor.

    """
    speaks = await speaker(tx, vendor=vendor)
    if speaks is None:
        raise NotFound(f"There is no vendor {vendor!r}.")
    book = shipped_vocabularies() if vocabularies is None else vocabularies
    read = [_read(_storable(event), speaks, book, now) for event in events]
    await lock_standings(tx, vendor=vendor, tracking_numbers=[r.event.about for r in read])
    rows = await _store(tx, vendor, read, now)
    touched = {Subject(row.merchant_id, row.parcel_id) for row in rows if row.outcome == "recorded"}
    await catch_up(
        tx, sorted(touched, key=lambda s: (s.merchant_id, s.subject_id)), now, depart=depart
    )
    return [EventAnswer(events[row.position].event_id, row.outcome) for row in rows]


def _read(event: VendorEvent, speaks: Speaker, book: Vocabularies, now: datetime) -> _Read:
    at = instant(event.occurred_at, speaks.zone)
    if at is not None and at.at > now + _SLACK:
        at = None
    found = meaning(book, speaks.vocabulary, event.topic, event.code)
    return _Read(event, found or _UNKNOWN, at)


def _storable(event: VendorEvent) -> VendorEvent:
    """Replace what PostgreSQL cannot hold in a text."""
    texts = {
        field: value.replace("\0", "�")
        for field, value in msgspec.structs.asdict(event).items()
        if "\0" in value
    }
    return msgspec.structs.replace(event, **texts) if texts else event


async def _store(
    tx: Transaction, vendor: str, read: Sequence[_Read], now: datetime
) -> list[Recorded]:
    return await record_events(
        tx,
        vendor=vendor,
        event_ids=[r.event.event_id for r in read],
        tracking_numbers=[r.event.about for r in read],
        codes=[r.event.code for r in read],
        statuses=[r.meaning.event for r in read],
        ranks=[RANKS.get(r.meaning.event, 0) for r in read],
        faults=[r.meaning.fault for r in read],
        reasons=[r.meaning.reason for r in read],
        places=[r.event.place for r in read],
        details=[r.event.detail for r in read],
        occurred_at=[None if r.at is None else r.at.at for r in read],
        local_times=[r.event.occurred_at for r in read],
        zone_sources=["offset" if r.at is None else r.at.zone_source for r in read],
        earliest=_SLACK,
        now=now,
    )
