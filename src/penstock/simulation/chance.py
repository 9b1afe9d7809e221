"""Chance that is the same whenever it is asked: a draw is a function of the seed and a name.

A play that is killed and taken up again must meet the same fate, so no draw may depend on how
many were made before it.
"""

import math
from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """Draws named by what they decide, such as ("lost", tracking_number)."""

    def __init__(self, seed: int) -> None:
        """Draw from `seed`."""
        self._seed = f"{seed}\x1f"

    def uniform(self, *name: object) -> float:
        """Return a number in [0, 1)."""
        text = self._seed + "\x1f".join(map(str, name))
        digest = blake2b(text.encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") / 2**64

    def happens(self, share: float, *name: object) -> bool:
        """Tell whether something that befalls `share` of all befalls this one."""
        return self.uniform(*name) < share

    def exponential(self, mean: float, *name: object) -> float:
        """Return a waiting time with this mean."""
        return -mean * math.log1p(-self.uniform(*name))

    def choice(self, items: Sequence[T], weights: Sequence[float], *name: object) -> T:
        """Return one of `items`, each as likely as its weight."""
        left = self.uniform(*name) * sum(weights)
        for item, weight in zip(items, weights, strict=True):
            left -= weight
            if left < 0:
                return item
        return items[-1]
