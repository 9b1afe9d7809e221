"""A vendor's event in our words and on our clock; nothing that a vendor writes can raise."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from penstock.gateways.effects import VendorEvent
from penstock.gateways.statuses import Meaning, Vocabularies, meaning
from penstock.gateways.wall_clock import ZoneSource, instant

CLOCK_SLACK: Final = timedelta(hours=24)
"""How far a vendor's time may lie on the wrong side of what is possible: a clock or a zone may be
wrong, and a day is more than any zone is wide."""

UNKNOWN: Final = "unknown"
"""The status of an event whose code is in no vocabulary."""


class Voice(msgspec.Struct, frozen=True):
    """How a vendor speaks: which vocabulary, and on which clock (an IANA zone)."""

    vocabulary: str
    zone: str


class ReadEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What an event says. `at` is None where its time cannot be read, or lies ahead of us."""

    event_id: str
    about: str
    code: str
    status: str
    fault: str
    reason: str
    place: str
    detail: str
    at: datetime | None
    local_time: str
    zone_source: ZoneSource


def read_event(
    event: VendorEvent, voice: Voice, vocabularies: Vocabularies, now: datetime
) -> ReadEvent:
    """Put `event` into our words; NUL, which PostgreSQL cannot hold, becomes U+FFFD."""
    found = meaning(vocabularies, voice.vocabulary, event.topic, event.code)
    known = found or Meaning(event=UNKNOWN)
    time = instant(event.occurred_at, voice.zone)
    if time is not None and time.at > now + CLOCK_SLACK:
        time = None
    return ReadEvent(
        event_id=_storable(event.event_id),
        about=_storable(event.about),
        code=_storable(event.code),
        status=known.event,
        fault=known.fault,
        reason=known.reason,
        place=_storable(event.place),
        detail=_storable(event.detail),
        at=None if time is None else time.at,
        local_time=_storable(event.occurred_at),
        zone_source="offset" if time is None else time.zone_source,
    )


def _storable(text: str) -> str:
    return text.replace("\0", "\ufffd")
