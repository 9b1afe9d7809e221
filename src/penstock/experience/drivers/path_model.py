"""A path model: blocks of indicators, each the sign of one construct, and paths between them."""

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Literal

import msgspec

from penstock.experience.drivers.array import Matrix, np
from penstock.kernel.errors import Invalid

Mode = Literal["A", "B"]
ROWS_MIN = 10
"""Below this many rows no path model says anything, however few its paths are."""
_CONSTANT = 1e-12
_SINGULAR = 1e-10


class Block(msgspec.Struct, frozen=True):
    """A construct and the indicators (column names) that show it.

    Mode A: the construct is seen in its indicators (reflective; each weight is a covariance).
    Mode B: the indicators make the construct up (formative; weights are a regression's).
    """

    construct: str
    indicators: tuple[str, ...]
    mode: Mode = "A"


class PathModel(msgspec.Struct, frozen=True):
    """Blocks, and paths `(source, target)` between their constructs; paths form no cycle."""

    blocks: tuple[Block, ...]
    paths: tuple[tuple[str, str], ...]

    @property
    def indicators(self) -> list[str]:
        """Every indicator, block by block."""
        return [name for block in self.blocks for name in block.indicators]

    def sources(self, target: str) -> list[str]:
        """Return the constructs with a path to `target`, in the order of the blocks."""
        return [b.construct for b in self.blocks if (b.construct, target) in self.paths]


def check(model: PathModel) -> None:
    """Refuse a model that cannot be estimated, whatever the data.

    Raises:
        Invalid: an empty or repeated block, an unknown or unused construct, a cycle.

    """
    constructs = [block.construct for block in model.blocks]
    _once(constructs, "the construct")
    _once(model.indicators, "the indicator")
    _once(model.paths, "the path")
    for block in model.blocks:
        if not block.indicators:
            raise Invalid(f"construct '{block.construct}' has no indicator")
    for source, target in model.paths:
        for construct in (source, target):
            if construct not in constructs:
                raise Invalid(f"path {source} -> {target}: there is no construct '{construct}'")
    linked = {construct for path in model.paths for construct in path}
    if alone := [construct for construct in constructs if construct not in linked]:
        raise Invalid(f"construct '{alone[0]}' has no path to or from another")
    try:
        TopologicalSorter({c: model.sources(c) for c in constructs}).prepare()
    except CycleError as cycle:
        raise Invalid(f"the paths form a cycle: {' -> '.join(reversed(cycle.args[1]))}") from None


def _once(names: Iterable[object], what: str) -> None:
    seen: set[object] = set()
    for name in names:
        if name in seen:
            raise Invalid(f"{what} {name!r} stands in the model twice")
        seen.add(name)


def matrix_of(model: PathModel, columns: Mapping[str, Sequence[float]]) -> Matrix:
    """Return the model's indicators as rows × indicators, in the model's order.

    Raises:
        Invalid: a column is absent, of another length, not all finite numbers, or constant; a
            mode B block is singular; there are fewer rows than the model needs.

    """
    for name in model.indicators:
        if name not in columns:
            raise Invalid(f"the data has no column '{name}'")
    if len({len(columns[name]) for name in model.indicators}) > 1:
        raise Invalid("the columns differ in length: each row needs a value of every indicator")
    try:
        data = np.array([columns[name] for name in model.indicators], dtype=float).T
    except (TypeError, ValueError):
        raise Invalid("a value is not a number: leave its row out, or fill it") from None
    _enough(model, len(data))
    for name, column in zip(model.indicators, data.T, strict=True):
        if not np.isfinite(column).all():
            raise Invalid(f"indicator '{name}' has missing values: leave their rows out, or fill")
        if column.std() <= _CONSTANT * max(1.0, float(abs(column).max())):
            raise Invalid(f"indicator '{name}' is constant: it explains nothing, leave it out")
    _independent(model, data)
    return np.asarray(data)


def _enough(model: PathModel, rows: int) -> None:
    most = max(len(model.sources(block.construct)) for block in model.blocks)
    formative = [len(block.indicators) for block in model.blocks if block.mode == "B"]
    needed = max(ROWS_MIN, most + 2, max(formative, default=0) + 2)
    if rows < needed:
        raise Invalid(f"{rows} rows are too few: this model needs {needed} at the very least")


def _independent(model: PathModel, data: Matrix) -> None:
    start = 0
    for block in model.blocks:
        end = start + len(block.indicators)
        if block.mode == "B" and end - start > 1:
            least = np.linalg.eigvalsh(np.corrcoef(data[:, start:end].T))[0]
            if least < _SINGULAR:
                raise Invalid(
                    f"block '{block.construct}' is singular: an indicator repeats the others;"
                    " leave one out, or use mode A"
                )
        start = end
