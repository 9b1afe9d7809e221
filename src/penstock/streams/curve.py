"""How a stream's orders spread over its time: the pooled cumulative-share curve, and its ramp."""

from collections.abc import Sequence
from datetime import datetime, timedelta

PARTS = 20
"""A stream's time is looked at in twentieths, whatever its length."""
PRIOR_STREAMS = 2.0
"""As how many past streams the even curve counts: one closed stream alone is no pattern."""
RAMP = timedelta(minutes=10)
"""How long before a stream's start the expected rate begins to rise."""

Curve = tuple[float, ...]
"""The share of a stream's orders in each twentieth of its time; together 1."""
EVEN: Curve = (1 / PARTS,) * PARTS
"""What is assumed before any stream has closed: no public data tell orders within a session."""


def pooled(shapes: Sequence[Sequence[int]]) -> Curve:
    """Pool the `shapes` of closed streams (orders by twentieth) into one curve.

    Each stream counts as one whatever it sold, and the even curve as `PRIOR_STREAMS` of them, so
    a share is never zero.
    """
    sound = [shape for shape in shapes if len(shape) == PARTS and sum(shape) > 0]
    weight = PRIOR_STREAMS + len(sound)
    return tuple(
        (PRIOR_STREAMS / PARTS + sum(shape[i] / sum(shape) for shape in sound)) / weight
        for i in range(PARTS)
    )


def share_by(curve: Curve, fraction: float) -> float:
    """Return the share of its orders that a stream has taken by a `fraction` of its time."""
    if fraction <= 0:
        return 0.0
    if fraction >= 1:
        return 1.0
    part, rest = divmod(fraction * PARTS, 1)
    i = int(part)
    return min(1.0, sum(curve[:i]) + curve[i] * rest)


def rate_at(
    curve: Curve,
    orders: float,
    starts_at: datetime,
    ends_at: datetime,
    at: datetime,
    ramp: timedelta = RAMP,
) -> float:
    """Return the orders a minute that are expected at a moment of a stream of `orders` in all.

    Before the start it rises in a straight line over `ramp`, from nothing to the rate of the first
    twentieth, for what serves a stream must be there when it begins. After the end it is 0.
    """
    if at >= ends_at or at <= starts_at - ramp:
        return 0.0
    per_part = orders * PARTS / ((ends_at - starts_at) / timedelta(minutes=1))
    if at < starts_at:
        return per_part * curve[0] * (1 - (starts_at - at) / ramp)
    return per_part * curve[min(PARTS - 1, int((at - starts_at) / (ends_at - starts_at) * PARTS))]


def peak_within(
    curve: Curve,
    orders: float,
    starts_at: datetime,
    ends_at: datetime,
    span: tuple[datetime, datetime],
    ramp: timedelta = RAMP,
) -> float:
    """Return the highest rate of `rate_at` from the first moment of `span` to the last, both in."""
    since, until = span
    part = (ends_at - starts_at) / PARTS
    steps = (starts_at + part * i for i in range(PARTS))
    moments = [since, until, *(at for at in steps if since < at < until)]
    return max(rate_at(curve, orders, starts_at, ends_at, at, ramp) for at in moments)
