"""Shares that add up, treat equals equally, and give nothing to who brings nothing."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.experience.drivers.shapley import (
    PARTS_MAX,
    SUB_PROCESSES,
    r_squared_shares,
    shares,
)
from penstock.kernel.errors import Invalid

SUBSETS = 2 ** len(SUB_PROCESSES)
worths = st.lists(st.floats(-100, 100), min_size=SUBSETS, max_size=SUBSETS)


def game(values):
    def value(some):
        return values[sum(1 << SUB_PROCESSES.index(part) for part in some)]

    return value


@given(worths)
def test_shares_add_up_to_the_whole(values):
    found = shares(SUB_PROCESSES, game(values))
    assert sum(found.values()) == pytest.approx(values[-1] - values[0], abs=1e-9)


@given(worths, worths)
def test_shares_of_a_sum_are_sums_of_shares(first, second):
    one, other = shares(SUB_PROCESSES, game(first)), shares(SUB_PROCESSES, game(second))
    both = shares(SUB_PROCESSES, game([a + b for a, b in zip(first, second, strict=True)]))
    assert both == pytest.approx({part: one[part] + other[part] for part in one}, abs=1e-9)


@given(worths)
def test_equals_get_the_same_and_idlers_nothing(values):
    first, second, idler = SUB_PROCESSES[:3]

    def value(some):
        alike = (first in some) + (second in some)
        return values[alike + 3 * (SUB_PROCESSES[3] in some)]

    found = shares(SUB_PROCESSES, value)
    assert found[first] == pytest.approx(found[second], abs=1e-9)
    assert found[idler] == pytest.approx(0, abs=1e-9)


def test_the_airport_game_has_its_closed_form():
    """Littlechild & Owen 1973: a runway's stretch is shared by those who need it."""
    costs = {"small": 3.0, "middle": 8.0, "large": 20.0}
    found = shares(list(costs), lambda some: max((costs[one] for one in some), default=0.0))
    assert found == pytest.approx({"small": 1.0, "middle": 3.5, "large": 15.5})


def test_each_subset_is_asked_once():
    asked = []
    shares(SUB_PROCESSES, lambda some: asked.append(some) or 0.0)
    assert len(asked) == len(set(asked)) == SUBSETS


@pytest.mark.parametrize("parts", [[], ["a", "a"], list(range(PARTS_MAX + 1))])
def test_no_parts_repeated_parts_and_too_many_are_refused(parts):
    with pytest.raises(Invalid):
        shares(parts, lambda _: 0.0)


def drawn(seed, rows=400):
    rng = random.Random(seed)
    receipt = [rng.gauss(0, 1) for _ in range(rows)]
    pick = [0.5 * r + rng.gauss(0, 1) for r in receipt]
    idle = [rng.gauss(0, 1) for _ in range(rows)]
    outcome = [r + 2 * p + rng.gauss(0, 1) for r, p in zip(receipt, pick, strict=True)]
    return outcome, {"receipt": {"r": receipt}, "pick": {"p": pick}, "idle": {"i": idle}}


def test_r_squared_is_shared_out_wholly():
    outcome, groups = drawn(1)
    found = r_squared_shares(outcome, groups)
    np = pytest.importorskip("numpy", reason="compared with numpy's least squares")
    design = np.array([np.ones(len(outcome)), *(c for g in groups.values() for c in g.values())]).T
    left = outcome - design @ np.linalg.lstsq(design, np.array(outcome), rcond=None)[0]
    whole = 1 - (left @ left) / (len(outcome) * np.var(outcome))
    assert sum(found.values()) == pytest.approx(whole)
    assert found["pick"] > found["receipt"] > 0.05
    assert 0 <= found["idle"] < 0.02


def test_uncorrelated_predictors_get_their_own_r_squared():
    a, b = [1, -1, 1, -1] * 5, [1, 1, -1, -1] * 5
    outcome = [3 * x + y for x, y in zip(a, b, strict=True)]
    found = r_squared_shares(outcome, {"a": {"x": a}, "b": {"x": b}})
    assert found == pytest.approx({"a": 0.9, "b": 0.1})


def test_a_group_of_two_is_one_part():
    outcome, groups = drawn(2)
    together = {"both": groups["receipt"] | groups["pick"], "idle": groups["idle"]}
    apart = r_squared_shares(outcome, groups)
    found = r_squared_shares(outcome, together)
    assert sum(found.values()) == pytest.approx(sum(apart.values()))
    assert found["both"] > apart["pick"]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"idle": {"i": [1.0] * 400}}, "idle.i is constant"),
        ({"idle": {"i": [1.0] * 399 + [float("nan")]}}, "not a number"),
        ({"idle": {"i": [1.0, 2.0]}}, "one number for each"),
    ],
)
def test_predictors_that_say_nothing_are_refused(change, word):
    outcome, groups = drawn(3)
    with pytest.raises(Invalid, match=word):
        r_squared_shares(outcome, groups | change)


def test_repeated_predictors_and_few_rows_are_refused():
    outcome, groups = drawn(4)
    twin = {"twin": {"t": [2 * value + 1 for value in groups["pick"]["p"]]}}
    with pytest.raises(Invalid, match="repeats"):
        r_squared_shares(outcome, groups | twin)
    short = {g: {n: c[:4] for n, c in held.items()} for g, held in groups.items()}
    with pytest.raises(Invalid, match="too few"):
        r_squared_shares(outcome[:4], short)
