import csv
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.customs.classify import Nomenclature, check_hs, hs_2022, suggest

SHARED = Path(os.environ.get("PENSTOCK_SHARED") or Path(__file__).parents[2] / "../shared")
SOURCE = SHARED / "data/hs_nomenclature/harmonized-system.csv"


@pytest.mark.parametrize(
    ("code", "status", "hs6"),
    [
        ("620610", "valid", "620610"),
        ("6206.10", "valid", "620610"),
        ("6206.10.00 10", "valid", "620610"),
        ("851712", "unknown", ""),  # smartphones until HS 2017
        ("851713", "valid", "851713"),  # smartphones since HS 2022
        ("980400", "unknown", ""),  # chapter 98 is national
        ("999999", "unknown", ""),  # and 99 a residual of trade statistics
        ("6206", "malformed", ""),
        ("62061O", "malformed", ""),
        ("", "malformed", ""),
    ],
)
def test_check_hs(code: str, status: str, hs6: str) -> None:
    outcome = check_hs(code, hs_2022())
    assert (outcome.status, outcome.hs6, outcome.code) == (status, hs6, code)
    assert outcome.edition == "HS 2022"
    assert bool(outcome.description) == (status == "valid")


@pytest.mark.parametrize(
    ("description", "expected", "within"),
    [
        ("women's silk blouse", "620610", 1),
        ("cotton t-shirt", "610910", 1),
        ("Tee, 100% cotton", "610910", 1),
        ("wool sweater", "611011", 1),
        ("lipstick", "330410", 1),
        ("perfume", "330300", 1),
        ("mobile phone", "851713", 1),
        ("bluetooth earbuds", "851830", 3),
        ("leather handbag", "420221", 3),
        ("sunglasses", "900410", 1),
        ("green tea", "090210", 2),
        ("shampoo", "330510", 1),
        ("laptop", "847130", 3),
    ],
)
def test_a_shops_words_find_the_subheading(description: str, expected: str, within: int) -> None:
    found = [suggestion.hs6 for suggestion in suggest(description, hs_2022())]
    assert expected in found[:within]


def test_a_subheading_that_excludes_the_word_comes_after_the_one_that_has_it() -> None:
    ranked = [s.hs6 for s in suggest("cotton t-shirt", hs_2022())]
    assert ranked.index("610910") < ranked.index("610990")  # "other than cotton"


@given(st.text(max_size=60), st.integers(1, 20))
def test_suggestions_exist_are_ordered_and_few(description: str, limit: int) -> None:
    found = suggest(description, hs_2022(), limit=limit)
    assert len(found) <= limit
    scores = [suggestion.score for suggestion in found]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert all(check_hs(s.hs6, hs_2022()).status == "valid" for s in found)


def test_words_that_no_subheading_has_suggest_nothing() -> None:
    assert suggest("xyzzy 礼品", hs_2022()) == ()


def test_an_edition_of_its_own() -> None:
    small = Nomenclature("HS 2028", {"0101": "Horses", "010121": "Horses; live", "010129": "Mules"})
    assert check_hs("010121", small).edition == "HS 2028"
    assert [s.hs6 for s in suggest("mule", small)] == ["010129"]


def test_the_shipped_nomenclature_is_its_source() -> None:
    if not SOURCE.exists():
        pytest.skip(f"no HS source file at {SOURCE}; set PENSTOCK_SHARED")
    with SOURCE.open(encoding="utf-8-sig", newline="") as file:
        expected = {
            row["hscode"]: " ".join(row["description"].split())
            for row in csv.DictReader(file)
            if row["level"] in {"4", "6"} and row["hscode"][:2] != "99"
        }
    assert hs_2022().descriptions == expected
    assert sum(len(code) == 6 for code in expected) == 5_612
