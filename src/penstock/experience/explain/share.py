"""Share the points that a metric lost among its orders, to the last millionth."""

from collections.abc import Sequence
from decimal import Decimal

_DECIMALS = 6
"""Millionths: one point shared among a hundred thousand orders still gives each its part."""


def shared_out(points: Decimal, parts: Sequence[int]) -> list[Decimal]:
    """Split `points` in proportion to `parts` so that the shares sum to `points` exactly.

    By the largest-remainder method; among equal remainders the first are given the millionth.
    `points` must be whole millionths and the parts positive.
    """
    units = int(points.scaleb(_DECIMALS))
    whole = sum(parts)
    shares = [units * part // whole for part in parts]
    spare = units - sum(shares)
    by_remainder = sorted(range(len(parts)), key=lambda i: (-(units * parts[i] % whole), i))
    for i in by_remainder[:spare]:
        shares[i] += 1
    return [Decimal(share).scaleb(-_DECIMALS) for share in shares]
