"""When something happened, from the text that a vendor wrote; where no offset stands, by its zone.

A local time that is taken for UTC is wrong by hours, and so is every score that is built on it.
"""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

ZoneSource = Literal["offset", "vendor"]

_TIMED = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}[Tt ][0-9]{2}[0-9:.,]*(?:[Zz]|[+-][0-9:]{2,8})?")


class Instant(msgspec.Struct, frozen=True):
    """An aware UTC time, and whether the text's own offset or the vendor's zone made it so."""

    at: datetime
    zone_source: ZoneSource


def instant(text: str, zone: str) -> Instant | None:
    """Read an ISO 8601 date and time of day; None where it is none.

    Without an offset it is a reading of the clocks in `zone` (an IANA name): one that comes twice,
    when clocks go back, is taken as the earlier; one that is skipped, when they go forward, is
    moved on by what was skipped (PEP 495, fold 0).
    """
    text = text.strip()
    if not _TIMED.fullmatch(text):
        return None
    try:
        told = datetime.fromisoformat(text.upper())
        if told.tzinfo is not None:
            return Instant(told.astimezone(UTC), "offset")
        clock = _clock(zone)
        return None if clock is None else Instant(_read(told, clock), "vendor")
    except (ValueError, OverflowError):
        return None


def _read(told: datetime, clock: ZoneInfo) -> datetime:
    return told.replace(tzinfo=clock, fold=0).astimezone(UTC)


@lru_cache(maxsize=512)
def _clock(zone: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        return None
