"""Record what carriers say, in whatever order and however often they say it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.gateways.effects import VendorEvent
from penstock.gateways.read_event import CLOCK_SLACK, ReadEvent, Voice, read_event
from penstock.gateways.statuses import Vocabularies, shipped_vocabularies
from penstock.kernel.errors import NotFound
from penstock.lifecycle.advance import Subject
from penstock.tracking.catch_up import RANKS, Depart, catch_up, lock_standings

EventOutcome = Literal["recorded", "repeated", "unknown_parcel", "bad_time", "unknown_code"]


class EventAnswer(msgspec.Struct, frozen=True):
    """What became of one event.

    `recorded`; `repeated`: known by its id, the first word stands; `unknown_parcel`: this carrier
    has no such tracking number; `bad_time`: not a time, or one that cannot be (more than a day
    ahead, or before the label); `unknown_code`: stored, and taken up when it is sent again after
    the code has come into the vendor's vocabulary.
    """

    event_id: str
    outcome: EventOutcome


class Recorded(msgspec.Struct, frozen=True):
    """What became of the event at a place in the batch, and whose it is (0 where unknown)."""

    position: int
    outcome: EventOutcome
    merchant_id: int
    parcel_id: int


@query
async def voice(tx: Transaction, *, vendor: str) -> Voice | None:
    """Find how a vendor speaks."""


@query
async def store_events(
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


async def record_events(
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
    speaks = await voice(tx, vendor=vendor)
    if speaks is None:
        raise NotFound(f"There is no vendor {vendor!r}.")
    book = shipped_vocabularies() if vocabularies is None else vocabularies
    read = [read_event(event, speaks, book, now) for event in events]
    await lock_standings(tx, vendor=vendor, tracking_numbers=[event.about for event in read])
    rows = await _store(tx, vendor, read, now)
    touched = {Subject(row.merchant_id, row.parcel_id) for row in rows if row.outcome == "recorded"}
    parcels = sorted(touched, key=lambda parcel: (parcel.merchant_id, parcel.subject_id))
    await catch_up(tx, parcels, now, depart=depart)
    return [EventAnswer(events[row.position].event_id, row.outcome) for row in rows]


async def _store(
    tx: Transaction, vendor: str, events: Sequence[ReadEvent], now: datetime
) -> list[Recorded]:
    return await store_events(
        tx,
        vendor=vendor,
        event_ids=[event.event_id for event in events],
        tracking_numbers=[event.about for event in events],
        codes=[event.code for event in events],
        statuses=[event.status for event in events],
        ranks=[RANKS.get(event.status, 0) for event in events],
        faults=[event.fault for event in events],
        reasons=[event.reason for event in events],
        places=[event.place for event in events],
        details=[event.detail for event in events],
        occurred_at=[event.at for event in events],
        local_times=[event.local_time for event in events],
        zone_sources=[event.zone_source for event in events],
        earliest=CLOCK_SLACK,
        now=now,
    )
