"""Partial least squares path modelling (PLS-SEM): which construct moves which, and how strongly.

Sources: Lohmöller (1989); Tenenhaus, Esposito Vinzi, Chatelin & Lauro (2005); Hair, Hult, Ringle
& Sarstedt (2022), A Primer on PLS-SEM, 3rd ed., for f² and the reading of the results.
"""

import math
from collections.abc import Mapping, Sequence

import msgspec

from penstock.experience.drivers.array import Matrix, Vector, np
from penstock.experience.drivers.path_model import PathModel, check, matrix_of
from penstock.experience.drivers.pls_quality import Construct, Pair, constructs_of, htmt
from penstock.experience.drivers.pls_weights import (
    Layout,
    Scheme,
    Weights,
    layout,
    regress,
    settle,
)


class Indicator(msgspec.Struct, frozen=True, kw_only=True):
    """One indicator: its weight in its construct, and its correlation with every construct."""

    name: str
    construct: str
    weight: float
    loading: float
    communality: float
    redundancy: float
    crossloadings: dict[str, float]


class Path(msgspec.Struct, frozen=True, kw_only=True):
    """A path: its coefficient, standard error and t by ordinary least squares, and f².

    f² is how much R² of the target falls without the source, in units of what stays unexplained
    (0.02 small, 0.15 medium, 0.35 large; Cohen 1988).
    """

    source: str
    target: str
    coefficient: float
    std_error: float
    t_value: float
    f_squared: float


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What one construct does to another, along the path between them and along all detours."""

    source: str
    target: str
    direct: float
    indirect: float
    total: float


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """An estimated path model; `scores` are of mean 0 and variance 1, one per row."""

    scheme: Scheme
    rows: int
    iterations: int
    indicators: list[Indicator]
    constructs: list[Construct]
    paths: list[Path]
    effects: list[Effect]
    htmt: list[Pair]
    scores: dict[str, list[float]]


def estimate(
    model: PathModel,
    columns: Mapping[str, Sequence[float]],
    *,
    scheme: Scheme = "path",
    scaled: bool = True,
) -> Fit:
    """Estimate `model` from `columns` (indicator → one number per row).

    `scaled` gives every indicator the same variance first. Leave it off where all share one scale
    and their spread is part of what they say; weights are then per unit of that scale.

    Raises:
        Invalid: the model or the data does not allow it; the message says what to change.

    """
    check(model)
    data = matrix_of(model, columns)
    shape = layout(model)
    moments = covariance_of(data, scaled=scaled)
    found = settle(shape, moments, scheme)
    coefficients, r_squared = inner_model(shape, found.between)
    correlations = _correlations(moments)
    loadings = (moments @ found.outer) / np.sqrt(np.diag(moments))[:, None]
    return Fit(
        scheme=scheme,
        rows=len(data),
        iterations=found.iterations,
        indicators=_indicators(model, shape, found.outer, loadings, r_squared),
        constructs=constructs_of(model, shape, correlations, loadings, r_squared),
        paths=_paths(model, shape, found, coefficients, r_squared, len(data)),
        effects=_effects(shape, coefficients),
        htmt=htmt(model, shape, correlations),
        scores=_scores(data, found, shape, scaled=scaled),
    )


def covariance_of(data: Matrix, *, scaled: bool) -> Matrix:
    """Return the indicators' covariances (divisor n), or their correlations if `scaled`."""
    moments = np.cov(data.T, bias=True).reshape(data.shape[1], data.shape[1])
    return _correlations(moments) if scaled else np.asarray(moments)


def _correlations(moments: Matrix) -> Matrix:
    spread = np.sqrt(np.diag(moments))
    return np.asarray(moments / np.outer(spread, spread))


def inner_model(shape: Layout, between: Matrix) -> tuple[Matrix, Vector]:
    """Return path coefficients (source × target) and R² per construct (0 where nothing leads)."""
    coefficients = np.zeros_like(between)
    for target, sources in enumerate(shape.sources):
        if sources:
            coefficients[list(sources), target] = regress(shape, between, target, sources)
    return coefficients, np.einsum("ij,ij->j", coefficients, between)


def total_effects(coefficients: Matrix) -> Matrix:
    """Sum the products of coefficients along every way from source to target."""
    size = len(coefficients)
    return np.asarray(np.linalg.inv(np.eye(size) - coefficients) - np.eye(size))


def _scores(data: Matrix, found: Weights, shape: Layout, *, scaled: bool) -> dict[str, list[float]]:
    centred = data - data.mean(axis=0)
    if scaled:
        centred /= data.std(axis=0)
    scores = centred @ found.outer
    return {name: scores[:, number].tolist() for number, name in enumerate(shape.names)}


def _indicators(
    model: PathModel, shape: Layout, outer: Matrix, loadings: Matrix, r_squared: Vector
) -> list[Indicator]:
    owners = [(number, block) for number, block in enumerate(model.blocks)]
    flat = [(number, name) for number, block in owners for name in block.indicators]
    return [
        Indicator(
            name=name,
            construct=shape.names[number],
            weight=float(outer[row, number]),
            loading=float(loadings[row, number]),
            communality=float(loadings[row, number] ** 2),
            redundancy=float(loadings[row, number] ** 2 * r_squared[number]),
            crossloadings=dict(zip(shape.names, loadings[row].tolist(), strict=True)),
        )
        for row, (number, name) in enumerate(flat)
    ]


def _paths(
    model: PathModel,
    shape: Layout,
    found: Weights,
    coefficients: Matrix,
    r_squared: Vector,
    rows: int,
) -> list[Path]:
    place = {name: number for number, name in enumerate(shape.names)}
    answer = []
    for source, target in sorted(model.paths, key=lambda path: (place[path[1]], place[path[0]])):
        i, j = place[source], place[target]
        sources = shape.sources[j]
        unexplained = max(1 - float(r_squared[j]), 0.0)
        inverse = np.linalg.inv(found.between[np.ix_(sources, sources)])
        variance = unexplained * inverse[sources.index(i), sources.index(i)]
        std_error = math.sqrt(variance / (rows - len(sources) - 1))
        coefficient = float(coefficients[i, j])
        # What R² loses without the source is its coefficient squared over its own share of the
        # inverse, so that no regression has to be run again.
        lost = coefficient**2 / float(inverse[sources.index(i), sources.index(i)])
        answer.append(
            Path(
                source=source,
                target=target,
                coefficient=coefficient,
                std_error=std_error,
                t_value=coefficient / std_error if std_error else math.inf,
                f_squared=lost / unexplained if unexplained else math.inf,
            )
        )
    return answer


def _effects(shape: Layout, coefficients: Matrix) -> list[Effect]:
    totals = total_effects(coefficients)
    return [
        Effect(
            source=source,
            target=target,
            direct=float(coefficients[i, j]),
            indirect=float(totals[i, j] - coefficients[i, j]),
            total=float(totals[i, j]),
        )
        for i, source in enumerate(shape.names)
        for j, target in enumerate(shape.names)
        if i in _upstream(shape, j)
    ]


def _upstream(shape: Layout, target: int) -> set[int]:
    found = set(shape.sources[target])
    for source in shape.sources[target]:
        found |= _upstream(shape, source)
    return found
