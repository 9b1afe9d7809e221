"""The admission rule of a drop: who is let in next, how long the others wait, nobody is lost."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

BURST = timedelta(seconds=10)
"""For how long an idle gate may save up: after a lull no more come in at once than in this time."""

_ROUNDING = 1e-9
"""Ten times a tenth of a minute must make a minute."""


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """A drop's gate as it stands: the saved-up `credit` in tickets, and since when.

    `per_minute` tickets may be let in a minute; None lets nobody in, as a pause does. `left` are
    the units for sale, `promised` those of tickets that were let in and are not used yet.
    """

    per_minute: float | None
    credit: float
    credited_at: datetime
    left: int
    promised: int


class LetIn(msgspec.Struct, frozen=True):
    """Which of those who wait are let in, by their place in the line, and the credit after that."""

    places: tuple[int, ...]
    credit: float


def let_in(gate: Gate, wishes: Sequence[int], now: datetime) -> LetIn:
    """Let in who waits, in the order of `wishes` (units each), as rate and stock allow.

    Never more units than are left free. Strictly in order: nobody is overtaken by asking for
    less, so whoever is next and wants more than is free keeps those behind waiting until what is
    promised is used or comes back. Only who wants more than there is in all is passed over.
    """
    credit = credit_at(gate, now)
    free = gate.left - gate.promised
    places = []
    for place, units in enumerate(wishes):
        if units > gate.left:
            continue
        if credit < 1 - _ROUNDING or units > free:
            break
        credit -= 1
        free -= units
        places.append(place)
    return LetIn(tuple(places), credit)


def credit_at(gate: Gate, now: datetime) -> float:
    """Return the tickets that the rate allows now, saved up for no longer than a burst."""
    if gate.per_minute is None:
        return 0.0
    passed = max(timedelta(0), now - gate.credited_at)
    most = max(1.0, gate.per_minute * (BURST / timedelta(minutes=1)))
    return min(most, gate.credit + gate.per_minute * (passed / timedelta(minutes=1)))


def wait_s(ahead: int, per_minute: float | None) -> float | None:
    """Return for how many seconds a ticket with `ahead` before it waits; None if nobody knows."""
    return None if not per_minute else 60.0 * (ahead + 1) / per_minute
