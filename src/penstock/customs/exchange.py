"""Amounts between currencies, unrounded; and the one rounding that customs amounts get."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from penstock.kernel.errors import FieldError, Invalid
from penstock.kernel.money import CURRENCIES

_EUR: Final = "EUR"


def half_up(amount: Decimal) -> int:
    """Round to the nearest whole minor unit, an exact half away from zero."""
    return int(amount.to_integral_value(ROUND_HALF_UP))


def convert(amount_minor: int, source: str, target: str, fx: Mapping[str, Decimal]) -> Decimal:
    """Express `amount_minor` of `source` in minor units of `target`, unrounded.

    `fx` says how many EUR one unit of each currency buys; the same currency needs no rate, so a
    threshold in the currency of the goods is compared exactly.

    Raises:
        Invalid: a currency is unknown, or its rate is absent or not positive.

    """
    if source == target:
        return Decimal(amount_minor)
    major = Decimal(amount_minor).scaleb(-_digits(source))
    return (major * _rate(source, fx) / _rate(target, fx)).scaleb(_digits(target))


def _digits(currency: str) -> int:
    if currency not in CURRENCIES:
        raise _refused(currency, "unknown_currency", f"{currency!r} is not a currency we trade in.")
    return CURRENCIES[currency]


def _rate(currency: str, fx: Mapping[str, Decimal]) -> Decimal:
    if currency == _EUR:
        return Decimal(1)
    rate = fx.get(currency)
    if rate is None or not rate.is_finite() or rate <= 0:
        detail = f"Give the number of EUR that one {currency} buys: a positive number."
        raise _refused(currency, "no_exchange_rate", detail)
    return rate


def _refused(currency: str, code: str, detail: str) -> Invalid:
    return Invalid(
        detail, errors=(FieldError(pointer=f"/fx/{currency}", code=code, detail=detail),)
    )
