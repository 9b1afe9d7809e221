"""Effects that are known because they were put there."""

import math

import pytest

from penstock.experience.drivers.effects import adjusted_effect
from penstock.experience.drivers.learners import linear, logistic
from penstock.experience.drivers.sensitivity import (
    e_value,
    e_value_of_difference,
    e_value_of_ratio,
)
from penstock.kernel.errors import Invalid

np = pytest.importorskip("numpy", reason="driver analysis needs the extra 'analysis'")


def drawn(seed, rows=1500, effect=-1.5, more_where_busy=0.0):
    """A busy week makes orders late, and stars fall with it; lateness takes `effect` more."""
    rng = np.random.default_rng(seed)
    busy, far = rng.normal(size=(2, rows))
    chance = 1 / (1 + np.exp(-(busy + 0.5 * far - 1)))
    late = (rng.random(rows) < chance).astype(float)
    stars = 4 - busy + late * (effect + more_where_busy * busy) + rng.normal(size=rows)
    return stars, late, np.column_stack([busy, far]), late * busy


def test_the_adjusted_effect_is_the_true_one_and_the_raw_one_is_not():
    covered, errors = 0, []
    for seed in range(30):
        stars, late, covariates, _ = drawn(seed)
        found = adjusted_effect(stars, late, covariates, seed=seed)
        covered += found.low <= -1.5 <= found.high
        errors.append(found.effect + 1.5)
        assert found.raw < -2
    assert abs(np.mean(errors)) < 0.03
    assert covered >= 25
    assert found.std_error == pytest.approx(np.std(errors), rel=0.5)


def test_right_if_only_one_of_the_two_models_is_right():
    def blind(covariates, outcome):
        return lambda rows: np.full(len(rows), outcome.mean())

    for models in ({"outcome_model": blind}, {"treatment_model": blind}):
        errors = []
        for seed in range(12):
            stars, late, covariates, _ = drawn(seed, rows=3000)
            errors.append(adjusted_effect(stars, late, covariates, seed=1, **models).effect + 1.5)
        assert abs(np.mean(errors)) < 0.06
    stars, late, covariates, _ = drawn(1, rows=3000)
    blinded = adjusted_effect(
        stars, late, covariates, seed=1, outcome_model=blind, treatment_model=blind
    )
    assert blinded.effect == pytest.approx(blinded.raw, abs=0.05), "with neither it is not right"


def test_on_the_treated_is_another_question():
    errors = []
    for seed in range(12):
        stars, late, covariates, busy_late = drawn(seed, more_where_busy=-0.8)
        truth = -1.5 - 0.8 * busy_late.sum() / late.sum()
        found = adjusted_effect(stars, late, covariates, seed=1, estimand="treated")
        on_all = adjusted_effect(stars, late, covariates, seed=1)
        assert found.effect < on_all.effect
        errors.append((found.effect - truth) / found.std_error)
    assert abs(np.mean(errors)) < 1


def test_an_effect_without_noise_has_no_error():
    def truth(rows, _):
        return lambda asked: 4 - asked[:, 0] - 1.5 * (rows[0, -1] if rows[:, -1].std() == 0 else 0)

    _, late, covariates, _ = drawn(1)
    covariates = np.column_stack([covariates, late])
    stars = 4 - covariates[:, 0] - 1.5 * late
    for estimand in ("all", "treated"):
        found = adjusted_effect(
            stars,
            late,
            covariates[:, :3],
            seed=1,
            estimand=estimand,
            outcome_model=truth,
            treatment_model=lambda _, told: lambda asked: np.full(len(asked), told.mean()),
        )
        assert found.effect == pytest.approx(-1.5)
        assert found.std_error == pytest.approx(0, abs=1e-9)


def test_no_row_is_judged_by_a_model_that_saw_it():
    stars, late, covariates, _ = drawn(1, rows=200)
    covariates = np.column_stack([covariates, np.arange(200)])
    seen = []

    def watched(rows, outcome):
        fitted = set(rows[:, -1])

        def predict(asked):
            seen.append(fitted & set(asked[:, -1]))
            return np.full(len(asked), outcome.mean())

        return predict

    adjusted_effect(stars, late, covariates, seed=1, outcome_model=watched, treatment_model=watched)
    assert len(seen) == 15
    assert not any(seen)


