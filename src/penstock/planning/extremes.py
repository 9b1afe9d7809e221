"""The range that a series has kept to, and how far beyond it the next value is."""

import msgspec

_UNHEARD_OF = 10.0
"""What any change is to a series that has never changed."""


class Extremes(msgspec.Struct):
    """The lowest and highest value met, drawn slowly towards the mean of late so as to forget."""

    seen: int = 0
    low: float = 0.0
    high: float = 0.0
    mean: float = 0.0

    def excess(self, value: float, memory: float) -> float:
        """Learn a value; return by which share of the range it was beyond it, below 0 if under it.

        `memory` is the number of values in which the range is forgotten.
        """
        if not self.seen:
            self.low = self.high = self.mean = value
            self.seen = 1
            return 0.0
        beyond = max(value - self.high, 0.0) or min(value - self.low, 0.0)
        span = self.high - self.low
        if beyond:
            beyond = beyond / span if span > 0 else (_UNHEARD_OF if beyond > 0 else -_UNHEARD_OF)
        self.seen += 1
        self.mean += (value - self.mean) / min(self.seen, memory / 4)
        self.high = max(value, self.high - (self.high - self.mean) / memory)
        self.low = min(value, self.low + (self.mean - self.low) / memory)
        return beyond
