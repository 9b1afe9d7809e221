"""Refusals are for people: what they quote is cut where nobody would read it."""

import pytest

from penstock.kernel.errors import FieldError, Invalid


@pytest.mark.parametrize(
    "said", [lambda d: FieldError("/x", "odd", d).detail, lambda d: str(Invalid(d))]
)
def test_a_detail_quotes_no_more_than_can_be_read(said):
    assert said("use a code such as US") == "use a code such as US"
    told = said(f"{'x' * 100_000!r} is no country; use a code such as US")
    assert len(told) < 1_000
    assert told.startswith("'xxx")
    assert " … " in told
    assert told.endswith("is no country; use a code such as US")
