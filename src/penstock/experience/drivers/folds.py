"""Dealing rows out to folds, so that every row is judged by models that never saw it."""

from collections.abc import Hashable, Sequence

from penstock.experience.drivers.array import Places, np
from penstock.kernel.errors import Invalid


def deal(labels: Sequence[bool], units: Sequence[Hashable], *, folds: int, seed: int) -> Places:
    """Return the fold (0 to `folds` - 1) of each row.

    Rows of one unit (one shopper, say) share a fold, or a model would be asked about what it has
    seen. Units with and without a true label are dealt out evenly, in an order of the seed's.

    Raises:
        Invalid: fewer than two folds, or fewer units of either kind than folds.

    """
    if folds < 2:
        raise Invalid("folds must be at least 2")
    marked: dict[Hashable, bool] = {}
    for unit, label in zip(units, labels, strict=True):
        marked[unit] = marked.get(unit, False) or bool(label)
    random = np.random.default_rng(seed)
    fold: dict[Hashable, int] = {}
    for kind in (False, True):
        some = [unit for unit, mark in marked.items() if mark is kind]
        if len(some) < folds:
            raise Invalid(f"{len(some)} units of one kind are too few for {folds} folds")
        for place, number in enumerate(random.permutation(len(some)).tolist()):
            fold[some[number]] = place % folds
    return np.array([fold[unit] for unit in units], dtype=int)
