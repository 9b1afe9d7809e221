"""How fast all merchants' parcels moved on each lane of late: a carrier's slow week is shared."""

from collections.abc import Sequence

import msgspec
import numpy as np

from penstock.experience.foresee.history import STAGES, Floats, History, Ints, day_of

_AGES = 21
_USUAL_DAYS = 56
_HALF_LIVES_DAYS = (0.7, 2.0, 6.0)
_PRIOR = 5.0
_PRIOR_WEEKDAY = 20.0


class Traffic(msgspec.Struct, frozen=True):
    """Parcels under way at the start of each past day, and those of them that arrived on it.

    Both are lane × day × age in days, over all merchants; the last day ends at the reading.
    """

    names: tuple[str, ...]
    there: Floats
    came: Floats


class Lanes(msgspec.Struct, frozen=True):
    """By lane, how much slower than usual parcels arrived of late: the last days, and the week.

    `slower` is lane × 2, the logarithm of arrivals that were usual over those that came.
    """

    names: tuple[str, ...]
    slower: Floats

    def along(self, history: History) -> Floats:
        """Return what is known of each lane of a merchant's history; nothing where none is."""
        place = {name: row for row, name in enumerate(self.names)}
        found = np.zeros((max(len(history.lanes), 1), len(_HALF_LIVES_DAYS)))
        for row, name in enumerate(history.lanes):
            if name in place:
                found[row] = self.slower[place[name]]
        return found


NOWHERE = Lanes((), np.zeros((0, len(_HALF_LIVES_DAYS))))
"""Nothing is known of any lane."""


def traffic_of(histories: Sequence[History]) -> Traffic:
    """Add up what moved on each lane, for histories that were read at one moment."""
    names = tuple(sorted({name for history in histories for name in history.lanes}))
    first = min((float(h.reached[-1].min(initial=0.0)) for h in histories), default=0.0)
    days = int(-first / 24) + 2
    shape = (len(names), days, _AGES)
    there, came = np.zeros(shape), np.zeros(shape)
    place = {name: row for row, name in enumerate(names)}
    for history in histories:
        rows = np.array([place[name] for name in history.lanes], dtype=np.int64)
        left = day_of(history.reached[STAGES.index("dispatched")], 0.0)
        ended = day_of(np.minimum(history.ended, history.cancelled), 0.0)
        gone = (left <= 0) & (left > -days)
        lane, left, ended = rows[history.lane[gone]], left[gone], np.maximum(ended, left)[gone]
        arrived = day_of(history.ended[gone], 0.0) == ended
        for age in range(_AGES):
            _count(there, lane, left + age, age, (ended >= left + age) & (left + age <= 0))
            _count(came, lane, left + age, age, (ended == left + age) & arrived & (ended <= 0))
    return Traffic(names, there, came)


def _count(
    into: Floats, lane: Ints, day: Ints, age: int, which: np.typing.NDArray[np.bool_]
) -> None:
    lanes, days, _ = into.shape
    cell = lane[which] * days + day[which] + days - 1
    into[:, :, age] += np.bincount(cell, minlength=lanes * days).reshape(lanes, days)


def lanes_at(traffic: Traffic, origin: float) -> Lanes:
    """Return how the lanes stood at `origin` (hours), of what had arrived by then alone."""
    last = traffic.there.shape[1] + int(np.floor(origin / 24 + 1e-9))
    first = max(last - _USUAL_DAYS, 0)
    there, came = traffic.there[:, first:last], traffic.came[:, first:last]
    days = there.shape[1]
    if not days:
        return NOWHERE
    ever = (came.sum(axis=1) + 0.1) / (there.sum(axis=1) + 1.0)
    usual = np.zeros_like(there)
    for phase in range(min(7, days)):
        same = slice(phase, None, 7)
        usual[:, same] = (
            (came[:, same].sum(axis=1) + _PRIOR_WEEKDAY * ever)
            / (there[:, same].sum(axis=1) + _PRIOR_WEEKDAY)
        )[:, None]
    expected, arrived = (there * usual).sum(axis=2), came.sum(axis=2)
    ago = np.arange(days)[::-1]
    slower = [
        np.log((expected @ weight + _PRIOR) / (arrived @ weight + _PRIOR))
        for half_life in _HALF_LIVES_DAYS
        for weight in [0.5 ** (ago / half_life)]
    ]
    return Lanes(traffic.names, np.stack(slower, axis=1))
