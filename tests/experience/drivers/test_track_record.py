"""A track record is what was known at the time, and not a moment more."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.experience.drivers.track_record import Past, bad_share_before

START = datetime(2026, 3, 1, tzinfo=UTC)
hours = st.integers(0, 100).map(lambda n: START + timedelta(hours=n))
pasts = st.lists(st.builds(Past, st.sampled_from("ab"), hours, st.booleans()), max_size=30)
asked = st.lists(st.tuples(st.sampled_from("abc"), hours), max_size=10)


@given(pasts, asked)
def test_it_is_the_drawn_share_of_what_was_known_before(found, asked):
    shares = bad_share_before(found, asked, prior=0.2, weight=4)
    for (key, at), share in zip(asked, shares, strict=True):
        known = [past.bad for past in found if past.key == key and past.known_at < at]
        assert share == pytest.approx((sum(known) + 0.8) / (len(known) + 4))


@given(pasts, hours)
def test_what_becomes_known_later_changes_nothing(found, at):
    then = [past for past in found if past.known_at < at]
    asked = [("a", at), ("b", at)]
    whole, known = (bad_share_before(p, asked, prior=0.1, weight=2) for p in (found, then))
    assert whole == known


def test_an_unknown_key_has_the_common_share():
    assert bad_share_before([], [("new", START)], prior=0.13, weight=5) == [pytest.approx(0.13)]
