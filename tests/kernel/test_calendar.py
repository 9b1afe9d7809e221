from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.kernel.calendar import (
    Calendar,
    add_working_days,
    end_of_day,
    is_working,
    local_day,
    next_working,
    past,
)
from penstock.kernel.errors import Invalid

ZONES = (
    "Africa/Cairo",  # clocks change at midnight
    "America/Havana",  # sets back from 01:00 to midnight
    "America/New_York",
    "America/Nuuk",  # the last hour of a Saturday is missing
    "America/Sao_Paulo",  # set back from midnight to 23:00
    "America/St_Johns",  # set back at 00:01, so a date came twice
    "Asia/Ho_Chi_Minh",
    "Asia/Kathmandu",
    "Asia/Shanghai",
    "Australia/Lord_Howe",  # half an hour of daylight saving
    "Etc/GMT+12",
    "Europe/London",
    "Pacific/Apia",  # no 30 December 2011
    "Pacific/Chatham",
    "Pacific/Kiritimati",  # UTC+14; no 31 December 1994
    "Pacific/Kwajalein",  # no 21 August 1993
)
COUNTRIES = ("", "US", "GB", "GB-ENG", "DE-BY", "CN", "VN", "SA", "NP", "BN", "IR", "JP")
DAY = timedelta(days=1)
GRID = timedelta(minutes=15)


def reading(zone: str, at: datetime) -> datetime:
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@lru_cache(maxsize=20_000)
def oracle_past(zone: str, wall: datetime) -> datetime:
    """Walk back until the clock reads earlier than `wall`; no fold is shorter than the grid."""
    at = wall.replace(tzinfo=UTC) + timedelta(hours=30)
    while reading(zone, at) >= wall:
        at -= GRID
    later = at + GRID
    while reading(zone, later - timedelta(seconds=1)) >= wall:
        later -= timedelta(seconds=1)
    return later


@lru_cache(maxsize=20_000)
def oracle_exists(zone: str, day: date) -> bool:
    start = datetime.combine(day, time(0), UTC) - 2 * DAY
    return any(reading(zone, start + n * GRID).date() == day for n in range(5 * 96))


@lru_cache(maxsize=2_000)
def oracle_holidays(country: str, year: int) -> holidays.HolidayBase:
    code, _, region = country.partition("-")
    return holidays.country_holidays(
        code, subdiv=region or None, years=range(year - 1, year + 2), expand=False
    )


def oracle_is_working(calendar: Calendar, day: date) -> bool:
    if day in calendar.closures or not oracle_exists(calendar.zone, day):
        return False
    if not calendar.country:
        return calendar.weekend is None or day.weekday() not in calendar.weekend
    public = oracle_holidays(calendar.country, day.year)
    weekend = public._get_weekend(day) if calendar.weekend is None else calendar.weekend
    if day.weekday() in weekend and day not in public.weekend_workdays:
        return False
    if day.weekday() in weekend and calendar.weekend is None:
        return True
    return day not in public


def oracle_add(calendar: Calendar, day: date, days: int) -> date:
    left = days
    if left == 0:
        while not oracle_is_working(calendar, day):
            day += DAY
    while left:
        day += DAY
        left -= oracle_is_working(calendar, day)
    return day


@lru_cache
def changes(zone: str) -> tuple[date, ...]:
    """Every UTC day between 1980 and 2037 on which the zone's offset changes."""
    clock = ZoneInfo(zone)
    days = [datetime(1980, 1, 1, tzinfo=UTC) + n * DAY for n in range(57 * 365)]
    offsets = [at.astimezone(clock).utcoffset() for at in days]
    return tuple(
        at.date() for at, old, new in zip(days, offsets, offsets[1:], strict=False) if old != new
    )


@st.composite
def awkward_days(draw: st.DrawFn, zone: str) -> date:
    kinds = [
        st.dates(date(1975, 1, 2), date(2070, 12, 31)),
        st.sampled_from([date(year, 2, 29) for year in range(1976, 2070, 4)]),
        st.sampled_from([date(year, 12, 31) for year in range(1975, 2070)]),
    ]
    if changes(zone):
        kinds += [st.sampled_from(changes(zone))] * 3
    return draw(st.one_of(kinds)) + draw(st.integers(-2, 2)) * DAY


walls = st.one_of(
    st.sampled_from([time(0), time(0, 0, 30), time(0, 30), time(1, 45), time(2, 30)]),
    st.sampled_from([time(14), time(16), time(23, 0, 1), time(23, 30), time(23, 59, 59)]),
    st.times().map(lambda wall: wall.replace(microsecond=0)),
)


@st.composite
def calendars(draw: st.DrawFn, zone: str, near: date) -> Calendar:
    return Calendar(
        country=draw(st.sampled_from(COUNTRIES)),
        zone=zone,
        cut_off=draw(walls),
        closures=frozenset(
            near + n * DAY for n in draw(st.frozensets(st.integers(-3, 12), max_size=5))
        ),
        weekend=draw(st.sampled_from([None, None, frozenset(), frozenset({6}), frozenset({4, 5})])),
    )


@given(st.data(), st.sampled_from(ZONES), walls)
def test_a_local_time_is_past_when_the_oracle_says_so(
    data: st.DataObject, zone: str, wall: time
) -> None:
    day = data.draw(awkward_days(zone))
    calendar = Calendar(country="", zone=zone)
    assert past(calendar, day, wall) == oracle_past(zone, datetime.combine(day, wall))


