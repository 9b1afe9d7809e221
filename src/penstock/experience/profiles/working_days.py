"""Business calendars by name: on which day so many working days after another one end."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from penstock.kernel.calendar import Calendar, add_working_days, is_working
from penstock.kernel.errors import Invalid

EVERY_DAY: Final = "every_day"
WEEKDAYS: Final = "weekdays"
DAYS_MAX: Final = 366
"""More working days than this are no deadline."""

_SATURDAY_SUNDAY: Final = frozenset({5, 6})


def is_calendar(name: str) -> bool:
    """Tell whether there is a calendar of that name.

    `every_day`, `weekdays` (Monday to Friday), or an ISO 3166 code such as `VN` or `GB-ENG`, whose
    weekends and public holidays are left out.
    """
    try:
        _calendar(name)
    except Invalid:
        return False
    return bool(name)


def ends(name: str, days: int, first: date, last: date) -> list[int]:
    """Return, for each day from `first` to `last`, where its `days`-th working day after it lies.

    Both are counted in days from `first`. As one array it lets a statement look deadlines up by
    subtraction, whatever holidays there are.

    Raises:
        Invalid: no such calendar.

    """
    calendar = _calendar(name)
    until = add_working_days(calendar, last, days)
    worked = [at for at, day in enumerate(_span(first, until)) if is_working(calendar, day)]
    found, passed = [], 0
    for at in range((last - first).days + 1):
        today = passed < len(worked) and worked[passed] == at
        passed += today
        found.append(at if today and not days else worked[passed + max(days, 1) - 1])
    return found


@lru_cache(maxsize=64)
def _calendar(name: str) -> Calendar:
    if name == EVERY_DAY:
        return Calendar(country="", zone="UTC")
    if name == WEEKDAYS:
        return Calendar(country="", zone="UTC", weekend=_SATURDAY_SUNDAY)
    return Calendar(country=name, zone="UTC")


def _span(first: date, last: date) -> Iterator[date]:
    for n in range((last - first).days + 1):
        yield first + timedelta(days=n)
