"""Which items of a sequence stand in it earlier, too: found in one pass, however long it is."""

from collections.abc import Hashable, Iterable


def repeats(items: Iterable[Hashable]) -> frozenset[int]:
    """Return the places, from 0, of items that came before.

    A look back from each item takes hours where somebody sends a hundred thousand of them.
    """
    seen: set[Hashable] = set()
    found = []
    for place, item in enumerate(items):
        if item in seen:
            found.append(place)
        seen.add(item)
    return frozenset(found)