@given(st.data(), st.sampled_from(ZONES))
def test_a_day_ends_with_the_last_second_that_reads_its_date(
    data: st.DataObject, zone: str
) -> None:
    day = data.draw(awkward_days(zone))
    end = end_of_day(Calendar(country="", zone=zone), day)
    assert end + timedelta(seconds=1) == oracle_past(zone, datetime.combine(day + DAY, time(0)))
    assert (reading(zone, end).date() == day) == oracle_exists(zone, day)


@given(st.data(), st.sampled_from(ZONES), st.integers(0, 9))
def test_working_days_are_those_of_naive_stepping(
    data: st.DataObject, zone: str, days: int
) -> None:
    day = data.draw(awkward_days(zone))
    calendar = data.draw(calendars(zone, day))
    assert is_working(calendar, day) == oracle_is_working(calendar, day)
    assert next_working(calendar, day) == oracle_add(calendar, day, 1)
    assert add_working_days(calendar, day, days) == oracle_add(calendar, day, days)


@given(st.data(), st.sampled_from(ZONES), st.integers(0, 5), st.integers(1, 5))
def test_counting_on_is_counting_once(
    data: st.DataObject, zone: str, first: int, second: int
) -> None:
    day = data.draw(awkward_days(zone))
    calendar = data.draw(calendars(zone, day))
    start = add_working_days(calendar, day, 0)
    halfway = add_working_days(calendar, start, first)
    assert add_working_days(calendar, halfway, second) == add_working_days(
        calendar, start, first + second
    )


@pytest.mark.parametrize(
    ("country", "day", "works"),
    [
        ("US", date(2026, 7, 3), False),  # Independence Day falls on a Saturday
        ("US", date(2027, 12, 31), False),  # New Year of 2028 falls on a Saturday
        ("GB", date(2026, 8, 31), True),  # a bank holiday of England only
        ("GB-ENG", date(2026, 8, 31), False),
        ("CN", date(2026, 10, 10), True),  # a Saturday worked for the National Day week
        ("SA", date(2026, 11, 20), False),  # a Friday
        ("SA", date(2026, 11, 22), True),  # a Sunday
        ("VN", date(2028, 2, 29), True),
        ("", date(2026, 12, 25), True),
    ],
)
def test_known_days(country: str, day: date, *, works: bool) -> None:
    assert is_working(Calendar(country=country, zone="UTC"), day) is works


def test_a_node_s_own_weekend_replaces_the_country_s() -> None:
    works_saturdays = Calendar(country="CN", zone="Asia/Shanghai", weekend=frozenset({6}))
    assert is_working(works_saturdays, date(2026, 11, 21))
    assert not is_working(works_saturdays, date(2026, 11, 22))
    assert is_working(works_saturdays, date(2026, 9, 20))  # a Sunday worked for National Day
    assert not is_working(works_saturdays, date(2026, 10, 1))
    assert not is_working(
        Calendar(country="", zone="UTC", weekend=frozenset({6})), date(2026, 11, 22)
    )


@pytest.mark.parametrize(
    ("zone", "day", "end"),
    [
        ("Pacific/Kiritimati", date(2026, 12, 31), datetime(2026, 12, 31, 9, 59, 59, tzinfo=UTC)),
        ("Etc/GMT+12", date(2026, 12, 31), datetime(2027, 1, 1, 11, 59, 59, tzinfo=UTC)),
        ("America/New_York", date(2026, 3, 8), datetime(2026, 3, 9, 3, 59, 59, tzinfo=UTC)),
        ("America/New_York", date(2026, 11, 1), datetime(2026, 11, 2, 4, 59, 59, tzinfo=UTC)),
        ("America/Nuuk", date(2026, 3, 28), datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC)),
        ("America/St_Johns", date(2006, 10, 28), datetime(2006, 10, 29, 3, 29, 59, tzinfo=UTC)),
        ("Pacific/Apia", date(2011, 12, 30), datetime(2011, 12, 30, 9, 59, 59, tzinfo=UTC)),
    ],
)
def test_known_ends(zone: str, day: date, end: datetime) -> None:
    assert end_of_day(Calendar(country="", zone=zone), day) == end


def test_the_day_that_a_zone_skipped_is_not_worked() -> None:
    apia = Calendar(country="", zone="Pacific/Apia")
    assert not is_working(apia, date(2011, 12, 30))
    assert add_working_days(apia, date(2011, 12, 29), 1) == date(2011, 12, 31)


def test_the_local_day_is_the_clock_s_own() -> None:
    at = datetime(2026, 12, 31, 11, tzinfo=UTC)
    assert local_day(Calendar(country="", zone="Pacific/Kiritimati"), at) == date(2027, 1, 1)
    assert local_day(Calendar(country="", zone="Etc/GMT+12"), at) == date(2026, 12, 30)


def test_a_calendar_without_a_working_day_is_refused() -> None:
    never = Calendar(country="US", zone="America/New_York", weekend=frozenset(range(7)))
    with pytest.raises(Invalid, match="fewer closures"):
        next_working(never, date(2026, 1, 2))


@pytest.mark.parametrize("country", ["ZZ", "vn", "VNM", "GB-XX", "GB-", " ", "../VN"])
def test_an_unknown_country_is_refused(country: str) -> None:
    with pytest.raises(Invalid, match="ISO 3166") as refusal:
        Calendar(country=country, zone="UTC")
    assert refusal.value.errors[0].pointer == "/country"


@pytest.mark.parametrize("zone", ["Nowhere", "", "Europe", "../etc/passwd", "/UTC", "\0"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(Invalid, match="IANA") as refusal:
        Calendar(country="VN", zone=zone)
    assert refusal.value.errors[0].pointer == "/zone"
