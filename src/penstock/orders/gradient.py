"""How many orders may wait: found by watching how long they wait, not set.

The limit follows the gradient between how long batches usually take and how long they take now.
While that is 1 the limit creeps up by the square root of itself, as some queue is healthy; as soon
as batches take longer than they used to, it falls in proportion. Method: "Gradient2" of Netflix'
concurrency-limits (its README describes it); the numbers are ours.
"""

from math import sqrt

_TOLERANCE = 2.0
"""Batches may take this much longer than usual before anything is refused: they vary in size."""
_SMOOTHING = 0.2
_LONG = 1 / 200
_SHORT = 1 / 5


class Gradient:
    """An adaptive limit between `least` and `most`, fed with one duration a batch."""

    def __init__(self, least: int, most: int) -> None:
        """Begin at the top: what has not been slow yet is not limited."""
        self._least = least
        self._most = most
        self._long_s = 0.0
        self._short_s = 0.0
        self._limit = float(most)

    @property
    def limit(self) -> int:
        """How many may wait now."""
        return int(self._limit)

    def sample(self, took_s: float, waiting: int) -> None:
        """Learn from a batch that took `took_s` while `waiting` others waited behind it."""
        if not self._long_s:
            self._long_s = self._short_s = took_s
            return
        self._long_s += (took_s - self._long_s) * _LONG
        self._short_s += (took_s - self._short_s) * _SHORT
        # A long spell of trouble must not become what is usual, once it is over.
        self._long_s = min(self._long_s, 2 * self._short_s)
        gradient = max(0.5, min(1.0, _TOLERANCE * self._long_s / self._short_s))
        if gradient == 1.0 and waiting < self._limit / 2:
            return  # nothing pushes against the limit, so nothing is learnt about a higher one
        wanted = self._limit * gradient + sqrt(self._limit)
        limit = self._limit * (1 - _SMOOTHING) + wanted * _SMOOTHING
        self._limit = max(self._least, min(self._most, limit))
