"""What a well-formed profile must also obey to mean what it seems to mean."""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from penstock.experience import vocabulary
from penstock.experience.profile import (
    ORDERS,
    Dimension,
    Linear,
    Metric,
    PerOrder,
    Profile,
    Steps,
)

Path = tuple[str | int, ...]
Problem = tuple[Path, str]
"""The path of a key in the profile's file, and what to do about it."""


def near(word: str, words: Iterable[str]) -> str:
    """Return a hint at the one of `words` that `word` may be a slip of, or nothing."""
    close = difflib.get_close_matches(word, list(words), n=1)
    return f"; did you mean '{close[0]}'?" if close else ""


def _known(word: str, words: dict[str, str], what: str) -> Iterator[str]:
    if word not in words:
        hint = near(word, words) or f"; known are {', '.join(words)}"
        yield f"no {what} '{word}'{hint}"


def problems_in(profile: Profile) -> Iterator[Problem]:
    """Yield what is well-formed but means nothing, or not what it seems to."""
    for rule in (_dates, _scale, _gate, _weights, _codes, _extras):
        yield from rule(profile)
    for d, dimension in enumerate(profile.dimensions):
        for m, metric in enumerate(dimension.metrics):
            path = ("dimension", d, "metric", m)
            for said in (_measured, _mapped, _guarded):
                yield from (((*path, *at), what) for at, what in said(metric, profile))


