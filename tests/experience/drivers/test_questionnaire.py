"""What is asked is well formed, for either audience."""

import pytest

from penstock.experience.drivers.questionnaire import parse, shipped
from penstock.kernel.errors import Invalid

DIMENSIONS = [
    *("information_quality", "ordering_procedures", "ordering_release_quantities", "timeliness"),
    *("order_accuracy", "order_quality", "order_condition", "order_discrepancy_handling"),
    "personnel_contact_quality",
]
SMALL = """
code = "own"
version = 2
source = "a test"
[scale]
low = 1
high = 5
low_label = "no"
high_label = "yes"
[[audience]]
code = "merchant"
introduction = "Hello."
[[dimension]]
code = "timeliness"
title = "Timeliness"
merchant = [{ code = "a", text = "On time." }, { code = "b", text = "Late.", reversed = true }]
shopper = []
"""


def test_the_shipped_one_asks_both_audiences_of_nine_dimensions():
    asked = shipped()
    assert [dimension.code for dimension in asked.dimension] == DIMENSIONS
    assert {one.code for one in asked.audience} == {"merchant", "shopper"}
    for dimension in asked.dimension:
        for audience in ("merchant", "shopper"):
            items = dimension.items(audience)
            assert len(items) >= 3
            assert any(item.reversed for item in items)
            assert all(item.code.startswith(f"{audience[0]}_") for item in items)


def test_no_text_is_asked_twice():
    asked = shipped()
    texts = [item.text for audience in ("merchant", "shopper") for item in asked.items(audience)]
    assert len(set(texts)) == len(texts) == 54
    assert all(text.endswith(".") for text in texts)


def test_one_of_your_own_is_read():
    assert [item.code for item in parse(SMALL, "own.toml").items("merchant")] == ["a", "b"]


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("low = 1", "low = 5", "low end"),
        ('code = "b"', 'code = "a"', "'a' stands twice"),
        ('{ code = "a", text = "On time." }, ', "", "at least 2 items"),
        ('text = "On time."', 'text = "Late?", reversed = true', "only reversed"),
        ("version = 2", 'version = "two"', "version"),
        ("version = 2", "", "version"),
        ("version = 2", "version = ", "own.toml"),
        ("high = 5", "high = 5\nmiddle = 3", "middle"),
        ('code = "merchant"', 'code = "carrier"', "carrier"),
    ],
)
def test_what_cannot_be_scored_is_refused(old, new, word):
    assert SMALL.count(old) == 1
    with pytest.raises(Invalid, match=word) as refused:
        parse(SMALL.replace(old, new), "own.toml")
    assert str(refused.value).startswith("own.toml: ")
