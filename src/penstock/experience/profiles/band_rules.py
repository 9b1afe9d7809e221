"""What bands, limits and their consequences must obey: nobody may lose by doing better."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise

from penstock.experience.profiles.clock_rules import Problem
from penstock.experience.profiles.effect import Effect
from penstock.experience.profiles.profile import Metric, Profile, Steps
from penstock.experience.profiles.severity import KINDS


def band_problems(profile: Profile) -> Iterator[Problem]:
    """Yield what is wrong with a profile's bands."""
    for index, band in enumerate(profile.bands):
        earlier = profile.bands[:index]
        if not profile.scale.low <= band.at <= profile.scale.high:
            yield ("band", index, "at"), "lies outside the scale"
        if band.code in {other.code for other in earlier}:
            yield ("band", index, "code"), f"'{band.code}' is used twice"
        if band.at in {other.at for other in earlier}:
            yield ("band", index, "at"), f"another band begins at {band.at} already"
        yield from _effect(band.effect, ("band", index, "effect"))
    falling = sorted(enumerate(profile.bands), key=lambda pair: -pair[1].at)
    effects = [(index, band.effect) for index, band in falling if band.effect]
    for kind, (of, severity, silence) in KINDS.items():
        said = [(i, silence if of(effect) is None else of(effect)) for i, effect in effects]
        told = [(i, severity(value)) for i, value in said if value is not None]
        for (_, above), (index, below) in pairwise(told):
            if below < above:
                path = ("band", index, "effect")
                yield path, f"its {kind} is milder than that of a higher band"


def limit_problems(metric: Metric) -> Iterator[Problem]:
    """Yield what is wrong with a metric's limits; paths begin at the metric."""
    for index, limit in enumerate(metric.limits):
        if limit.orders_min < 0:
            yield ("limit", index, "orders_min"), "must not be negative"
        yield from _effect(limit.effect, ("limit", index, "effect"))
    marks = [limit.at for limit in metric.limits]
    for index, (milder, at) in enumerate(pairwise(marks), 1):
        if at >= milder if metric.better == "higher" else at <= milder:
            what = f"list limits from mild to harsh, each once ({metric.better} is better)"
            yield ("limit", index, "at"), what
    if metric.numerator:
        yield from _rates([(("limit", i, "at"), at) for i, at in enumerate(marks)])
        if isinstance(metric.mapping, Steps):
            steps = metric.mapping.steps
            yield from _rates([(("mapping", "steps", i), s.at) for i, s in enumerate(steps)])
        elif hasattr(metric.mapping, "points"):
            yield from _rates([(("mapping", "points"), at) for at, _ in metric.mapping.points])


def _rates(values: Sequence[tuple[tuple[str | int, ...], Decimal]]) -> Iterator[Problem]:
    for path, value in values:
        if not 0 <= value <= 1:
            yield path, f"a rate lies between 0 and 1, not at {value}: write 0.025 for 2.5 %"


def _effect(effect: Effect | None, path: tuple[str | int, ...]) -> Iterator[Problem]:
    if effect is None:
        return
    for key in ("volume_percent", "return_share_percent"):
        percent = getattr(effect, key)
        if percent is not None and not 0 <= percent <= 100:
            yield (*path, key), "must be between 0 and 100"
    for key, least in (("settlement_days", 0), ("days", 1)):
        days = getattr(effect, key)
        if days is not None and days < least:
            yield (*path, key), f"must be at least {least}"
    if all(of(effect) is None for of, *_ in KINDS.values()):
        yield path, "says of nothing what follows: fill it in, or leave it out"
