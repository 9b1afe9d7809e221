"""Record what brokers say of declarations, in whatever order and however often they say it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from penstock.customs.clearance import ClearancePorts, settle_clearance
from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.gateways.effects import VendorEvent
from penstock.gateways.read_event import CLOCK_SLACK, ReadEvent, Voice, read_event
from penstock.gateways.statuses import Vocabularies, shipped_vocabularies
from penstock.kernel.errors import NotFound
from penstock.lifecycle.advance import Subject

ClearanceOutcome = Literal[
    "recorded", "repeated", "unknown_declaration", "bad_time", "unknown_code"
]


class ClearanceAnswer(msgspec.Struct, frozen=True):
    """What became of one event: as for a parcel's, but `unknown_declaration`."""

    event_id: str
    outcome: ClearanceOutcome


class Heard(msgspec.Struct, frozen=True):
    """What became of the event at a place in the batch, and whose it is (0 where unknown)."""

    position: int
    outcome: ClearanceOutcome
    merchant_id: int
    parcel_id: int


@query
async def broker_voice(tx: Transaction, *, vendor: str) -> Voice | None:
    """Find how a broker speaks."""


@query
async def store_clearance_events(
    tx: Transaction,
    *,
    vendor: str,
    event_ids: list[str],
    references: list[str],
    codes: list[str],
    statuses: list[str],
    faults: list[str],
    reasons: list[str],
    details: list[str],
    occurred_at: list[datetime | None],
    local_times: list[str],
    zone_sources: list[str],
    earliest: timedelta,
    now: datetime,
) -> list[Heard]:
    """Store what is new."""


async def record_clearance(
    tx: Transaction,
    vendor: str,
    events: Sequence[VendorEvent],
    now: datetime,
    *,
    ports: ClearancePorts,
    vocabularies: Vocabularies | None = None,
) -> list[ClearanceAnswer]:
    """Store a broker's events about its declarations and move the parcels; one answer each.

    `about` is the declaration's reference. An event that comes before we know that the broker has
    lodged it is stored, and heard when we do.

    Raises:
        NotFound: there is no such vendor.

    """
    speaks = await broker_voice(tx, vendor=vendor)
    if speaks is None:
        raise NotFound(f"There is no vendor {vendor!r}.")
    book = shipped_vocabularies() if vocabularies is None else vocabularies
    read = [read_event(event, speaks, book, now) for event in events]
    rows = await _store(tx, vendor, read, now)
    touched = {Subject(row.merchant_id, row.parcel_id) for row in rows if row.outcome == "recorded"}
    parcels = sorted(touched, key=lambda parcel: (parcel.merchant_id, parcel.subject_id))
    await settle_clearance(tx, parcels, now, ports=ports)
    return [ClearanceAnswer(events[row.position].event_id, row.outcome) for row in rows]


async def _store(
    tx: Transaction, vendor: str, events: Sequence[ReadEvent], now: datetime
) -> list[Heard]:
    return await store_clearance_events(
        tx,
        vendor=vendor,
        event_ids=[event.event_id for event in events],
        references=[event.about for event in events],
        codes=[event.code for event in events],
        statuses=[event.status for event in events],
        faults=[event.fault for event in events],
        reasons=[event.reason for event in events],
        details=[event.detail for event in events],
        occurred_at=[event.at for event in events],
        local_times=[event.local_time for event in events],
        zone_sources=[event.zone_source for event in events],
        earliest=CLOCK_SLACK,
        now=now,
    )
