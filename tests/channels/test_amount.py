from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.channels.amount import minor_units
from penstock.kernel.money import CURRENCIES


@given(st.integers(0, 10**14), st.sampled_from(sorted(CURRENCIES)), st.integers(0, 3))
def test_every_representable_amount_is_read_exactly(minor: int, currency: str, zeros: int) -> None:
    amount = Decimal(minor).scaleb(-CURRENCIES[currency])
    text = f"{amount:f}"
    if "." in text:
        text += "0" * zeros
    assert minor_units(text, currency) == minor


@given(st.text() | st.decimals(allow_nan=True, allow_infinity=True).map(str))
def test_what_is_read_is_what_is_written(text: str) -> None:
    try:
        minor = minor_units(text, "KWD")
    except ValueError:
        return
    assert Decimal(minor) == Decimal(text) * 1000


@pytest.mark.parametrize(
    ("text", "currency"),
    [("0.01", "VND"), ("1.005", "USD"), ("1.0001", "KWD"), ("-1", "USD"), ("+1", "USD")]
    + [(text, "USD") for text in ("", " 1", "1,5", "1 000", "1e3", "NaN", ".5", "1.", "٣", "1_0")],
)
def test_what_would_be_guessed_or_rounded_is_refused(text: str, currency: str) -> None:
    with pytest.raises(ValueError, match=r"must be a plain amount|has more decimals"):
        minor_units(text, currency)


def test_zeros_past_the_digits_of_a_currency_are_harmless() -> None:
    assert minor_units("5000.00", "VND") == 5000
    assert minor_units("19.9900", "USD") == 1999
