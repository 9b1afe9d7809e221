"""What was known of a merchant or a SKU when an order was placed: its reviews until then."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime

import msgspec


class Past(msgspec.Struct, frozen=True):
    """One reviewed order: whose it was, when its review was known, and whether it was bad."""

    key: str
    known_at: datetime
    bad: bool


def bad_share_before(
    pasts: Sequence[Past], asked: Sequence[tuple[str, datetime]], *, prior: float, weight: float
) -> list[float]:
    """Return the share of bad reviews of each asked key among those known before its moment.

    The share is drawn towards `prior` as if `weight` more reviews had been seen at it. What was
    known at the very moment is not counted, so an order asked about at its own placing never
    meets its own review.
    """
    by_key: dict[str, list[tuple[datetime, bool]]] = {}
    for past in pasts:
        by_key.setdefault(past.key, []).append((past.known_at, past.bad))
    sums: dict[str, tuple[list[datetime], list[int]]] = {}
    for key, found in by_key.items():
        found.sort()
        counts = [0]
        for _, bad in found:
            counts.append(counts[-1] + bad)
        sums[key] = ([known_at for known_at, _ in found], counts)
    answer = []
    for key, at in asked:
        times, counts = sums.get(key, ([], [0]))
        seen = bisect_left(times, at)
        answer.append((counts[seen] + prior * weight) / (seen + weight))
    return answer
