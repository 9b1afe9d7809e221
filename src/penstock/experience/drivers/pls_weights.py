"""The iteration of PLS path modelling, on the indicators' covariances alone.

Everything that the algorithm needs of the data is in the covariance matrix of the indicators, so
an iteration costs the same for a hundred rows and for a million; rows come back for the scores.

Sources: Lohmöller (1989), Latent Variable Path Modeling with Partial Least Squares, ch. 2;
Tenenhaus, Esposito Vinzi, Chatelin & Lauro (2005), PLS path modeling, Computational Statistics &
Data Analysis 48(1), 159-205.
"""

from typing import Literal

import msgspec

from penstock.experience.drivers.array import Matrix, Vector, np
from penstock.experience.drivers.path_model import PathModel
from penstock.kernel.errors import Invalid

Scheme = Literal["centroid", "factorial", "path"]
TOLERANCE = 1e-9
ITERATIONS_MAX = 1000
_COLLINEAR = 1e-10


class Weights(msgspec.Struct, frozen=True):
    """Outer weights that settled.

    `outer` is indicators × constructs, zero outside the blocks, and gives scores of variance 1;
    `between` is the correlation matrix of the constructs.
    """

    outer: Matrix
    between: Matrix
    iterations: int


class Layout(msgspec.Struct, frozen=True):
    """A model as arrays: which slice of indicators each construct has, and who leads to whom."""

    slices: tuple[slice, ...]
    formative: tuple[bool, ...]
    sources: tuple[tuple[int, ...], ...]
    linked: Matrix
    names: tuple[str, ...]


def layout(model: PathModel) -> Layout:
    """Give numbers to the model's constructs and indicators, in the order of its blocks."""
    names = tuple(block.construct for block in model.blocks)
    place = {name: number for number, name in enumerate(names)}
    ends = np.cumsum([len(block.indicators) for block in model.blocks])
    linked = np.zeros((len(names), len(names)))
    for source, target in model.paths:
        linked[place[source], place[target]] = linked[place[target], place[source]] = 1
    return Layout(
        slices=tuple(
            slice(int(end) - len(block.indicators), int(end))
            for end, block in zip(ends, model.blocks, strict=True)
        ),
        formative=tuple(block.mode == "B" for block in model.blocks),
        sources=tuple(tuple(place[s] for s in model.sources(name)) for name in names),
        linked=linked,
        names=names,
    )


def settle(shape: Layout, covariance: Matrix, scheme: Scheme) -> Weights:
    """Iterate outer and inner estimation until no weight moves any more.

    A construct's sign is free; it is chosen so that its loadings sum to something positive.

    Raises:
        Invalid: the weights do not settle, or constructs explain one another wholly.

    """
    outer = np.zeros((len(covariance), len(shape.slices)))
    for number, block in enumerate(shape.slices):
        outer[block, number] = 1
    outer = _unit(outer, covariance, shape)
    for iteration in range(1, ITERATIONS_MAX + 1):
        crossed = covariance @ outer
        inner = _inner(shape, outer.T @ crossed, scheme)
        proxies = crossed @ inner
        new = np.zeros_like(outer)
        for number, block in enumerate(shape.slices):
            new[block, number] = proxies[block, number]
            if shape.formative[number]:
                new[block, number] = np.linalg.solve(covariance[block, block], new[block, number])
        new = _unit(new, covariance, shape)
        # Without scale or sign of its own, a weight has settled when its block's direction has.
        moved = max(
            min(abs(new[:, j] - outer[:, j]).max(), abs(new[:, j] + outer[:, j]).max())
            / abs(new[:, j]).max()
            for j in range(len(shape.slices))
        )
        outer = new
        if moved < TOLERANCE:
            outer = _signed(outer, covariance, shape)
            return Weights(outer, outer.T @ covariance @ outer, iteration)
    raise Invalid(
        f"the weights did not settle in {ITERATIONS_MAX} rounds: try the scheme 'path', or fewer"
        " constructs with clearer indicators"
    )


def _unit(outer: Matrix, covariance: Matrix, shape: Layout) -> Matrix:
    """Scale each construct's weights so that its scores have variance 1."""
    variances = np.einsum("ij,ik,kj->j", outer, covariance, outer)
    if not (np.isfinite(variances).all() and (variances > 0).all()):
        weak = int(np.argmin(np.nan_to_num(variances, nan=-1.0)))
        raise Invalid(f"construct '{shape.names[weak]}' is unrelated to all others: no weights")
    return np.asarray(outer / np.sqrt(variances))


def _signed(outer: Matrix, covariance: Matrix, shape: Layout) -> Matrix:
    spread = np.sqrt(np.diag(covariance))
    loadings = (covariance @ outer) / spread[:, None]
    signs = [
        -1.0 if loadings[block, number].sum() < 0 else 1.0
        for number, block in enumerate(shape.slices)
    ]
    return np.asarray(outer * signs)


def _inner(shape: Layout, between: Matrix, scheme: Scheme) -> Matrix:
    """Return how each construct's inner proxy (a column) is put together from its neighbours."""
    if scheme == "centroid":
        return np.asarray(np.sign(between) * shape.linked)
    inner = between * shape.linked
    if scheme == "path":
        for target, sources in enumerate(shape.sources):
            if sources:
                inner[list(sources), target] = regress(shape, between, target, sources)
    return np.asarray(inner)


def regress(shape: Layout, between: Matrix, target: int, sources: tuple[int, ...]) -> Vector:
    """Return the coefficients of a construct's regression on others, all of variance 1.

    Raises:
        Invalid: the others explain one another wholly.

    """
    among = between[np.ix_(sources, sources)]
    if len(sources) > 1 and np.linalg.eigvalsh(among)[0] < _COLLINEAR:
        named = ", ".join(shape.names[source] for source in sources)
        raise Invalid(
            f"the constructs before '{shape.names[target]}' ({named}) are collinear: merge two"
        )
    return np.asarray(np.linalg.solve(among, between[list(sources), target]))
