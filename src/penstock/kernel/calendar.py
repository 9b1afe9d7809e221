"""The working days of a node or a market, and the instants at which its local days end.

A day is a local date; an instant is an aware UTC datetime. Where a clock is changed, local time
jumps (a gap, which can swallow a whole date) or repeats (a fold). One rule covers both: a local
time is over once no later instant reads earlier than it.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
import msgspec

from penstock.kernel.errors import FieldError, Invalid

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_SEARCH_DAYS = 366


class Calendar(msgspec.Struct, frozen=True, kw_only=True):
    """When a node or a market works, and on whose clock.

    `country` is ISO 3166-1 alpha-2 or, where public holidays are regional, ISO 3166-2
    ("GB-ENG"); empty means that every day counts. `zone` is an IANA name, `cut_off` a local time
    of day. `closures` are shut besides the public holidays. `weekend` (0 is Monday) replaces the
    country's, because a warehouse may work on the Saturday of an office.

    Raises:
        Invalid: the country or the zone is unknown.

    """

    country: str
    zone: str
    cut_off: time = time(0)
    closures: frozenset[date] = frozenset()
    weekend: frozenset[int] | None = None

    def __post_init__(self) -> None:
        if not _known_country(self.country):
            raise _invalid("country", self.country, "an ISO 3166 code such as 'VN' or 'GB-ENG'")
        if not _known_zone(self.zone):
            raise _invalid("zone", self.zone, "an IANA time zone such as 'Asia/Shanghai'")


def is_working(calendar: Calendar, day: date) -> bool:
    """Tell whether `day` is worked: it exists and is no weekend, public holiday or closure.

    A zone that moves across the date line skips a date: Apia had no 30 December 2011.
    """
    return (
        day not in calendar.closures
        and day not in _days_off(calendar.country, calendar.weekend, day.year)
        and day not in _skipped_days(calendar.zone, day.year)
    )


def next_working(calendar: Calendar, day: date) -> date:
    """Return the first working day after `day`.

    Raises:
        Invalid: none follows within a year, so the calendar cannot be meant.

    """
    last = day + _SEARCH_DAYS * _DAY
    while day < last:
        day += _DAY
        if is_working(calendar, day):
            return day
    raise Invalid(f"No working day in the year before {last}: give fewer closures or weekend days.")


def add_working_days(calendar: Calendar, day: date, days: int) -> date:
    """Return the `days`-th working day after `day`; for 0, `day` itself or the next working day.

    Raises:
        Invalid: the calendar has a year without a working day.

    """
    assert days >= 0, "deadlines are counted forwards"
    if days == 0 and not is_working(calendar, day):
        return next_working(calendar, day)
    for _ in range(days):
        day = next_working(calendar, day)
    return day


def end_of_day(calendar: Calendar, day: date) -> datetime:
    """Return the last second of the local `day`, 23:59:59 on an ordinary one, in UTC.

    For a date that its zone skipped, this is the last second before the skip.
    """
    return past(calendar, day + _DAY, time(0)) - _SECOND


def past(calendar: Calendar, day: date, wall: time) -> datetime:
    """Return the first UTC instant from which no clock reads earlier than `wall` on `day`.

    In a fold the second reading counts: an order beside a repeated cut-off gets the earlier of
    the two deadlines, and meeting that one is right on either reading. In a gap it is the jump.
    """
    return _past(calendar.zone, datetime.combine(day, wall))


def local_day(calendar: Calendar, at: datetime) -> date:
    """Return the date that the calendar's clock shows at the instant `at`."""
    return at.astimezone(ZoneInfo(calendar.zone)).date()


@lru_cache(maxsize=8192)
def _past(zone: str, wall: datetime) -> datetime:
    return _search_past(ZoneInfo(zone), wall)


def _search_past(zone: ZoneInfo, wall: datetime) -> datetime:
    before = wall - _SECOND
    early = before.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if _reading(zone, early) == before:
        return early + _SECOND
    # PEP 495: inside a gap, fold=1 lies before the jump and fold=0 after it
    late = before.replace(tzinfo=zone, fold=0).astimezone(UTC)
    while late - early > _SECOND:
        middle = early + (late - early) // _SECOND // 2 * _SECOND
        if _reading(zone, middle) < wall:
            early = middle
        else:
            late = middle
    return late


def _reading(zone: ZoneInfo, at: datetime) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)


# Building a year takes the library a thousand times as long as looking a day up.
@lru_cache(maxsize=1024)
def _days_off(country: str, weekend: frozenset[int] | None, year: int) -> frozenset[date]:
    if not country:
        return frozenset(day for day in _days_of(year) if day.weekday() in (weekend or ()))
    public = _holidays(country, year)
    if weekend is None:
        return frozenset(day for day in _days_of(year) if not public.is_working_day(day))
    return frozenset(
        day
        for day in _days_of(year)
        if day in public or (day.weekday() in weekend and day not in public.weekend_workdays)
    )


@lru_cache(maxsize=1024)
def _skipped_days(zone: str, year: int) -> frozenset[date]:
    clock = ZoneInfo(zone)
    midnight = time(0)
    return frozenset(
        day
        for day in _days_of(year)
        if _reading(clock, _search_past(clock, datetime.combine(day + _DAY, midnight)) - _SECOND)
        < datetime.combine(day, midnight)
    )


def _days_of(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + n * _DAY for n in range((date(year + 1, 1, 1) - first).days)]


def _holidays(country: str, year: int) -> holidays.HolidayBase:
    code, _, subdivision = country.partition("-")
    return holidays.country_holidays(code, subdiv=subdivision or None, years=year)


@lru_cache(maxsize=1024)
def _known_country(country: str) -> bool:
    if not country:
        return True
    if not re.fullmatch(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", country):
        return False
    try:
        _holidays(country, 2000)
    except NotImplementedError:
        return False
    return True


@lru_cache(maxsize=1024)
def _known_zone(zone: str) -> bool:
    try:
        return ZoneInfo(zone).key == zone
    except (KeyError, ValueError, OSError):
        return False


def _invalid(field: str, value: str, wanted: str) -> Invalid:
    detail = f"{field} {value!r} is unknown: give {wanted}."
    return Invalid(detail, errors=(FieldError(f"/{field}", f"unknown_{field}", detail),))