def test_the_same_seed_gives_the_same_answer():
    stars, late, covariates, _ = drawn(1)
    first, again = (adjusted_effect(stars, late, covariates, seed=7) for _ in range(2))
    assert first == again
    assert first != adjusted_effect(stars, late, covariates, seed=8)


def test_arms_that_hardly_overlap_are_told():
    rng = np.random.default_rng(1)
    busy = rng.normal(size=500)
    late = (busy > 0).astype(float)
    found = adjusted_effect(rng.normal(size=500), late, busy[:, None], seed=1)
    assert found.clipped_share > 0.3
    assert math.isfinite(found.effect)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"treated": np.full(100, 2.0)}, "0 or 1"),
        ({"treated": np.zeros(100)}, "only 0 rows are treated"),
        ({"treated": np.ones(100)}, "only 0 rows are untreated"),
        ({"outcome": np.full(100, np.nan)}, "outcome: missing"),
        ({"outcome": np.zeros(99)}, "one row for each"),
        ({"covariates": np.zeros(100)}, "one row for each"),
        ({"outcome": ["many"] * 100}, "must be numbers"),
        ({"outcome": np.zeros(100)}, "same in every row"),
        ({"folds": 1}, "folds"),
        ({"bound": 0.5}, "bound"),
    ],
)
def test_what_cannot_be_judged_is_refused(change, word):
    rng = np.random.default_rng(1)
    given = {
        "outcome": rng.normal(size=100),
        "treated": (np.arange(100) % 2).astype(float),
        "covariates": rng.normal(size=(100, 2)),
        "seed": 1,
    } | change
    with pytest.raises(Invalid, match=word):
        adjusted_effect(**given)


def test_a_logistic_model_finds_its_coefficients_and_stands_separation():
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(20_000, 2))
    log_odds = 0.5 + rows @ [1.0, -2.0]
    outcome = (rng.random(20_000) < 1 / (1 + np.exp(-log_odds))).astype(float)
    said = logistic(rows, outcome)(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
    assert np.log(said / (1 - said)) == pytest.approx([0.5, 1.5, -1.5], abs=0.12)
    apart = logistic(rows, (rows[:, 0] > 0).astype(float))(np.array([[-3.0, 0], [3.0, 0]]))
    assert 0 <= apart[0] < 0.01
    assert 0.99 < apart[1] <= 1


def test_a_linear_model_finds_its_coefficients_and_stands_a_constant():
    rows = np.random.default_rng(1).normal(size=(5000, 2))
    rows[:, 1] = 4
    said = linear(rows, 3 + 2 * rows[:, 0])(np.array([[0.0, 4.0], [1.0, 4.0]]))
    assert said == pytest.approx([3, 5], abs=0.01)


def test_e_values_of_the_published_example():
    """Breast-feeding and death by respiratory infection, RR 3.9 (1.8; 8.7): 7.26 and 3.00."""
    found = e_value_of_ratio(3.9, 1.8, 8.7)
    assert found.estimate == pytest.approx(7.26, abs=0.005)
    assert found.limit == pytest.approx(3.0, abs=0.005)


def test_e_values_know_their_edges():
    assert e_value(1.0) == 1.0
    assert e_value(0.5) == e_value(2.0)
    assert e_value_of_ratio(1.2, 0.9, 1.6).limit == 1.0
    assert e_value_of_ratio(0.5, 0.4, 0.8).limit == e_value(0.8)
    worse, better = (e_value_of_difference(by, 0.1, 2.0) for by in (-1.0, 1.0))
    assert worse.estimate == pytest.approx(better.estimate)
    assert worse.limit == pytest.approx(better.limit)
    assert e_value_of_difference(1.0, 0.0, 2.0).estimate == pytest.approx(e_value(math.exp(0.455)))
    assert e_value_of_difference(1e9, 1.0, 1.0).estimate > 1e100
    for ratio in (0.0, -1.0, math.inf, math.nan):
        with pytest.raises(Invalid):
            e_value(ratio)
    with pytest.raises(Invalid):
        e_value_of_ratio(2.0, 2.5, 3.0)
