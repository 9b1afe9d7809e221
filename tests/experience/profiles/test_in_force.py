"""One profile judges a channel's orders to a market on a day; two never do."""

from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.experience.profiles.in_force import in_force, overlaps, shipped_profiles, version_of
from penstock.experience.profiles.load import load
from penstock.experience.profiles.profile import Profile

SHIPPED = shipped_profiles()


@pytest.mark.parametrize(
    ("channel", "market", "day", "code"),
    [
        ("tiktok_shop", "US", date(2026, 11, 1), "tiktok_shop_us"),
        ("tiktok_shop", "GB", date(2026, 11, 1), "tiktok_shop_uk"),
        ("tiktok_shop", "VN", date(2026, 11, 1), "tiktok_shop_sea"),
        ("tiktok_shop", "FR", date(2026, 11, 1), None),
        ("tiktok_shop", "US", date(2025, 10, 22), None),
        ("douyin", "CN", date(2026, 5, 6), "douyin_2026_02"),
        ("douyin", "CN", date(2026, 5, 7), "douyin_2026_05"),
        ("douyin", "CN", date(2026, 9, 7), "douyin_2026_05"),
        ("douyin", "CN", date(2026, 9, 8), "douyin_2026_09"),
        ("amazon", "DE", date(2026, 11, 1), "amazon"),
        ("shopee", "SG", date(2026, 11, 1), "shopee"),
        ("", "US", date(2026, 11, 1), None),
        ("shopify", "US", date(2026, 11, 1), None),
    ],
)
def test_which_profile_is_in_force(channel: str, market: str, day: date, code: str | None) -> None:
    found = in_force(SHIPPED, channel, market, day)
    assert (found.code if found else None) == code


def test_a_family_has_one_version_a_day() -> None:
    for day, code in ((date(2026, 5, 6), "douyin_2026_02"), (date(2027, 1, 1), "douyin_2026_09")):
        found = version_of(SHIPPED, "douyin", day)
        assert found is not None
        assert found.code == code
    assert version_of(SHIPPED, "douyin", date(2020, 1, 1)) is None


def test_what_we_ship_does_not_overlap() -> None:
    assert not list(overlaps(SHIPPED))


def test_an_overlap_says_what_to_do() -> None:
    old, new = load("douyin_2026_05"), load("douyin_2026_09")
    early = msgspec.structs.replace(new, effective_from=date(2026, 9, 1))
    ((_, _, what),) = overlaps([old, early])
    assert "both in force from 2026-09-01 to 2026-09-07: end one" in what
    elsewhere = msgspec.structs.replace(early, markets=("SG",))
    assert not list(overlaps([old, elsewhere]))
    another = msgspec.structs.replace(early, family="other", channel="")
    assert not list(overlaps([old, another]))


DAYS = st.dates(date(2026, 1, 1), date(2026, 1, 12))


@st.composite
def version(draw: st.DrawFn) -> Profile:
    first = draw(DAYS)
    last = draw(st.none() | st.dates(first, date(2026, 1, 14)))
    return msgspec.structs.replace(
        SHIPPED[0],
        family=draw(st.sampled_from(["", "a"])),
        channel=draw(st.sampled_from(["", "x", "y"])),
        markets=draw(st.sampled_from([(), ("GB",), ("GB", "US"), ("VN",)])),
        effective_from=first,
        effective_to=last,
    )


@given(st.lists(version(), max_size=3), st.sampled_from(["GB", "US", "VN", "FR"]), DAYS)
def test_without_overlaps_a_day_has_one_answer(
    profiles: list[Profile], market: str, day: date
) -> None:
    for channel in ("x", "y"):
        ruling = [
            p
            for p in profiles
            if p.channel == channel and p.in_force(day) and (not p.markets or market in p.markets)
        ]
        if not list(overlaps(profiles)):
            assert len(ruling) <= 1
        assert in_force(profiles, channel, market, day) == (ruling[0] if ruling else None)
