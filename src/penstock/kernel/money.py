"""Money in integer minor units, and the one rule by which an amount is shared out."""

from collections.abc import Sequence

CURRENCIES: dict[str, int] = {
    "AED": 2, "AUD": 2, "BRL": 2, "CAD": 2, "CHF": 2, "CNY": 2, "CZK": 2, "DKK": 2, "EUR": 2,
    "GBP": 2, "HKD": 2, "HUF": 2, "IDR": 2, "INR": 2, "JPY": 0, "KRW": 0, "KWD": 3, "MXN": 2,
    "MYR": 2, "NOK": 2, "NZD": 2, "PHP": 2, "PLN": 2, "RON": 2, "SAR": 2, "SEK": 2, "SGD": 2,
    "THB": 2, "TRY": 2, "TWD": 2, "USD": 2, "VND": 0, "ZAR": 2,
}  # fmt: skip
"""ISO 4217 codes that Penstock trades in, with their number of minor digits."""


def share(amount_minor: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Split `amount_minor` in proportion to `weights`, exactly.

    Each share is rounded towards zero and the units that remain go one each to the largest
    fractions, the earlier weight first (largest-remainder method, Hamilton 1792). The shares sum
    to the amount, and the shares of −amount are the negatives: a return reverses exactly.

    Raises:
        ValueError: no weight is positive, or one is negative.

    """
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        raise ValueError(f"weights must be non-negative with a positive sum: {weights}")
    sign, amount = (-1, -amount_minor) if amount_minor < 0 else (1, amount_minor)
    shares = [amount * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(amount * weights[i] % total), i))
    for i in by_remainder[: amount - sum(shares)]:
        shares[i] += 1
    return tuple(sign * part for part in shares)
