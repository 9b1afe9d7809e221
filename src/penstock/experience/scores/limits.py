"""Which metrics of a score are beyond their limits."""

from collections.abc import Iterator
from fractions import Fraction

from penstock.experience.profiles.effect import Effect
from penstock.experience.profiles.profile import Profile
from penstock.experience.scores.points import is_beyond
from penstock.experience.scores.score import MetricScore, Score


def limits_broken(profile: Profile, scored: Score) -> Iterator[tuple[str, Effect]]:
    """Yield the metrics that are beyond a limit with an effect, by code, and what that says.

    Of the limits of one metric each that is broken comes; nothing without a score.
    """
    if scored.points is None:
        return
    told = {metric.code: metric for metric in scored.metrics}
    for metric in profile.metrics:
        value = _exact(told[metric.code], metric.per)
        for limit in metric.limits:
            counted = told[metric.code].denominator
            if limit.effect and value is not None and is_beyond(metric, limit, value, counted):
                yield metric.code, limit.effect


def _exact(metric: MetricScore, per: int) -> Fraction | None:
    if metric.value is None or not metric.denominator:
        return None
    return Fraction(metric.numerator, metric.denominator * per)
