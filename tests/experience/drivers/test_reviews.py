"""Risks of bad reviews: honest folds, no look ahead, and the public history where it is here."""

import itertools
import os
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.experience.drivers.delivery import Delivery, Place
from penstock.experience.drivers.folds import deal
from penstock.experience.drivers.olist_deliveries import read_deliveries
from penstock.experience.drivers.reviews import (
    judged,
    judged_by_others,
    judged_by_the_past,
    narrowed,
    risk,
    table,
)
from penstock.experience.drivers.stars import stars_by_delay
from penstock.kernel.errors import Invalid

np = pytest.importorskip("numpy", reason="driver analysis needs the extra 'analysis'")
SHARED = Path(os.environ.get("PENSTOCK_SHARED") or Path(__file__).parents[3] / "../shared")
REAL = SHARED / "bench/olist_sample"
START = datetime(2026, 3, 1, tzinfo=UTC)


def delivery(number: int, delay_days: float = -3.0, stars: int | None = 5, **more) -> Delivery:
    ordered_at = START + timedelta(hours=number)
    delivered_at = ordered_at + timedelta(days=10 + delay_days)
    return Delivery(
        **{
            "order_ref": f"o{number}",
            "shopper": f"s{number}",
            "merchant": f"m{number % 7}",
            "sku": f"k{number % 11}",
            "ordered_at": ordered_at,
            "paid_at": ordered_at + timedelta(hours=1),
            "handed_over_at": ordered_at + timedelta(days=2),
            "delivered_at": delivered_at,
            "first_dispatch_by_at": ordered_at + timedelta(days=3),
            "dispatch_by_at": ordered_at + timedelta(days=3),
            "deliver_by_at": ordered_at + timedelta(days=10),
            "units": 1,
            "skus": 1,
            "merchants": 1,
            "categories": 1,
            "price_minor": 5000 + 10 * (number % 13),
            "dearest_minor": 5000,
            "freight_minor": 900,
            "origin": Place(-23.5, -46.6),
            "destination": Place(-22.9, -43.2),
            "stars": stars,
            "reviewed_at": delivered_at + timedelta(days=1) if stars else None,
        }
        | more
    )


def drawn(seed: int, count: int = 900, told: bool = True) -> list[Delivery]:
    """Late ones are reviewed badly if `told`; otherwise stars are dice."""
    rng = random.Random(seed)
    found = []
    for number in range(count):
        delay = rng.gauss(-2, 4)
        bad = rng.random() < (0.75 if told and delay > 0 else 0.1 if told else 0.25)
        found.append(delivery(number, delay, rng.choice((1, 2)) if bad else 5))
    return found


@pytest.fixture
def lightgbm():
    return pytest.importorskip("lightgbm", reason="the model needs the extra 'analysis'")


def test_lateness_is_found(lightgbm):
    whole = table(drawn(1))
    found = judged(whole.bad, judged_by_others(whole, seed=1))
    assert found.auc > 0.75
    assert 0.01 < found.std_error < 0.04


@pytest.mark.parametrize("history", [False, True])
def test_dice_are_not_foretold(lightgbm, history):
    """Anything that leaks from a held-out review would show here."""
    whole = table(drawn(2, told=False))
    found = judged(whole.bad, judged_by_others(whole, seed=1, history=history))
    assert abs(found.auc - 0.5) < 3 * found.std_error


@pytest.mark.parametrize("history", [False, True])
def test_a_risk_does_not_know_its_own_review(lightgbm, history):
    whole = table(drawn(3, 400))
    rows, asked = np.arange(300), np.arange(300, 400)
    first = risk(whole, rows, asked, seed=1, history=history)
    bad = whole.bad.copy()
    bad[asked] = ~bad[asked]
    other = msgspec.structs.replace(whole, bad=bad)
    assert (risk(other, rows, asked, seed=1, history=history) == first).all()
    bad[rows] = ~bad[rows]
    assert (risk(other, rows, asked, seed=1, history=history) != first).any()


def test_later_is_never_less_risky(lightgbm):
    learnt = drawn(4, 600)
    asked = [delivery(10, day / 2) for day in range(-16, 40)]
    whole = table([*learnt, *asked])
    risks = risk(whole, np.arange(600), np.arange(600, len(whole.bad)), seed=1, history=False)
    assert (np.diff(risks) >= -1e-12).all()
    assert risks[-1] > 2 * risks[0]


def test_the_same_seed_gives_the_same_risks(lightgbm):
    whole = table(drawn(5, 300))
    first, again = (judged_by_others(whole, seed=3) for _ in range(2))
    assert (first == again).all()


