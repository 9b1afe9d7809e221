"""What blocks of orders add to each metric: a resample of blocks is summed from it."""

from collections.abc import Mapping

import msgspec

from penstock.experience.drivers.array import Matrix, Places, Vector, np
from penstock.experience.lift.recount import Tally
from penstock.experience.scores.points import Count

_BLOCKS_MIN = 20
_BLOCKS_US = (86_400e6, 3_600e6, 60e6, 1.0)
_APART = 0.02
"""How far the recount of what happened may be from the database's count, of the orders counted."""


class Sums(msgspec.Struct, frozen=True):
    """What each block of orders adds: numerators, denominators and excluded by metric; losses."""

    codes: tuple[str, ...]
    parts: Matrix
    lost_minor: Vector

    def counts(self, weights: Vector) -> dict[str, Count]:
        """Sum up, each block as often as its weight says."""
        summed = weights @ self.parts
        return {
            code: Count(
                numerator=round(float(summed[3 * i])),
                denominator=round(float(summed[3 * i + 1])),
                excluded=round(float(summed[3 * i + 2])),
            )
            for i, code in enumerate(self.codes)
        }


def sums_of(found: Mapping[str, Tally], lost_minor: Vector, block: Places, blocks: int) -> Sums:
    """Sum what orders add to metrics, and the money that they lost, over `blocks` of them."""

    def by_block(values: Vector) -> Vector:
        return np.asarray(np.bincount(block, weights=values, minlength=blocks))

    parts = [part for tally in found.values() for part in _parts(tally)]
    return Sums(
        tuple(found), np.column_stack([by_block(part) for part in parts]), by_block(lost_minor)
    )


def blocks_of(ordered: Vector) -> Places:
    """Put orders into blocks that are drawn as one: days where there are enough of them.

    Orders of a day share its luck; where all came within one evening the hours do, or the minutes.
    """
    for width in _BLOCKS_US:
        _, block = np.unique(ordered // width, return_inverse=True)
        if block.max() + 1 >= _BLOCKS_MIN:
            return np.asarray(block)
    return np.arange(len(ordered))


def _parts(tally: Tally) -> tuple[Vector, Vector, Vector]:
    return tally.counted * tally.earned, tally.counted, tally.excluded


def close(recounted: Count | None, measured: Count | None) -> bool:
    """Tell whether a recount of what happened is as good as the database's count."""
    if recounted is None or measured is None:
        return recounted is measured
    within = max(1.0, _APART * measured.denominator)
    return abs(recounted.denominator - measured.denominator) <= within and abs(
        recounted.numerator - measured.numerator
    ) <= within * max(1.0, measured.numerator / max(1, measured.denominator))
