"""How many points each sub-process takes from a score: fair shares of what is lost."""

from collections.abc import Mapping

from penstock.experience.drivers.shapley import SUB_PROCESSES, shares
from penstock.experience.profiles.profile import Metric, PerOrder, Profile
from penstock.experience.scores.points import Count
from penstock.experience.scores.score import score
from penstock.kernel.errors import Invalid

OUTSIDE = "outside"


def fair_points(profile: Profile, counts: Mapping[str, Count]) -> dict[str, float]:
    """Return by sub-process the points that it costs; they add up to what is lost of the best.

    Each is what the score loses when the sub-process is as it was measured instead of perfect,
    averaged over all orders in which the others may be made so (Shapley). Where the formula only
    adds, that is the sum of its metrics' lost points; bonuses, caps and growth stages bend it.

    Raises:
        Invalid: the profile gives no score for these counts.

    """
    parts = [*SUB_PROCESSES, OUTSIDE]

    def lost(measured: frozenset[str]) -> float:
        mixed = dict(counts)
        for metric in profile.metrics:
            if metric.code in mixed and metric.sub_process not in measured:
                mixed[metric.code] = _perfect(metric, mixed[metric.code])
        scored = score(profile, mixed)
        if scored.points is None:
            raise Invalid(f"{profile.code} gives no score for {scored.orders} orders")
        return -float(scored.points)

    return shares(parts, lost)


def _perfect(metric: Metric, count: Count) -> Count:
    best = 0
    if isinstance(metric.mapping, PerOrder):
        best = max(int(step.points) for step in metric.mapping.steps) * count.denominator
    elif metric.better == "higher":
        best = max(count.denominator, count.numerator)
    return Count(numerator=best, denominator=count.denominator, excluded=count.excluded)
