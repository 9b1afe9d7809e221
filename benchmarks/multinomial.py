"""A detector that others published and scored, to hold our scoring against theirs.

Multinomial goodness of fit: Wang, Viswanathan, Choudur, Talwar, Satterfield and Schwan,
"Statistical Techniques for Online Anomaly Detection in Data Centers" (IM 2011), figure 1, with
the settings of NAB's "relativeEntropy". It is deterministic and says only yes or no, so its
published score can be met to the last digit. It knows the range of the whole file beforehand,
which no detector in service does.
"""

import math
from collections import deque
from collections.abc import Sequence

WINDOW = 52
BINS = 5
CHI_SQUARE = 13.276704135987622
"""The 99th percentile at 4 degrees of freedom."""


def detect(values: Sequence[float]) -> list[float]:
    """Return 1 where a window's histogram is like none that was seen before, else 0."""
    low, step = min(values), (max(values) - min(values)) / BINS
    said = [0.0] * len(values)
    if step == 0:
        return said
    held: deque[int] = deque()
    counts = [0] * BINS
    kinds: list[list[float]] = []
    seen: list[int] = []
    for i, value in enumerate(values):
        place = min(math.ceil((value - low) / step), BINS - 1)
        held.append(place)
        counts[place] += 1
        if len(held) > WINDOW:
            counts[held.popleft()] -= 1
        if len(held) < WINDOW:
            continue
        closest = _closest(counts, kinds)
        if closest is None:
            said[i] = 1.0 if kinds else 0.0
            kinds.append([math.log(n / WINDOW) if n else -math.inf for n in counts])
            seen.append(1)
        else:
            seen[closest] += 1
            if seen[closest] <= 1:
                said[i] = 1.0
    return said


def _closest(counts: Sequence[int], kinds: Sequence[Sequence[float]]) -> int | None:
    own = sum(n * math.log(n / WINDOW) for n in counts if n)
    found = [
        (2 * (own - sum(n * log for n, log in zip(counts, kind, strict=True) if n)), number)
        for number, kind in enumerate(kinds)
    ]
    least, number = min(found, default=(math.inf, 0))
    return number if least < CHI_SQUARE else None
