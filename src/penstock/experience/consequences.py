"""What follows for a merchant from its score: by the bands it reached and the limits it broke."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal, NamedTuple

import msgspec

from penstock.experience.effect import Effect
from penstock.experience.points import is_beyond
from penstock.experience.profile import Band, Profile
from penstock.experience.score import MetricScore, Score

Kind = Literal["volume_limit", "probation", "settlement_days", "return_share", "streams"]
Value = Decimal | bool
_NO_CAP: Final = Decimal(100)


class Consequence(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that follows, in the value of its `Effect`, and which band or metric says so.

    `days` is how long it lasts at least; `volume_days` goes with a volume limit. `title` says what
    was reached or broken. `assumed`: the channel does not publish it.
    """

    kind: Kind
    value: Value
    code: str
    title: str
    days: int | None = None
    volume_days: int | None = None
    assumed: bool = False


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


class _Said(NamedTuple):
    effect: Effect
    code: str
    title: str


def consequences(profile: Profile, scored: Score) -> tuple[Consequence, ...]:
    """Return what follows from a score, at most one of each kind; nothing without a score.

    The highest band reached that has an effect decides alone: what that does not speak of is not
    restricted, whatever a lower band says. A metric beyond its limit decides what is harder on
    the merchant.
    """
    bands = [_Said(b.effect, b.code, b.title) for b in _reached(profile, scored) if b.effect]
    limits = list(_broken(profile, scored))
    found = []
    for kind, (of, severity, _) in KINDS.items():
        said = next((band for band in bands[:1] if of(band.effect) is not None), None)
        for broken in limits:
            value, known = of(broken.effect), None if said is None else of(said.effect)
            if value is not None and (known is None or severity(value) > severity(known)):
                said = broken
        if said is not None:
            found.append(_consequence(kind, said))
    return tuple(found)


def band_of(profile: Profile, scored: Score) -> Band | None:
    """Return the highest band that a score reaches."""
    return next(iter(_reached(profile, scored)), None)


def _reached(profile: Profile, scored: Score) -> list[Band]:
    if scored.points is None:
        return []
    reached = (band for band in profile.bands if scored.points >= band.at)
    return sorted(reached, key=lambda band: -band.at)


def _broken(profile: Profile, scored: Score) -> Iterator[_Said]:
    if scored.points is None:
        return
    told = {metric.code: metric for metric in scored.metrics}
    for metric in profile.metrics:
        value = _exact(told[metric.code], metric.per)
        for limit in metric.limits:
            counted = told[metric.code].denominator
            if limit.effect and value is not None and is_beyond(metric, limit, value, counted):
                yield _Said(limit.effect, metric.code, f"{metric.title}: {limit.consequence}")


def _exact(metric: MetricScore, per: int) -> Fraction | None:
    if metric.value is None or not metric.denominator:
        return None
    return Fraction(metric.numerator, metric.denominator * per)


def _consequence(kind: Kind, said: _Said) -> Consequence:
    effect = said.effect
    value = KINDS[kind].of(effect)
    assert value is not None, "only what is spoken of was chosen"
    return Consequence(
        kind=kind,
        value=value,
        code=said.code,
        title=said.title,
        days=effect.days,
        volume_days=effect.volume_days if kind == "volume_limit" else None,
        assumed=effect.assumed,
    )
