"""How many stars deliveries earn, by how late they came."""

import math
from collections.abc import Sequence
from itertools import pairwise

import msgspec

from penstock.experience.drivers.delivery import Delivery

EDGES_DAYS = (-math.inf, -10.0, -5.0, -2.0, 0.0, 2.0, 5.0, 10.0, math.inf)


class Bucket(msgspec.Struct, frozen=True, kw_only=True):
    """Deliveries later than `over_days` and up to `to_days`; early is negative, None is open.

    `mean` and its `std_error` are None where there are no reviews, or too few to tell.
    """

    over_days: float | None
    to_days: float | None
    reviews: int
    mean: float | None
    std_error: float | None


def stars_by_delay(deliveries: Sequence[Delivery]) -> list[Bucket]:
    """Return the mean stars of reviewed deliveries in each bucket, from early to late."""
    reviewed = [(d.delay_days, d.stars) for d in deliveries if d.stars is not None]
    return [
        _bucket(over, to, [stars for delay, stars in reviewed if over < delay <= to])
        for over, to in pairwise(EDGES_DAYS)
    ]


def _bucket(over: float, to: float, stars: list[int]) -> Bucket:
    count = len(stars)
    mean = sum(stars) / count if count else None
    error = None
    if mean is not None and count > 1:
        error = math.sqrt(sum((s - mean) ** 2 for s in stars) / (count - 1) / count)
    return Bucket(
        over_days=over if math.isfinite(over) else None,
        to_days=to if math.isfinite(to) else None,
        reviews=count,
        mean=mean,
        std_error=error,
    )
