"""What foresight says of open orders, as their picture wants it: one chance an order."""

from collections.abc import Iterable

from penstock.experience.foresee.ahead import Look
from penstock.experience.foresee.save import Danger, dangers


def chances_of(look: Look | None) -> dict[int, float]:
    """Return by fulfilment order the chance that it misses its next deadline, as was foreseen."""
    return {} if look is None else next_chances(dangers(look.history, look.model, look.foresight))


def next_chances(found: Iterable[Danger]) -> dict[int, float]:
    """Return by order the chance of the clock that runs out first; of several, the largest."""
    first: dict[int, Danger] = {}
    for danger in found:
        best = first.get(danger.order)
        if best is None or (danger.left_h, -danger.chance) < (best.left_h, -best.chance):
            first[danger.order] = danger
    return {order: danger.chance for order, danger in first.items()}
