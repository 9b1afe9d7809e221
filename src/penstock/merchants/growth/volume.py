"""How many orders a day a score leaves a merchant: the pure rule of volume limits."""

from math import floor

import msgspec

from penstock.merchants.growth.policy import Band, VolumeLimit


class Cut(msgspec.Struct, frozen=True):
    """A limit: so many orders a day, which are `percent` of the mean, and why."""

    daily_cap: int
    percent: int
    mean_orders: float
    because: str


def cut(policy: VolumeLimit, score: float | None, orders: int) -> Cut | None:
    """Return the limit that a final score brings; None where it brings none.

    `orders` is how many were taken in the policy's `mean_days`; the mean counts every day of
    them, sold or not. The hardest band that the score is below counts.
    """
    band = band_of(policy, score)
    if band is None:
        return None
    return share(policy, band.percent, orders, f"score {score:g} is below {band.score_below:g}")


def share(policy: VolumeLimit, percent: int, orders: int, why: str) -> Cut | None:
    """Return the limit of `percent` of the mean of `orders`; None where few are left alone."""
    if orders < max(1, policy.orders_min):
        return None
    mean = orders / policy.mean_days
    cap = max(policy.daily_min, floor(orders * percent / (100 * policy.mean_days)))
    because = (
        f"{policy.code}: {why}, so {percent} % of {mean:.1f} orders a day over "
        f"{policy.mean_days} days"
    )
    return Cut(cap, percent, round(mean, 2), because)


def band_of(policy: VolumeLimit, score: float | None) -> Band | None:
    """Return the hardest band that the score is below; None where it is below none."""
    if score is None:
        return None
    below = [band for band in policy.bands if score < band.score_below]
    return below[-1] if below else None
