"""Numbers as people read them: grouped, rounded to what matters, money in its currency."""

from collections.abc import Sequence

from penstock.kernel.money import CURRENCIES
from penstock.simulation.evening_rows import Money

_SYMBOLS = {"USD": "$", "GBP": "£", "EUR": "€"}


def number_text(number: float) -> str:
    """Group the digits of a whole number."""
    return f"{number:,.0f}"


def percent_text(part: int, whole: int) -> str:
    """Say a share to a tenth of a percent, and never round what is not all of it to 100%."""
    if not whole:
        return "–"
    percent = 100 * part / whole
    return "100%" if part == whole else f"{min(percent, 99.9):.1f}%"


def hours_text(hours: float) -> str:
    """Say a duration in the unit that fits: minutes, hours, or days from three on."""
    if hours < 1:
        return f"{hours * 60:.0f} min"
    return f"{hours:.1f} h" if hours < 72 else f"{hours / 24:.1f} d"


def amount_text(amount_minor: int, currency: str) -> str:
    """Say an amount in whole units of its currency."""
    units = amount_minor / 10 ** CURRENCIES.get(currency, 2)
    symbol = _SYMBOLS.get(currency)
    return f"{symbol}{units:,.0f}" if symbol else f"{units:,.0f} {currency}"


def money_text(money: Sequence[Money], *purposes: str) -> str:
    """Sum what was paid for any of `purposes`, each currency for itself."""
    sums: dict[str, int] = {}
    for row in money:
        if row.purpose in purposes:
            sums[row.currency] = sums.get(row.currency, 0) + row.amount_minor
    return " + ".join(amount_text(amount, currency) for currency, amount in sorted(sums.items()))
