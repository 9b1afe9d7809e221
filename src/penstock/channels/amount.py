"""Decimal text to integer minor units: exact or refused, and never through a float."""

import re

from penstock.kernel.errors import FieldError
from penstock.kernel.money import CURRENCIES

_PLAIN = re.compile(r"([0-9]{1,15})(?:\.([0-9]+))?")


def minor_units(text: str, currency: str) -> int:
    """Read an amount such as "19.90" in the minor units of `currency`, by ISO 4217's digits.

    Zeros past those digits are harmless ("5000.00" VND is 5000); anything else there would be
    rounded away, so it is refused.

    Raises:
        ValueError: not a plain non-negative decimal, or finer than the currency; the message
            reads on after the name of the field.

    """
    match = _PLAIN.fullmatch(text)
    if match is None:
        raise ValueError("must be a plain amount without sign or thousands mark, such as 19.90")
    whole, fraction = match[1], (match[2] or "").rstrip("0")
    digits = CURRENCIES[currency]
    if len(fraction) > digits:
        raise ValueError(f"has more decimals than {currency} has ({digits})")
    return int(whole + fraction.ljust(digits, "0"))


def amount_at(
    pointer: str, text: str, currency: str, faults: list[FieldError], *, line: int | None = None
) -> int:
    """Read an amount, or add the reason why not to `faults` and answer 0.

    An unknown currency is a fault of its own field: here it is passed over.
    """
    if currency not in CURRENCIES:
        return 0
    try:
        return minor_units(text, currency)
    except ValueError as fault:
        name = pointer.rsplit("/", 1)[-1]
        faults.append(FieldError(pointer, "bad_amount", f"{name} {fault}.", line))
        return 0
