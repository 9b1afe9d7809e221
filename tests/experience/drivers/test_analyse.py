"""Drivers from what the database knows: shares that add up, effects that were put in, reasons."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest

from penstock.experience.drivers import stage_model as stage_model_module
from penstock.experience.drivers.analyse import driver_data, drivers
from penstock.experience.drivers.fair_points import fair_points
from penstock.experience.drivers.known import KnownDelivery, MerchantWeek
from penstock.experience.drivers.lateness import ARM_MIN, lateness
from penstock.experience.drivers.stage_model import ROWS_MIN, stage_model
from penstock.experience.profiles.load import load
from penstock.experience.profiles.profile import ORDERS
from penstock.experience.scores.points import Count
from penstock.experience.scores.score import score
from penstock.kernel.errors import Invalid

T0 = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
LES = load("penstock_les")
COUNTS = {
    ORDERS: Count(numerator=0, denominator=200),
    "kept_orders": Count(numerator=3, denominator=200),
    "receipt_time": Count(numerator=18_000, denominator=200),
    "dispatched_in_time": Count(numerator=170, denominator=190),
    "transit_in_time": Count(numerator=150, denominator=180),
    "delivered_in_time": Count(numerator=160, denominator=180),
    "delivered_sound": Count(numerator=4, denominator=180),
}


def test_where_a_formula_only_adds_fair_points_are_the_lost_points():
    scored = score(LES, COUNTS)
    told = fair_points(LES, COUNTS)
    for part in scored.sub_processes:
        assert told[part.code] == pytest.approx(float(part.points_lost), abs=0.02)
    assert sum(told.values()) == pytest.approx(100 - float(scored.points), abs=0.02)


def test_without_a_score_there_is_nothing_to_share():
    with pytest.raises(Invalid):
        fair_points(LES, {ORDERS: Count(numerator=0, denominator=0)})


def delivery(draw, *, effect):
    """Evening orders are handed over late more often, and would have fewer stars anyway."""
    evening = draw.random() < 0.5
    late = draw.random() < (0.6 if evening else 0.2)
    stars = 4.5 - effect * late - 0.8 * evening + draw.gauss(0, 0.4)
    ordered = T0 + timedelta(days=draw.randrange(20), hours=12 if evening else 0)
    return KnownDelivery(
        merchant_id=1, market="US", ordered_at=ordered, accepted_at=ordered,
        dispatch_by_at=ordered + timedelta(days=2),
        dispatched_at=ordered + timedelta(days=3 if late else 1),
        transit_by_at=ordered + timedelta(days=30), delivered_at=ordered + timedelta(days=9),
        node_id=1, stars=round(stars), returned=False,
    )  # fmt: skip


def test_the_effect_that_was_put_in_is_found_and_not_the_plain_difference():
    draw = random.Random(7)
    told = lateness([delivery(draw, effect=1.5) for _ in range(1_500)], seed=1)
    by = {(one.treatment, one.outcome): one for one in told}
    found = by["late hand-over", "stars"].effect
    assert found.low < -1.5 < found.high
    assert found.raw < found.low, "evening orders would have had fewer stars anyway"
    assert by["slow transit", "stars"].effect is None
    assert f"{ARM_MIN} with" in by["slow transit", "stars"].because
    assert "the same for every order" in by["late hand-over", "returned"].because


def week(draw, merchant, number):
    """IT moves receipt, receipt moves picking, and so on down the chain."""
    it = draw.gauss(0, 1)
    receipt = 0.8 * it + draw.gauss(0, 0.5)
    pick = 0.7 * receipt + draw.gauss(0, 0.5)
    ship = 0.7 * pick + draw.gauss(0, 0.5)
    door = 0.7 * ship + draw.gauss(0, 0.5)

    def share(value):
        return 0.8 + 0.03 * value + draw.gauss(0, 0.005)

    return MerchantWeek(
        merchant_id=merchant, week=date(2026, 1, 5) + timedelta(weeks=number), orders=50,
        accepted_at_once=share(receipt), receipt_s=60 * 2 ** (-it), labelled_at_once=share(it),
        kept=share(receipt), dispatched_in_time=share(pick), hand_over_h=24 * 2 ** (-pick / 4),
        transit_in_time=share(ship), transit_h=72 * 2 ** (-ship / 4), delivered_in_time=share(door),
        sound=share(door),
    )  # fmt: skip


def test_the_chain_is_found_in_weeks_that_follow_it(monkeypatch):
    monkeypatch.setattr(stage_model_module, "_ROUNDS", 20)
    draw = random.Random(3)
    weeks = [week(draw, merchant, n) for merchant in range(6) for n in range(10)]
    told = stage_model(weeks, {}, seed=1)
    assert told.because == ""
    assert told.rows == len(weeks)
    paths = {(p.source, p.target): p.coefficient for p in told.paths}
    assert paths["it_infrastructure", "order_receipt"] > 0.6
    assert paths["ship_and_transport", "order_delivery"] > 0.6
    assert "service_quality: none of its indicators varies" in told.left_out
    quality = {m: {"timeliness": 4 + m / 3, "order_quality": 4 + m / 4} for m in range(6)}
    asked = stage_model(weeks, quality, seed=1)
    assert ("service_quality", "order_delivery") in {(p.source, p.target) for p in asked.paths}


def test_too_few_weeks_are_said_to_be_too_few():
    draw = random.Random(3)
    told = stage_model([week(draw, 1, n) for n in range(ROWS_MIN - 1)], {}, seed=1)
    assert not told.paths
    assert f"{ROWS_MIN} are needed" in told.because
    assert stage_model([], {}, seed=1).because


async def test_an_empty_database_is_an_answer(tx):
    data = await driver_data(tx, LES, None, weeks=4, as_of=T0)
    told = drivers(data, LES, {}, weeks=4)
    assert told.fair_points == ()
    assert all(one.because for one in told.lateness)
    assert told.stages.because
    with pytest.raises(Invalid):
        await driver_data(tx, LES, None, weeks=0, as_of=T0)
