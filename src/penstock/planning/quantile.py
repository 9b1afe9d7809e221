"""How many units a day's demand will not exceed, more often than not."""

import math
from statistics import NormalDist

_SUMMED_TO = 500
"""Above this mean the normal distribution is as good, and p(0) would leave the floats."""


def quantile(mean: float, dispersion: float, share: float) -> float:
    """Return the least count that demand stays within with probability `share`.

    Demand is Poisson of `mean`; where its variance is more than that, `dispersion` times the
    mean, negative binomial. Both are summed by their recurrences in the count (Panjer's class:
    p(k) = (a + b/k)·p(k-1)).
    """
    if mean <= 0:
        return 0.0
    if mean > _SUMMED_TO:
        return float(
            math.ceil(NormalDist(mean, math.sqrt(mean * max(dispersion, 1))).inv_cdf(share))
        )
    if dispersion > 1 + 1e-9:
        a = 1 - 1 / dispersion
        size = mean / (dispersion - 1)
        b = (size - 1) * a
        probability = math.exp(-size * math.log(dispersion))
    else:
        a, b = 0.0, mean
        probability = math.exp(-mean)
    # By Markov's inequality the count is at most mean / (1 - share), which bounds the sum.
    count, reached = 0, probability
    while reached < share and count < mean / (1 - share):
        count += 1
        probability *= a + b / count
        reached += probability
    return float(count)
