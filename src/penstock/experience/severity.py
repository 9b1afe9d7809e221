"""What a score's effects are measured by, and which metrics of a score are beyond their limits."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal, NamedTuple

from penstock.experience.effect import Effect
from penstock.experience.points import is_beyond
from penstock.experience.profile import Profile
from penstock.experience.score import MetricScore, Score

Kind = Literal["volume_limit", "probation", "settlement_days", "return_share", "streams"]
Value = Decimal | bool
_NO_CAP: Final = Decimal(100)


class _Kind(NamedTuple):
    """Reads a kind from an effect, and says how hard a value is on the merchant: more is harder."""

    of: Callable[[Effect], Value | None]
    severity: Callable[[Value], Decimal]
    silence: Value | None


def _cap(effect: Effect) -> Value | None:
    percent = effect.volume_percent
    return None if percent is None or percent >= _NO_CAP else percent


def _as_days(effect: Effect) -> Value | None:
    return None if effect.settlement_days is None else Decimal(effect.settlement_days)


KINDS: Final[dict[Kind, _Kind]] = {
    "volume_limit": _Kind(_cap, lambda value: -Decimal(value), _NO_CAP),
    "probation": _Kind(lambda effect: effect.probation, Decimal, silence=False),
    "settlement_days": _Kind(_as_days, Decimal, None),
    "return_share": _Kind(lambda effect: effect.return_share_percent, Decimal, None),
    "streams": _Kind(lambda effect: effect.streams, lambda value: -Decimal(value), silence=True),
}
"""`silence` is what it comes to when a kind is not spoken of; None: that depends on the channel."""


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
