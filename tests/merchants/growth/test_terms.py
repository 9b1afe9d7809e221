"""The most particular policy in force applies to an order."""

from datetime import UTC, date, datetime, timedelta

import pytest

from penstock.merchants.growth.policy import Capacity, Hold, Merge, Reservation
from penstock.merchants.growth.policy_file import shipped_policies
from penstock.merchants.growth.terms import Terms, held_until

HOUR = timedelta(hours=1)
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SAID = {"code": "c", "effective_from": date(2026, 1, 1), "source": "ours"}


def minutes(n):
    return timedelta(minutes=n)


def test_a_channels_hold_goes_before_that_of_every_channel_and_the_longer_wins():
    terms = Terms(
        holds=(Hold(minutes=5, **SAID), Hold(channel="tiktok_shop", minutes=60, **SAID),
               Hold(channel="tiktok_shop", minutes=7, **SAID)),
    )  # fmt: skip
    assert terms.hold("tiktok_shop", minutes(0)) == HOUR
    assert terms.hold("tiktok_shop", 2 * HOUR) == 2 * HOUR
    assert terms.hold("shopify", minutes(0)) == minutes(5)
    assert Terms().hold("tiktok_shop", minutes(3)) == minutes(3)


def test_a_hold_counts_from_the_payment():
    assert held_until(NOW - minutes(10), HOUR, NOW) == NOW + minutes(50)
    assert held_until(NOW - HOUR, HOUR, NOW) is None
    assert held_until(NOW, minutes(0), NOW) is None


def reservation(n, **about):
    return Reservation(minutes=n, **(SAID | about))


@pytest.mark.parametrize(
    ("channel", "stream", "expected"),
    [
        ("web", "", 1), ("web", "night", 3), ("web", "day", 2), ("shopify", "", 4),
        ("shopify", "day", 2), ("shopify", "night", 3), ("pos", "", 0),
    ],
)  # fmt: skip
def test_reservations_by_stream_then_place_then_channel(channel, stream, expected):
    terms = Terms(
        reservations=(
            reservation(1),
            reservation(2, placed="in_stream"),
            reservation(3, placed="in_stream", stream="night"),
            reservation(4, channel="shopify"),
            reservation(0, channel="pos"),
        )
    )
    assert terms.reservation(channel, stream) == minutes(expected)


def test_without_policies_nothing_changes():
    none = Terms()
    assert none.reservation("web", "night") == minutes(0)
    assert none.merge_window("tiktok_shop") == minutes(0)
    assert none.capacity("web") is None


def test_by_default_only_streams_reserve_the_unpaid_and_only_tiktok_merges():
    shipped = shipped_policies()
    terms = Terms(
        capacities=tuple(p for p in shipped if isinstance(p, Capacity)),
        reservations=tuple(p for p in shipped if isinstance(p, Reservation)),
        merges=tuple(p for p in shipped if isinstance(p, Merge)),
    )
    assert terms.reservation("web", "night") == minutes(15)
    assert terms.reservation("web", "") == minutes(0)
    assert terms.merge_window("tiktok_shop") == HOUR
    assert terms.merge_window("web") == minutes(0)
    assert terms.capacity("web") is not None
