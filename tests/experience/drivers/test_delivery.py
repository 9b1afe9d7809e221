"""What is known at the door, as numbers."""

import math
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.experience.drivers.delivery import (
    GROUPS,
    RISING,
    Delivery,
    Place,
    distance_km,
    features,
)
from penstock.experience.drivers.shapley import SUB_PROCESSES
from penstock.experience.drivers.stars import stars_by_delay

START = datetime(2026, 3, 1, tzinfo=UTC)
LEAST = Delivery(
    order_ref="o",
    shopper="s",
    merchant="m",
    sku="k",
    ordered_at=START,
    paid_at=None,
    handed_over_at=None,
    delivered_at=START + timedelta(days=6),
    first_dispatch_by_at=None,
    dispatch_by_at=None,
    deliver_by_at=START + timedelta(days=4),
    units=2,
    skus=1,
    merchants=1,
    categories=1,
    price_minor=4000,
    dearest_minor=2000,
    freight_minor=1000,
)


def test_every_feature_has_one_group_and_the_sub_processes_are_there():
    names = [name for group in GROUPS.values() for name in group]
    assert list(features(LEAST)) == names
    assert len(set(names)) == len(names)
    assert set(names) >= RISING
    assert set(GROUPS) > set(SUB_PROCESSES)


def test_clocks_become_days():
    told = features(
        msgspec.structs.replace(
            LEAST,
            paid_at=START + timedelta(hours=12),
            handed_over_at=START + timedelta(days=3),
            first_dispatch_by_at=START + timedelta(days=1),
            dispatch_by_at=START + timedelta(days=2),
        )
    )
    assert told["delay_days"] == told["delay_dates"] == 2
    assert (told["total_days"], told["promise_days"], told["total_to_promise"]) == (6, 4, 1.5)
    assert (told["approval_days"], told["hand_over_days"]) == (0.5, 2.5)
    assert (told["dispatch_delay_days"], told["first_dispatch_delay_days"]) == (1, 2)
    assert (told["transport_days"], told["carrier_window_days"]) == (3, 1)
    assert told["dispatch_promise_days"] == 2


def test_what_is_unknown_is_no_number():
    told = features(LEAST)
    unknown = {name for name, value in told.items() if math.isnan(value)}
    assert unknown == {
        *("approval_days", "dispatch_promise_days", "hand_over_days", "dispatch_delay_days"),
        *("first_dispatch_delay_days", "transport_days", "carrier_window_days", "distance_km"),
        *("days_to_distance", "origin_latitude", "origin_longitude", "destination_latitude"),
        *("destination_longitude", "weight_g", "volume_cm3", "density", "freight_to_weight"),
        *("photos", "title_characters", "description_characters", "paid_minor", "instalments"),
        *("payments", "surcharge_minor"),
    }
    assert told["freight_to_price"] == 0.25


def test_a_free_article_has_no_share_of_freight():
    told = features(msgspec.structs.replace(LEAST, price_minor=0))
    assert math.isnan(told["freight_to_price"])


def test_stars_and_reviews_are_no_features():
    reviewed = msgspec.structs.replace(LEAST, stars=1, reviewed_at=START + timedelta(days=9))
    assert str(features(reviewed)) == str(features(LEAST))


def test_distances():
    equator, north = Place(0, 0), Place(90, 0)
    assert distance_km(equator, Place(0, 1)) == pytest.approx(111.195, abs=0.001)
    assert distance_km(equator, north) == pytest.approx(10_007.5, abs=0.1)
    assert math.isnan(distance_km(None, north))


@given(*[st.floats(-90, 90), st.floats(-180, 180)] * 2)
def test_a_distance_is_the_same_both_ways_and_at_most_half_round(a, b, c, d):
    there, back = distance_km(Place(a, b), Place(c, d)), distance_km(Place(c, d), Place(a, b))
    assert there == pytest.approx(back, abs=1e-6)
    assert 0 <= there <= 20_016


def late_by(days: float, stars: int | None) -> Delivery:
    delivered_at = LEAST.deliver_by_at + timedelta(days=days)
    return msgspec.structs.replace(LEAST, delivered_at=delivered_at, stars=stars)


def test_buckets_hold_their_upper_edge():
    found = {
        (bucket.over_days, bucket.to_days): bucket
        for bucket in stars_by_delay(
            [late_by(-10, 5), late_by(0, 4), late_by(0.001, 2), late_by(2, 3), late_by(11, None)]
        )
    }
    assert found[None, -10].mean == 5
    assert found[None, -10].std_error is None
    assert found[-2, 0].mean == 4
    assert (found[0, 2].reviews, found[0, 2].mean, found[0, 2].std_error) == (2, 2.5, 0.5)
    assert (found[10, None].reviews, found[10, None].mean) == (0, None)