def _dates(profile: Profile) -> Iterator[Problem]:
    if profile.effective_to is not None and profile.effective_to < profile.effective_from:
        yield ("effective_to",), f"lies before effective_from {profile.effective_from}"
    try:
        ZoneInfo(profile.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        yield ("time_zone",), f"no IANA time zone '{profile.time_zone}' (like 'Asia/Shanghai')"
    for key in ("window_days", "lag_days"):
        if getattr(profile, key) < 0:
            yield (key,), "must not be negative"
    for index, word in enumerate(profile.exclusions):
        for what in _known(word, vocabulary.EXCLUSIONS, "exclusion"):
            yield ("exclusions", index), what


def _scale(profile: Profile) -> Iterator[Problem]:
    if profile.scale.low >= profile.scale.high:
        yield ("scale", "low"), "must be less than high"
    for key in ("low", "high"):
        if getattr(profile.scale, key) % Decimal("0.01"):
            yield ("scale", key), "has more than two decimals: points are kept in hundredths"
    if not 0 <= profile.scale.decimals <= 2:
        yield ("scale", "decimals"), "must be 0, 1 or 2"
    marks = [shown.at for shown in profile.display]
    if marks and (marks != sorted(set(marks), reverse=True) or marks[-1] > profile.scale.low):
        yield ("display",), "list 'at' from high to low, each once, down to the scale's low end"


def _gate(profile: Profile) -> Iterator[Problem]:
    gate = profile.gate
    for what in _known(gate.population, vocabulary.POPULATIONS, "population"):
        yield ("gate", "population"), what
    if gate.orders_min < 1:
        yield ("gate", "orders_min"), "must be at least 1: no orders can have no score"
    if gate.window_days is not None and gate.window_days < 0:
        yield ("gate", "window_days"), "must not be negative"
    growth = {k: getattr(gate, k) for k in ("growth_points", "growth_cut_points", "pass_points")}
    for key, points in growth.items():
        if (points is None) == (gate.below == "growth"):
            yield ("gate", key), "goes with below = 'growth', and only with it"
        elif points is not None and not profile.scale.low <= points <= profile.scale.high:
            yield ("gate", key), "lies outside the scale"


def _weights(profile: Profile) -> Iterator[Problem]:
    yield from _sum(profile.dimensions, ("dimension",), "the dimensions'")
    for d, dimension in enumerate(profile.dimensions):
        yield from _sum(
            dimension.metrics, ("dimension", d, "metric"), f"the metrics' of {dimension.code}"
        )


def _sum(parts: Sequence[Dimension | Metric], path: Path, whose: str) -> Iterator[Problem]:
    for index, part in enumerate(parts):
        if not part.weight.is_finite() or part.weight < 0:
            yield (*path, index, "weight"), "must not be negative"
    total = sum((part.weight for part in parts), Decimal(0))
    if total != 100:
        at = (*path, len(parts) - 1, "weight") if parts else path
        yield at, f"{whose} weights sum to {total}, not to 100"


def _codes(profile: Profile) -> Iterator[Problem]:
    seen = {ORDERS: "the gate"}
    named: list[tuple[Path, str]] = []
    for d, dimension in enumerate(profile.dimensions):
        named += [
            (("dimension", d, "metric", m, "code"), metric.code)
            for m, metric in enumerate(dimension.metrics)
        ]
    named += [(("bonus", i, "code"), bonus.code) for i, bonus in enumerate(profile.bonuses)]
    named += [(("misconduct", i, "code"), m.code) for i, m in enumerate(profile.misconducts)]
    for path, code in named:
        if code in seen:
            yield path, f"'{code}' is already the code of {seen[code]}"
        seen[code] = ".".join(str(part) for part in path[:-1])
    dimensions = [dimension.code for dimension in profile.dimensions]
    for d, code in enumerate(dimensions):
        if code in dimensions[:d]:
            yield ("dimension", d, "code"), f"'{code}' is used twice"


def _extras(profile: Profile) -> Iterator[Problem]:
    dimensions = {dimension.code: "" for dimension in profile.dimensions}
    for i, bonus in enumerate(profile.bonuses):
        if bonus.points <= 0:
            yield ("bonus", i, "points"), "must be positive"
        if bonus.dimension:
            for what in _known(bonus.dimension, dimensions, "dimension"):
                yield ("bonus", i, "dimension"), what
    for i, misconduct in enumerate(profile.misconducts):
        if misconduct.points <= 0:
            yield ("misconduct", i, "points"), "must be positive: it is what is taken away"
        if misconduct.cap_points is not None and misconduct.cap_points < misconduct.points:
            yield ("misconduct", i, "cap_points"), "must not be less than points"
    for i, band in enumerate(profile.bands):
        if not profile.scale.low <= band.at <= profile.scale.high:
            yield ("band", i, "at"), "lies outside the scale"


def _measured(metric: Metric, _: Profile) -> Iterator[Problem]:
    words: tuple[tuple[str, str, dict[str, str]], ...] = (
        ("population", metric.population, vocabulary.POPULATIONS),
        ("numerator", metric.numerator, vocabulary.PREDICATES),
        ("quantity", metric.quantity, vocabulary.QUANTITIES),
    )
    for key, word, known in words:
        if metric.supplied and word:
            yield (key,), "a supplied metric is counted outside: leave it out"
        elif word:
            yield from (((key,), what) for what in _known(word, known, key))
    if not metric.supplied:
        if not metric.population:
            yield (), "'population' is missing (or write supplied = true)"
        if bool(metric.numerator) == bool(metric.quantity):
            yield (), "write either 'numerator' or 'quantity' (or supplied = true)"
    if isinstance(metric.mapping, PerOrder) != bool(metric.quantity):
        yield ("mapping", "kind"), "'per_order' goes with a 'quantity', and only with one"
    if metric.window_days is not None and metric.window_days < 0:
        yield ("window_days",), "must not be negative"
    for index, word in enumerate(metric.exclusions or ()):
        yield from (
            (("exclusions", index), what)
            for what in _known(word, vocabulary.EXCLUSIONS, "exclusion")
        )


def _mapped(metric: Metric, profile: Profile) -> Iterator[Problem]:
    mapping = metric.mapping
    if isinstance(mapping, Linear):
        pairs, key = list(mapping.points), "points"
    else:
        pairs, key = [(step.at, step.points) for step in mapping.steps], "steps"
    if len(pairs) < (2 if isinstance(mapping, Linear) else 1):
        yield ("mapping", key), "too few points to map with"
        return
    low, high = profile.scale.low, profile.scale.high
    every = [points for _, points in pairs]
    if isinstance(mapping, Steps | PerOrder):
        every.append(mapping.otherwise)
    if not all(low <= points <= high for points in every):
        yield ("mapping", key), f"points must lie on the scale, {low} to {high}"
    if isinstance(mapping, PerOrder):
        if any(points != points.to_integral_value() for points in every):
            yield ("mapping", key), "points of one order must be whole: they are summed in counts"
        if metric.better != "higher":
            yield ("better",), "a per-order mean is a mean of points: write 'higher'"
    yield from _monotone(metric, pairs, key)


def _monotone(metric: Metric, pairs: list[tuple[Decimal, Decimal]], key: str) -> Iterator[Problem]:
    values = [value for value, _ in pairs]
    if len(set(values)) != len(values):
        yield ("mapping", key), "a value stands twice"
    better_is_low = metric.better == "lower" or isinstance(metric.mapping, PerOrder)
    ordered = [points for _, points in sorted(pairs, reverse=better_is_low)]
    if any(worse > better for worse, better in pairwise(ordered)):
        yield ("mapping", key), f"points must not fall as the value gets better ({metric.better})"
    if isinstance(metric.mapping, Steps | PerOrder) and metric.mapping.otherwise > min(ordered):
        yield ("mapping", "otherwise"), "must not be more than the lowest step's points"


def _guarded(metric: Metric, profile: Profile) -> Iterator[Problem]:
    if metric.floor is not None:
        if not profile.scale.low <= metric.floor.points <= profile.scale.high:
            yield ("floor", "points"), "lies outside the scale"
        if metric.quantity:
            yield ("floor",), "bad events of a per-order mean are not counted: no floor"
