"""Scores of a questionnaire: reversed items, gaps, reliability, and who ticked one column."""

import random
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.experience.drivers.questionnaire import shipped
from penstock.experience.drivers.survey import (
    Ignored,
    complete_columns,
    cronbach_alpha,
    score,
)
from penstock.kernel.errors import Invalid

ASKED = shipped()
ITEMS = {item.code: item for item in ASKED.items("merchant")}
CODES = list(ITEMS)
FIRST = CODES[:3]
replies = st.fixed_dictionaries({code: st.none() | st.integers(1, 7) for code in CODES})


def by_code(survey):
    return {dimension.code: dimension for dimension in survey.dimensions}


def consistent(good):
    """Answer as somebody does who finds everything `good` out of 7."""
    return {code: 8 - good if item.reversed else good for code, item in ITEMS.items()}


def test_reversed_items_are_turned_and_the_scale_becomes_points():
    survey = score(ASKED, "merchant", [consistent(7), consistent(1), consistent(6)])
    for dimension in survey.dimensions:
        assert dimension.respondents == 3
        assert dimension.mean == pytest.approx(14 / 3)
        assert dimension.points == pytest.approx(100 * (14 / 3 - 1) / 6)
        assert dimension.cronbach_alpha == pytest.approx(1)
        assert dimension.reliable
        assert [item.mean for item in dimension.items] == pytest.approx([14 / 3] * 3)
        assert [item.rest_correlation for item in dimension.items] == pytest.approx([1.0] * 3)
    assert survey.scores[0]["timeliness"] == 7


def test_a_dimension_is_scored_from_half_of_its_items_on():
    one, two = dict.fromkeys(CODES), dict.fromkeys(CODES)
    one[FIRST[0]] = 6
    two |= {FIRST[0]: 6, FIRST[2]: 1}
    survey = score(ASKED, "merchant", [one, two])
    assert survey.scores[0]["information_quality"] is None
    assert survey.scores[1]["information_quality"] == 6.5
    found = by_code(survey)["information_quality"]
    assert (found.respondents, found.mean, found.std_error) == (1, 6.5, None)
    assert (found.cronbach_alpha, found.reliable) == (None, None)
    assert [item.answered for item in found.items] == [2, 0, 1]
    nothing = by_code(survey)["timeliness"]
    assert (nothing.respondents, nothing.mean, nothing.points) == (0, None, None)


def test_no_answers_are_no_scores():
    survey = score(ASKED, "shopper", [])
    assert survey.respondents == 0
    assert {dimension.mean for dimension in survey.dimensions} == {None}


@pytest.mark.parametrize("value", [0, 8, -1, 3.5, "4", True])
def test_an_answer_off_the_scale_counts_as_left_out(value):
    survey = score(ASKED, "merchant", [consistent(5), consistent(5) | {FIRST[0]: value}])
    assert survey.ignored == [Ignored(1, FIRST[0], "off_the_scale")]
    assert by_code(survey)["information_quality"].items[0].answered == 1


def test_an_unknown_item_is_told():
    survey = score(ASKED, "merchant", [{"s_time_1": 4}])
    assert survey.ignored == [Ignored(0, "s_time_1", "unknown_item")]


def test_who_ticks_one_column_is_set_aside_unless_undecided():
    column, undecided = dict.fromkeys(CODES, 7), dict.fromkeys(CODES, 4)
    survey = score(ASKED, "merchant", [column, undecided, consistent(6)])
    assert survey.straight_lined == [0]
    assert set(survey.scores[0].values()) == {None}
    assert set(survey.scores[1].values()) == {4}
    assert by_code(survey)["timeliness"].mean == 5


def test_alpha_by_hand():
    assert cronbach_alpha([[1, 2], [2, 4], [3, 3], [4, 7]]) == pytest.approx(
        2 * (1 - (5 / 3 + 14 / 3) / 11)
    )
    assert cronbach_alpha([[1, 1], [2, 2]]) is None
    assert cronbach_alpha([[1], [2], [3]]) is None
    assert cronbach_alpha([[1, 3], [2, 2], [3, 1]]) is None, "the sum does not vary"


def test_noise_is_not_reliable_and_one_cause_is():
    rng = random.Random(1)
    noise, caused = [], []
    for _ in range(300):
        noise.append({code: rng.randint(1, 7) for code in CODES})
        good = rng.uniform(1, 7)
        near = {code: min(7, max(1, round(good + rng.gauss(0, 0.7)))) for code in CODES}
        caused.append({c: 8 - v if ITEMS[c].reversed else v for c, v in near.items()})
    assert not any(d.reliable for d in score(ASKED, "merchant", noise).dimensions)
    assert all(d.reliable for d in score(ASKED, "merchant", caused).dimensions)
    unturned = [{c: 8 - v if c == FIRST[2] else v for c, v in one.items()} for one in caused]
    misread = by_code(score(ASKED, "merchant", unturned))["information_quality"]
    assert misread.items[2].rest_correlation < 0
    assert not misread.reliable


@settings(max_examples=30)
@given(st.lists(replies, max_size=4))
def test_scores_stay_on_the_scale_and_agree_with_their_mean(answers):
    survey = score(ASKED, "merchant", answers)
    for dimension in survey.dimensions:
        own = [row[dimension.code] for row in survey.scores]
        known = [value for value in own if value is not None]
        assert all(1 <= value <= 7 for value in known)
        assert dimension.respondents == len(known)
        assert dimension.mean == (pytest.approx(fmean(known)) if known else None)
        assert dimension.cronbach_alpha is None or dimension.cronbach_alpha <= 1 + 1e-9


@settings(max_examples=30)
@given(st.lists(replies, max_size=4))
def test_contrary_answers_mirror_the_scores(answers):
    mirrored = [{c: None if v is None else 8 - v for c, v in one.items()} for one in answers]
    ours, theirs = (score(ASKED, "merchant", some).scores for some in (answers, mirrored))
    for one, other in zip(ours, theirs, strict=True):
        for code, value in one.items():
            assert other[code] == (None if value is None else pytest.approx(8 - value))


def test_columns_for_a_path_model_hold_complete_respondents_turned():
    gap = consistent(5) | {FIRST[1]: None}
    found = complete_columns(
        ASKED, "merchant", [consistent(6), gap, dict.fromkeys(CODES, 7), consistent(2)]
    )
    assert found == {code: [6.0, 2.0] for code in CODES}


def test_a_questionnaire_that_is_not_for_them_is_refused():
    with pytest.raises(Invalid, match="carrier"):
        score(ASKED, "carrier", [])