def test_the_past_is_judged_by_what_was_known_then(lightgbm):
    deliveries = drawn(6)
    whole = table(deliveries)
    assert judged_by_the_past(whole, seed=1).auc > 0.7
    alone = judged_by_the_past(whole, seed=1, by="delay_days")
    assert alone.auc > 0.7
    unknown = [
        msgspec.structs.replace(d, reviewed_at=START + timedelta(days=900)) for d in deliveries
    ]
    with pytest.raises(Invalid, match="both good and bad"):
        judged_by_the_past(table(unknown), seed=1)


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=40).filter(
        lambda rows: len({bad for bad, _ in rows}) == 2
    )
)
def test_the_auc_is_the_share_of_pairs_won(rows):
    bad = np.array([one for one, _ in rows])
    risks = np.array([float(value) for _, value in rows])
    pairs = list(itertools.product(risks[bad], risks[~bad]))
    won = sum((a > b) + (a == b) / 2 for a, b in pairs) / len(pairs)
    found = judged(bad, risks)
    assert found.auc == pytest.approx(won)
    upside_down = judged(bad, -risks)
    assert upside_down.auc == pytest.approx(1 - won)
    assert upside_down.std_error == pytest.approx(found.std_error)


def test_the_error_of_an_auc_is_what_samples_show():
    rng = np.random.default_rng(1)
    bad = np.arange(400) < 80
    found = [judged(bad, rng.normal(size=400) + bad) for _ in range(300)]
    spread = np.std([one.auc for one in found])
    assert np.mean([one.std_error for one in found]) == pytest.approx(spread, rel=0.15)


@given(st.integers(0, 10_000), st.integers(2, 5))
def test_folds_are_even_and_keep_shoppers_together(seed, folds):
    labels = [number % 4 == 0 for number in range(60)]
    units = [number // 2 for number in range(60)]
    fold = deal(labels, units, folds=folds, seed=seed)
    assert all(len({*fold[at : at + 2].tolist()}) == 1 for at in range(0, 60, 2))
    marked = {unit for unit, label in zip(units, labels, strict=True) if label}
    for kind in (marked, set(units) - marked):
        sizes = [len({u for u in kind if fold[2 * u] == number}) for number in range(folds)]
        assert max(sizes) - min(sizes) <= 1


def test_too_few_bad_reviews_are_refused():
    whole = table([delivery(n) for n in range(20)])
    with pytest.raises(Invalid, match="too few for 5 folds"):
        judged_by_others(whole, seed=1)
    with pytest.raises(Invalid, match="both good and bad"):
        judged(whole.bad, np.zeros(20))
    with pytest.raises(Invalid, match="folds"):
        deal([True], [1], folds=1, seed=1)
    with pytest.raises(Invalid, match="no delivery has a review"):
        table([delivery(1, stars=None)])
    with pytest.raises(Invalid, match="no feature group 'weather'"):
        table([delivery(1)], ["weather"])


def test_a_narrowed_table_is_the_one_laid_out_so():
    deliveries = drawn(1, 30)
    narrow = narrowed(table(deliveries), ["order_receipt", "basket"])
    laid_out = table(deliveries, ["order_receipt", "basket"])
    assert narrow.names == laid_out.names
    assert np.array_equal(narrow.values, laid_out.values, equal_nan=True)


@pytest.fixture(scope="module")
def real() -> list[Delivery]:
    if not REAL.is_dir():
        pytest.skip("the public Olist sample is not here (PENSTOCK_SHARED)")
    deliveries, unread = read_deliveries(REAL)
    assert unread == 0
    return deliveries


def test_olists_bad_reviews_are_foretold(lightgbm, real):
    whole = table(real)
    assert len(whole.bad) == 5164
    delay = whole.values[:, whole.names.index("delay_days")]
    assert judged(whole.bad, delay).auc == pytest.approx(0.659, abs=0.001)
    assert judged(whole.bad, judged_by_others(whole, seed=20261111)).auc >= 0.74


def test_olists_stars_fall_with_the_delay(real):
    buckets = stars_by_delay(real)
    means = [bucket.mean for bucket in buckets]
    assert means == sorted(means, reverse=True)
    assert sum(bucket.reviews for bucket in buckets) == 5164
    full = [4.3225, 4.2782, 4.1574, 4.1410, 3.9169, 2.8093, 1.8917, 1.6995]
    for bucket, mean in zip(buckets, full, strict=True):
        assert abs(bucket.mean - mean) < 1.96 * bucket.std_error
