"""The page of policies tells what is shipped, and the explanation what there is."""

from pathlib import Path
from typing import get_args

from penstock.merchants.growth.policy import Policy
from penstock.merchants.growth.reference import render

DOCS = Path(__file__).parents[3] / "docs"


def test_the_page_is_what_the_data_says():
    assert (DOCS / "reference/policies.md").read_text("utf-8") == render(), (
        "stale: run python -m penstock.merchants.growth.reference > docs/reference/policies.md"
    )


def test_the_explanation_tells_every_kind():
    text = (DOCS / "explanation/growth.md").read_text("utf-8")
    kinds = {str(kind.__struct_config__.tag) for kind in get_args(Policy)}
    assert {kind for kind in kinds if f"`{kind}`" not in text} == set()
