"""How well blocks measure their constructs: reliability, convergence, discrimination."""

import math

import msgspec

from penstock.experience.drivers.array import Matrix, Vector, np
from penstock.experience.drivers.path_model import Mode, PathModel
from penstock.experience.drivers.pls_weights import Layout

_NOTHING = 1e-12


class Construct(msgspec.Struct, frozen=True, kw_only=True):
    """One construct's measurement and how much of it the paths explain.

    `r_squared` is None where no path leads. `ave`, `cronbach_alpha` and `dillon_goldstein_rho`
    suppose that one thing is behind all indicators, so formative blocks (mode B) have none; nor
    has a block an alpha whose indicators cancel one another: turn the reversed ones.
    Of a block with one clear meaning the first eigenvalue is large and the second below 1.
    """

    name: str
    mode: Mode
    r_squared: float | None
    communality: float
    redundancy: float
    ave: float | None
    cronbach_alpha: float | None
    dillon_goldstein_rho: float | None
    eigenvalues: list[float]


class Pair(msgspec.Struct, frozen=True):
    """The heterotrait-monotrait ratio of two constructs; from 0.85 (or 0.90) on they are one."""

    first: str
    second: str
    ratio: float


def constructs_of(
    model: PathModel, shape: Layout, correlations: Matrix, loadings: Matrix, r_squared: Vector
) -> list[Construct]:
    """Judge every block from its indicators' correlations and loadings.

    Cronbach's alpha is the one of standardised indicators. Dillon–Goldstein's rho is taken from
    the block's first principal component (Tenenhaus et al. 2005, section 1.3.1.1).
    """
    answer = []
    for number, (block, place) in enumerate(zip(model.blocks, shape.slices, strict=True)):
        communality = float((loadings[place, number] ** 2).mean())
        within = correlations[place, place]
        reflective = block.mode == "A"
        values, vectors = np.linalg.eigh(within)
        explained = float(r_squared[number])
        answer.append(
            Construct(
                name=block.construct,
                mode=block.mode,
                r_squared=explained if shape.sources[number] else None,
                communality=communality,
                redundancy=communality * explained,
                ave=communality if reflective else None,
                cronbach_alpha=_alpha(within) if reflective else None,
                dillon_goldstein_rho=_rho(values[-1], vectors[:, -1]) if reflective else None,
                eigenvalues=values[::-1].tolist(),
            )
        )
    return answer


def _alpha(within: Matrix) -> float | None:
    size = len(within)
    if size == 1:
        return 1.0
    total = float(within.sum())
    return size / (size - 1) * (1 - size / total) if total > _NOTHING else None


def _rho(value: float, vector: Vector) -> float:
    on_component = vector * math.sqrt(value)
    shared = float(on_component.sum() ** 2)
    whole = shared + float((1 - on_component**2).sum())
    return shared / whole if whole > _NOTHING else 0.0


def htmt(model: PathModel, shape: Layout, correlations: Matrix) -> list[Pair]:
    """Return the heterotrait-monotrait ratio of each pair of reflective constructs.

    The mean correlation between the blocks over the geometric mean of the mean correlations
    within them, all without sign, since an item may be worded the other way round (Henseler,
    Ringle & Sarstedt 2015, J. Acad. Mark. Sci. 43, 115-135). A single indicator agrees with
    itself by 1.
    """
    size = np.abs(correlations)
    reflective = [n for n, block in enumerate(model.blocks) if block.mode == "A"]
    pairs = [(i, j) for at, i in enumerate(reflective) for j in reflective[at + 1 :]]
    return [
        Pair(
            shape.names[i],
            shape.names[j],
            _over(
                float(size[shape.slices[i], shape.slices[j]].mean()),
                math.sqrt(_within(size, shape.slices[i]) * _within(size, shape.slices[j])),
            ),
        )
        for i, j in pairs
    ]


def _over(between: float, within: float) -> float:
    return between / within if within > _NOTHING else math.inf


def _within(size: Matrix, place: slice) -> float:
    block = size[place, place]
    among = len(block) * (len(block) - 1)
    return float((block.sum() - len(block)) / among) if among else 1.0
