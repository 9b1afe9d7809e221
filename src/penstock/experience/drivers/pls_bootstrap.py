"""How far a path model's figures would move with other rows: the bootstrap."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from penstock.experience.drivers.array import Matrix, Vector, np
from penstock.experience.drivers.path_model import PathModel, check, matrix_of
from penstock.experience.drivers.pls import covariance_of, inner_model, total_effects
from penstock.experience.drivers.pls_weights import Layout, Scheme, Weights, layout, settle
from penstock.kernel.errors import Invalid

_SPOILT_SHARE_MAX = 0.1


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """One figure: as estimated, and mean, standard error and percentile interval of resamples."""

    name: str
    original: float
    mean: float
    std_error: float
    low: float
    high: float


class Resampled(msgspec.Struct, frozen=True, kw_only=True):
    """Every figure's spread. `spoilt` resamples could not be estimated and are left out."""

    rounds: int
    spoilt: int
    level: float
    paths: list[Spread]
    total_effects: list[Spread]
    r_squared: list[Spread]
    weights: list[Spread]
    loadings: list[Spread]


def bootstrap(
    model: PathModel,
    columns: Mapping[str, Sequence[float]],
    *,
    seed: int,
    scheme: Scheme = "path",
    scaled: bool = True,
    rounds: int = 500,
    level: float = 0.95,
) -> Resampled:
    """Estimate the model on `rounds` resamples of the rows, and say how its figures spread.

    A resample may turn a construct round; each is turned back to the original's side first, or
    the interval would span a sign that nobody asked about (Hair et al. 2022, ch. 5).

    Raises:
        Invalid: as for `estimate`; or more than a tenth of the resamples cannot be estimated.

    """
    if rounds < 1 or not 0 < level < 1:
        raise Invalid("rounds must be at least 1, and level lie between 0 and 1")
    check(model)
    data = matrix_of(model, columns)
    shape = layout(model)
    original = covariance_of(data, scaled=scaled)
    settled = settle(shape, original, scheme)
    base = _figures(shape, original, settled)
    found = list(_resamples(shape, data, settled, scheme, scaled=scaled, rounds=rounds, seed=seed))
    spoilt = rounds - len(found)
    if not found or spoilt > _SPOILT_SHARE_MAX * rounds:
        raise Invalid(
            f"{spoilt} of {rounds} resamples could not be estimated: the rows are too few, or"
            " an indicator hardly varies"
        )
    kinds = {
        kind: _spreads(names, base[kind], np.array([one[kind] for one in found]), level)
        for kind, names in _names(model, shape).items()
    }
    return Resampled(rounds=rounds, spoilt=spoilt, level=level, **kinds)


def _resamples(
    shape: Layout,
    data: Matrix,
    settled: Weights,
    scheme: Scheme,
    *,
    scaled: bool,
    rounds: int,
    seed: int,
) -> Iterator[dict[str, Vector]]:
    random = np.random.default_rng(seed)
    for _ in range(rounds):
        rows = data[random.integers(0, len(data), len(data))]
        if (rows.std(axis=0) == 0).any():
            continue
        moments = covariance_of(rows, scaled=scaled)
        try:
            again = settle(shape, moments, scheme)
        except (Invalid, np.linalg.LinAlgError):
            continue
        sides = np.sign(np.einsum("ij,ij->j", again.outer, moments @ settled.outer))
        sides[sides == 0] = 1
        turned = Weights(
            again.outer * sides, again.between * np.outer(sides, sides), again.iterations
        )
        yield _figures(shape, moments, turned)


def _figures(shape: Layout, moments: Matrix, settled: Weights) -> dict[str, Vector]:
    coefficients, r_squared = inner_model(shape, settled.between)
    totals = total_effects(coefficients)
    loadings = (moments @ settled.outer) / np.sqrt(np.diag(moments))[:, None]
    own = np.array([j for j, s in enumerate(shape.slices) for _ in range(s.stop - s.start)])
    every = np.arange(len(own))
    led = [j for j, sources in enumerate(shape.sources) if sources]
    return {
        "paths": np.array([coefficients[i, j] for i, j in _arrows(shape)]),
        "total_effects": np.array([totals[i, j] for i, j in _reached(shape)]),
        "r_squared": r_squared[led],
        "weights": settled.outer[every, own],
        "loadings": loadings[every, own],
    }


def _names(model: PathModel, shape: Layout) -> dict[str, list[str]]:
    def arrows(pairs: list[tuple[int, int]]) -> list[str]:
        return [f"{shape.names[i]} -> {shape.names[j]}" for i, j in pairs]

    return {
        "paths": arrows(_arrows(shape)),
        "total_effects": arrows(_reached(shape)),
        "r_squared": [
            name for name, sources in zip(shape.names, shape.sources, strict=True) if sources
        ],
        "weights": model.indicators,
        "loadings": model.indicators,
    }


def _arrows(shape: Layout) -> list[tuple[int, int]]:
    return [(i, j) for j, sources in enumerate(shape.sources) for i in sources]


def _reached(shape: Layout) -> list[tuple[int, int]]:
    """Return the pairs with any way from the first to the second."""
    steps = np.zeros((len(shape.names), len(shape.names)))
    for i, j in _arrows(shape):
        steps[i, j] = 1
    ways = total_effects(steps)
    return [(int(i), int(j)) for i, j in zip(*np.nonzero(ways > 0.5), strict=True)]


def _spreads(names: list[str], base: Vector, found: Matrix, level: float) -> list[Spread]:
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2], axis=0)
    error = found.std(axis=0, ddof=1) if len(found) > 1 else np.zeros(len(names))
    return [
        Spread(
            name=name,
            original=float(base[n]),
            mean=float(found[:, n].mean()),
            std_error=float(error[n]),
            low=float(low[n]),
            high=float(high[n]),
        )
        for n, name in enumerate(names)
    ]
