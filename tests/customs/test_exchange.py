from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.customs.exchange import convert, half_up
from penstock.kernel.errors import Invalid

FX = {"USD": Decimal("0.80"), "JPY": Decimal("0.005"), "KWD": Decimal("2.5")}


@pytest.mark.parametrize(
    ("amount_minor", "source", "target", "expected"),
    [
        (1000, "USD", "EUR", 800),
        (800, "EUR", "USD", 1000),
        (200, "JPY", "EUR", 100),  # yen have no minor digits
        (1000, "KWD", "EUR", 250),  # dinars have three
        (100, "USD", "JPY", 160),
    ],
)
def test_convert(amount_minor: int, source: str, target: str, expected: int) -> None:
    assert convert(amount_minor, source, target, FX) == expected


@given(st.integers(0, 10**12))
def test_the_same_currency_is_exact_and_needs_no_rate(amount_minor: int) -> None:
    assert convert(amount_minor, "THB", "THB", {}) == amount_minor


@pytest.mark.parametrize("rate", [Decimal(0), Decimal(-1), Decimal("NaN")])
def test_an_unusable_rate_is_refused(rate: Decimal) -> None:
    with pytest.raises(Invalid) as refused:
        convert(1, "USD", "EUR", {"USD": rate})
    assert refused.value.errors[0].code == "no_exchange_rate"


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        convert(1, "XXX", "EUR", {"XXX": Decimal(1)})
    assert refused.value.errors[0].code == "unknown_currency"


def test_half_up() -> None:
    assert [half_up(Decimal(text)) for text in ("0.5", "1.5", "2.4999", "2.5")] == [1, 2, 2, 3]
