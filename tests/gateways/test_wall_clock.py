"""Times of vendors: an offset is exact, a wall clock is read in its zone, nonsense is nothing."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.gateways.wall_clock import instant

ZONES = [
    "UTC", "America/Chicago", "Europe/London", "Asia/Shanghai", "Australia/Lord_Howe",
    "Pacific/Apia", "Asia/Kolkata", "America/St_Johns",
]  # fmt: skip
EPOCH = datetime(1990, 1, 1, tzinfo=UTC)
moments = st.integers(0, 50 * 365 * 86_400).map(lambda s: EPOCH + timedelta(seconds=s))


@given(moments, st.sampled_from(ZONES), st.sampled_from(ZONES))
def test_an_offset_is_exact_whatever_the_vendors_zone(at, zone, vendors):
    text = at.astimezone(ZoneInfo(zone)).isoformat()
    read = instant(text, vendors)
    assert (read.at, read.zone_source) == (at, "offset")
    assert read.at.tzinfo is UTC


@given(moments, st.sampled_from(ZONES))
def test_a_wall_clock_gives_the_first_moment_at_which_it_showed_that(at, zone):
    clock = ZoneInfo(zone)
    text = at.astimezone(clock).replace(tzinfo=None).isoformat()
    read = instant(text, zone)
    assert read.zone_source == "vendor"
    assert read.at.astimezone(clock).replace(tzinfo=None).isoformat() == text
    assert read.at <= at
    if read.at != at:
        assert at - read.at <= timedelta(hours=24), "only a clock set back shows it twice"
        assert clock.utcoffset(at) < clock.utcoffset(read.at.astimezone(clock))


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "zone", "at"),
    [
        ("2026-11-01T01:30:00", "America/Chicago", utc(2026, 11, 1, 6, 30)),
        ("2026-03-08T02:30:00", "America/Chicago", utc(2026, 3, 8, 8, 30)),
        ("2026-03-29 01:15", "Europe/London", utc(2026, 3, 29, 1, 15)),
        ("20261120T100000+0800", "UTC", utc(2026, 11, 20, 2)),
        ("2026-11-20t10:00:00.250z", "Asia/Shanghai", utc(2026, 11, 20, 10, 0, 0, 250_000)),
        (" 2026-11-20T10:00 ", "Asia/Shanghai", utc(2026, 11, 20, 2)),
    ],
)
def test_folds_take_the_earlier_and_gaps_move_on(text, zone, at):
    assert instant(text, zone).at == at


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2026-11-20", "10:00", "2026-11-20\x0010:00", "2026-02-30T10:00",
     "2026-11-20T25:00", "2026-11-20T10:00+25:00", "0001-01-01T00:00+14:00", "9999-12-31T23:59",
     "2026-11-20T10:00 Europe/London", "1795082400", "٢٠٢٦-11-20T10:00"],
)  # fmt: skip
def test_nonsense_is_nothing(text):
    assert instant(text, "America/Chicago") is None


def test_an_unknown_zone_leaves_a_wall_clock_unread():
    assert instant("2026-11-20T10:00", "Middle/Earth") is None
    assert instant("2026-11-20T10:00Z", "../../etc/passwd") is not None
    assert instant("2026-11-20T10:00", "../../etc/passwd") is None


@given(st.text(), st.sampled_from(ZONES))
def test_no_text_raises(text, zone):
    instant(text, zone)
