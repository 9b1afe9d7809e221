"""Ends of working days: one pass over a calendar comes to what stepping day by day does."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.experience.profiles.working_days import EVERY_DAY, WEEKDAYS, ends
from penstock.kernel.calendar import Calendar, add_working_days
from penstock.kernel.errors import Invalid

CALENDARS = {
    EVERY_DAY: Calendar(country="", zone="UTC"),
    WEEKDAYS: Calendar(country="", zone="UTC", weekend=frozenset({5, 6})),
    "GB-ENG": Calendar(country="GB-ENG", zone="UTC"),
    "VN": Calendar(country="VN", zone="UTC"),
    "SA": Calendar(country="SA", zone="UTC"),
}


@given(
    st.sampled_from(sorted(CALENDARS)),
    st.integers(0, 12),
    st.dates(date(2019, 1, 1), date(2032, 12, 31)),
    st.integers(0, 40),
)
def test_each_day_ends_where_stepping_from_it_ends(
    name: str, days: int, first: date, span: int
) -> None:
    from_first = [first + timedelta(days=n) for n in range(span + 1)]
    stepped = [add_working_days(CALENDARS[name], day, days) for day in from_first]
    assert ends(name, days, first, from_first[-1]) == [(day - first).days for day in stepped]


def test_a_name_that_is_no_calendar_is_refused() -> None:
    with pytest.raises(Invalid):
        ends("nowhere", 1, date(2026, 1, 1), date(2026, 1, 2))
