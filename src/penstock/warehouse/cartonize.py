"""Which cartons an order's units go into: few, and each as small as can be; pure."""

from collections.abc import Sequence
from functools import lru_cache

import msgspec

OWN = "own"
"""The carton of a unit that fits none: it ships in its own packaging."""
FILL_PERCENT_MAX = 80
"""How much of a carton's volume several units may take: room for what does not interlock."""


class Unit(msgspec.Struct, frozen=True):
    """The outer size and weight of one unit of a SKU."""

    length_mm: int
    width_mm: int
    height_mm: int
    weight_g: int


class Carton(msgspec.Struct, frozen=True):
    """A carton on the shelf; `load_g` is the heaviest contents, without the tare."""

    carton: str
    length_mm: int
    width_mm: int
    height_mm: int
    tare_g: int
    load_g: int


class Filled(msgspec.Struct, frozen=True):
    """One carton with its contents: `counts` units of each kind, `weight_g` with the tare."""

    carton: str
    counts: tuple[int, ...]
    weight_g: int


Kind = tuple[Unit, int]
"""So many units that are alike."""
Sides = tuple[int, int, int]


class _Contents(msgspec.Struct):
    """A carton being filled: its contents as the limits see them."""

    counts: list[int]
    sides: Sides = (0, 0, 0)
    volume_mm3: int = 0
    weight_g: int = 0
    units: int = 0

    def with_one(self, unit: Unit, kind: int) -> "_Contents":
        counts = self.counts.copy()
        counts[kind] += 1
        a, b, c = _sides(unit)
        longest, middle, shortest = self.sides
        return _Contents(
            counts,
            (max(a, longest), max(b, middle), max(c, shortest)),
            self.volume_mm3 + a * b * c,
            self.weight_g + unit.weight_g,
            self.units + 1,
        )


def cartonize(kinds: Sequence[Kind], cartons: Sequence[Carton]) -> tuple[Filled, ...]:
    """Put every unit into exactly one carton; the same contents always get the same cartons.

    `counts` of the answer are in the order of `kinds`. A carton holds its contents if each unit,
    turned as need be, is no longer, wider or higher than it, if they weigh no more than its load,
    and if several units together take at most 80 % of its volume. Where one carton cannot hold
    all, units go largest first into the first carton begun that can still take them (first-fit
    decreasing), and each ends in the smallest carton by volume that holds what it got. Orders of
    a stream are alike, so answers are remembered.
    """
    order = sorted(range(len(kinds)), key=lambda i: _largest_first(kinds[i][0]))
    filled = _fill(tuple(kinds[i] for i in order), tuple(sorted(cartons, key=_smallest_first)))
    place = {kind: position for position, kind in enumerate(order)}
    return tuple(
        Filled(f.carton, tuple(f.counts[place[i]] for i in range(len(kinds))), f.weight_g)
        for f in filled
    )


@lru_cache(maxsize=20_000)
def _fill(kinds: tuple[Kind, ...], cartons: tuple[Carton, ...]) -> tuple[Filled, ...]:
    begun: list[_Contents] = []
    own: list[Filled] = []
    for kind, (unit, count) in enumerate(kinds):
        empty = _Contents([0] * len(kinds))
        if _smallest(alone := empty.with_one(unit, kind), cartons) is None:
            own += [Filled(OWN, tuple(alone.counts), unit.weight_g)] * count
            continue
        first = 0
        for _ in range(count):
            while first < len(begun):
                fuller = begun[first].with_one(unit, kind)
                if _smallest(fuller, cartons) is not None:
                    begun[first] = fuller
                    break
                first += 1  # what refuses one unit refuses every one like it
            else:
                begun.append(alone)
    return (*(_closed(contents, cartons) for contents in begun), *own)


def _closed(contents: _Contents, cartons: tuple[Carton, ...]) -> Filled:
    carton = _smallest(contents, cartons)
    assert carton is not None, "a carton was filled beyond every limit"
    return Filled(carton.carton, tuple(contents.counts), contents.weight_g + carton.tare_g)


def _smallest(contents: _Contents, cartons: tuple[Carton, ...]) -> Carton | None:
    for carton in cartons:
        fits = all(c <= k for c, k in zip(contents.sides, _sides(carton), strict=True))
        fill_percent_max = 100 if contents.units == 1 else FILL_PERCENT_MAX
        if (
            fits
            and contents.weight_g <= carton.load_g
            and contents.volume_mm3 * 100 <= _volume_mm3(carton) * fill_percent_max
        ):
            return carton
    return None


def _sides(thing: Unit | Carton) -> Sides:
    longest, middle, shortest = sorted(
        (thing.length_mm, thing.width_mm, thing.height_mm), reverse=True
    )
    return longest, middle, shortest


def _volume_mm3(thing: Unit | Carton) -> int:
    return thing.length_mm * thing.width_mm * thing.height_mm


def _largest_first(unit: Unit) -> tuple[int, ...]:
    return -_volume_mm3(unit), *(-side for side in _sides(unit)), -unit.weight_g


def _smallest_first(carton: Carton) -> tuple[int, Sides, str]:
    return _volume_mm3(carton), _sides(carton), carton.carton
