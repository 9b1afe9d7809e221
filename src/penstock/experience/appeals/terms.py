"""Until when an appeal may be filed and must be answered, and for which reasons: as data."""

from datetime import UTC, datetime, time, timedelta
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

import msgspec

from penstock.experience.profiles.profile import Profile
from penstock.experience.profiles.working_days import ends


class Terms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a channel's appeals are bound to; `profiles` is how the codes of its profiles begin.

    An order may be appealed for `file_days` after it began to cost points, and once more for
    `again_days` after it was refused (0: never). An answer is due at the end of the
    `answer_days`-th working day of `calendar`. `assumed` marks what the source does not publish.
    """

    profiles: str
    file_days: int
    again_days: int
    answer_days: int
    calendar: str
    source: str
    assumed: bool = False


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reason that channels know."""

    code: str
    title: str
    source: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    terms: tuple[Terms, ...]
    scenario: tuple[Scenario, ...]


@cache
def _file() -> _File:
    text = resources.files(__package__).joinpath("terms.toml").read_bytes()
    return msgspec.toml.decode(text, type=_File)


def terms_of(profile: str) -> Terms:
    """Return the terms of the profile with this code: the most particular ones that fit."""
    fitting = [terms for terms in _file().terms if profile.startswith(terms.profiles)]
    return max(fitting, key=lambda terms: len(terms.profiles))


def scenarios() -> dict[str, str]:
    """Return the reasons for which an appeal may be filed, by code, with their titles."""
    return {scenario.code: scenario.title for scenario in _file().scenario}


def answer_by(terms: Terms, profile: Profile, filed_at: datetime) -> datetime:
    """Return when an appeal must be answered: the end of a working day on the profile's clock."""
    zone = ZoneInfo(profile.time_zone)
    day = filed_at.astimezone(zone).date()
    (further,) = ends(terms.calendar, terms.answer_days, day, day)
    after = day + timedelta(days=further + 1)
    return datetime.combine(after, time(), zone).astimezone(UTC)
