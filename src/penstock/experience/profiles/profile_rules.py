"""What a well-formed profile must also obey to mean what it seems to mean."""

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import pairwise

from penstock.experience.profiles.band_rules import band_problems, limit_problems
from penstock.experience.profiles.clock_rules import (
    Path,
    Problem,
    clock_problems,
    fault_problems,
    market_problems,
    mean_problems,
    zone_problems,
)
from penstock.experience.profiles.profile import (
    ORDERS,
    Dimension,
    Linear,
    Metric,
    PerOrder,
    Profile,
    Steps,
)
from penstock.experience.words import vocabulary

DAYS_MAX = 3660
"""Ten years: no score looks further back."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_MANY = {
    "dimension": "dimensions",
    "band": "bands",
    "bonus": "bonuses",
    "misconduct": "misconducts",
}


def near(word: str, words: Iterable[str]) -> str:
    """Return a hint at the one of `words` that `word` may be a slip of, or nothing."""
    close = difflib.get_close_matches(word, list(words), n=1)
    return f"; did you mean '{close[0]}'?" if close else ""


def _known(word: str, words: Iterable[str], what: str) -> Iterator[str]:
    if word not in words:
        hint = near(word, words) or f"; known are {', '.join(words)}"
        yield f"no {what} '{word}'{hint}"


def problems_in(profile: Profile) -> Iterator[Problem]:
    """Yield what is well-formed but means nothing, or not what it seems to."""
    for rule in (_dates, _scope, _scale, _gate, _weights, _names, _codes, _extras, band_problems):
        yield from rule(profile)
    for d, dimension in enumerate(profile.dimensions):
        for m, metric in enumerate(dimension.metrics):
            path = ("dimension", d, "metric", m)
            for said in (_measured, _mapped, _guarded, clock_problems):
                yield from (((*path, *at), what) for at, what in said(metric, profile))
            for told in (fault_problems, mean_problems, limit_problems):
                yield from (((*path, *at), what) for at, what in told(metric))


def _dates(profile: Profile) -> Iterator[Problem]:
    if profile.effective_to is not None and profile.effective_to < profile.effective_from:
        yield ("effective_to",), f"lies before effective_from {profile.effective_from}"
    yield from ((("time_zone",), what) for what in zone_problems(profile.time_zone))
    for key in ("window_days", "lag_days"):
        yield from (((key,), what) for what in _no_days(getattr(profile, key)))
    yield from _excluded(profile.exclusions)


def _no_days(days: int) -> Iterator[str]:
    if days < 0:
        yield "must not be negative"
    elif days > DAYS_MAX:
        yield f"must not be more than {DAYS_MAX}; a window of 0 counts all that is known"


def _scope(profile: Profile) -> Iterator[Problem]:
    for index, market in enumerate(profile.markets):
        if market in profile.markets[:index]:
            yield ("markets", index), f"'{market}' stands twice"
        yield from ((("markets", index), what) for what in market_problems(market))


def _excluded(words: Sequence[str]) -> Iterator[Problem]:
    for index, word in enumerate(words):
        if word in words[:index]:
            yield ("exclusions", index), f"'{word}' stands twice"
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
    yield from ((("gate", "window_days"), what) for what in _no_days(gate.window_days or 0))
    growth = {k: getattr(gate, k) for k in ("growth_points", "growth_cut_points", "pass_points")}
    for key, points in growth.items():
        if (points is None) == (gate.below == "growth"):
            yield ("gate", key), "goes with below = 'growth', and only with it"
        elif points is not None and not profile.scale.low <= points <= profile.scale.high:
            yield ("gate", key), "lies outside the scale"


def _weights(profile: Profile) -> Iterator[Problem]:
    yield from _sum(profile.dimensions, ("dimension",), "the dimensions")
    for d, dimension in enumerate(profile.dimensions):
        yield from _sum(
            dimension.metrics, ("dimension", d, "metric"), f"the metrics of {dimension.code}"
        )


def _sum(parts: Sequence[Dimension | Metric], path: Path, whose: str) -> Iterator[Problem]:
    for index, part in enumerate(parts):
        if not part.weight.is_finite() or part.weight < 0:
            yield (*path, index, "weight"), "must not be negative"
    total = sum((part.weight for part in parts), Decimal(0))
    if total != 100:
        at = (*path, len(parts) - 1, "weight") if parts else path
        yield at, f"the weights of {whose} sum to {total}, not to 100"


def _names(profile: Profile) -> Iterator[Problem]:
    parts: list[tuple[Path, str]] = [(("code",), profile.code)]
    parts += [((key,), name) for key in ("family", "channel") if (name := getattr(profile, key))]
    for kind in ("dimension", "band", "bonus", "misconduct"):
        those = getattr(profile, _MANY[kind])
        parts += [((kind, index, "code"), part.code) for index, part in enumerate(those)]
    for d, dimension in enumerate(profile.dimensions):
        for m, metric in enumerate(dimension.metrics):
            parts.append((("dimension", d, "metric", m, "code"), metric.code))
    for path, name in parts:
        if not _NAME.fullmatch(name):
            yield path, f"'{name}' is no name: write up to 64 letters, digits, - and _"


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


def _measured(metric: Metric, _: Profile) -> Iterator[Problem]:
    words: tuple[tuple[str, str, Iterable[str]], ...] = (
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
    for key in ("window_days", "delay_days"):
        yield from (((key,), what) for what in _no_days(getattr(metric, key) or 0))
    yield from _excluded(metric.exclusions or ())


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
    if metric.floor is None:
        return
    if not profile.scale.low <= metric.floor.points <= profile.scale.high:
        yield ("floor", "points"), "lies outside the scale"
    if metric.quantity:
        yield ("floor",), "bad events of a mean are not counted: no floor"
    for key in ("bad_max", "orders_below"):
        if getattr(metric.floor, key) < 0:
            yield ("floor", key), "must not be negative"
