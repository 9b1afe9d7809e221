"""A node's floor, worked off again with more pickers or other orders: a queue, by its own past.

Pickers take batches, the most urgent first, at the moments at which the floor was seen to act; a
walk takes as long as those that began nearest to it did. So shifts, breaks and slow evenings need
no parameters: they are in the past that is replayed. What stands in the way of a plain formula
(Lindley's recursion) is that urgent orders overtake and that batches share a picker.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from heapq import heappop, heappush

import msgspec

DAY_US = 86_400_000_000
_NEAR = 5
_DAYS_MORE = 30
ORDERS_MAX, ALIKE_MIN, IN_HAND_H = 20, 5, 2.0
"""How the floor is fed: orders a batch, single units of a SKU for a walk of their own, and hours of
work released at once. They are those of `warehouse.release`, and a test holds them to it."""


class Walked(msgspec.Struct, frozen=True):
    """A walk as a floor remembers it; times in microseconds."""

    picker: str
    orders: int
    started: int
    picked: int


class Floor(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a floor: its walks by start, the moments at which it acted, its width."""

    walks: tuple[Walked, ...]
    moments: tuple[int, ...]
    orders_per_hour: int
    staffed: dict[int, int]
    """Local day (a number) → how many pickers were seen at work."""
    offset: int
    """Microseconds to add to an instant for the node's local time; days are counted in that."""

    def pickers(self, at: int) -> int:
        """Return how many picked on the day of `at`; on a day that nobody did, the usual number."""
        usual = max(self.staffed.values(), default=1)
        return self.staffed.get((at + self.offset) // DAY_US, usual)


class Job(msgspec.Struct, frozen=True):
    """An order to pick: from when on, how urgent (smaller is sooner), and its number.

    `alike` is whose single unit of which SKU it is, or None; several of them share a walk.
    """

    ready: int
    urgency: int
    number: int
    alike: tuple[int, int] | None


def floor_of(
    walks: Sequence[Walked], released: Sequence[int], orders_per_hour: int, offset: int
) -> Floor:
    """Learn a floor from its walks and from when batches were released to it."""
    by_start = tuple(sorted(walks, key=lambda w: (w.started, w.picked)))
    seen: dict[int, set[str]] = {}
    for walk in by_start:
        seen.setdefault((walk.started + offset) // DAY_US, set()).add(walk.picker)
    moments = {w.started for w in by_start} | {w.picked for w in by_start} | set(released)
    return Floor(
        walks=by_start,
        moments=tuple(sorted(moments)),
        orders_per_hour=orders_per_hour,
        staffed={day: len(pickers) for day, pickers in seen.items()},
        offset=offset,
    )


def work_off(floor: Floor, jobs: Sequence[Job], *, more: int = 0) -> list[int | None]:
    """Return when each job is picked with `more` pickers on every day; None: not in a month.

    At each moment what is done is put down, idle pickers take the most urgent batch, and the
    floor is given new ones, up to what it does in two hours, in batches as release forms them.
    """
    if not floor.walks:
        return [None] * len(jobs)
    room = max(1, int(floor.orders_per_hour * IN_HAND_H))
    starts = [walk.started for walk in floor.walks]
    arrivals = sorted(range(len(jobs)), key=lambda i: (jobs[i].ready, i))
    picked: list[int | None] = [None] * len(jobs)
    waiting: list[tuple[int, int, int]] = []
    batches: list[tuple[int, int, list[int]]] = []
    in_hand: list[tuple[int, list[int]]] = []
    come, on_floor, formed, left = 0, 0, 0, len(jobs)
    for now in _moments(floor):
        while in_hand and in_hand[0][0] <= now:
            at, done = heappop(in_hand)
            for job in done:
                picked[job] = at
            on_floor -= len(done)
            left -= len(done)
        while batches and len(in_hand) < floor.pickers(now) + more:
            _, _, batch = heappop(batches)
            heappush(in_hand, (now + _takes(floor, starts, now, len(batch)), batch))
        while come < len(arrivals) and jobs[arrivals[come]].ready <= now:
            job = arrivals[come]
            heappush(waiting, (jobs[job].urgency, jobs[job].number, job))
            come += 1
        new = [heappop(waiting)[2] for _ in range(min(len(waiting), room - on_floor))]
        on_floor += len(new)
        for batch in batched(jobs, new):
            formed += 1
            heappush(batches, (min(jobs[job].urgency for job in batch), formed, batch))
        if not left:
            break
    return picked


def batched(jobs: Sequence[Job], released: Sequence[int]) -> list[list[int]]:
    """Put released jobs, the most urgent first, into batches in the order of their numbers.

    As `warehouse.release`: single units of one SKU have walks of their own from `ALIKE_MIN` on,
    of at most `ORDERS_MAX`; the others are walked for together.
    """
    waves: dict[tuple[int, int], list[int]] = {}
    for job in released:
        alike = jobs[job].alike
        if alike is not None:
            waves.setdefault(alike, []).append(job)
    own: list[tuple[int, bool, tuple[int, int], int, list[int]]] = []
    apart: set[int] = set()
    for alike, some in waves.items():
        for first in range(0, len(some), ORDERS_MAX):
            wave = some[first : first + ORDERS_MAX]
            if len(wave) >= ALIKE_MIN:
                apart.update(wave)
                own.append((jobs[wave[0]].urgency, True, alike, first, wave))
    mixed = [job for job in released if job not in apart]
    for first in range(0, len(mixed), ORDERS_MAX):
        part = mixed[first : first + ORDERS_MAX]
        own.append((jobs[part[0]].urgency, False, (0, 0), first, part))
    return [batch for *_, batch in sorted(own)]


def _moments(floor: Floor) -> list[int]:
    """Return the moments seen, and the last full day of them again and again for a month."""
    end = floor.moments[-1]
    last = [moment for moment in floor.moments if moment > end - DAY_US]
    more = [moment + day * DAY_US for day in range(1, _DAYS_MORE + 1) for moment in last]
    return [*floor.moments, *more]


def _takes(floor: Floor, starts: Sequence[int], at: int, orders: int) -> int:
    """Return how long a walk of so many orders takes that begins at `at`.

    As long as the most similar one among those that began nearest to it.
    """
    place = bisect_right(starts, at)
    near = floor.walks[max(0, place - _NEAR) : place + _NEAR]
    ahead = min(abs(walk.started - at) for walk in near)
    # Those of the same moment know best; else the few around it.
    close = [w for w in near if abs(w.started - at) <= ahead] or list(near)
    walk = min(close, key=lambda w: (abs(w.orders - orders), w.started))
    return max(1, walk.picked - walk.started)


class Gaps(msgspec.Struct, frozen=True):
    """A gap that followed an event, by when the event was; both in microseconds."""

    at: tuple[int, ...]
    gap: tuple[int, ...]

    def near(self, at: int) -> int:
        """Return the gap of the event nearest to `at`; 0 where there never was one."""
        if not self.at:
            return 0
        place = bisect_left(self.at, at)
        if place == len(self.at) or (place and at - self.at[place - 1] < self.at[place] - at):
            place -= 1
        return self.gap[place]


def gaps_of(pairs: Sequence[tuple[int, int]]) -> Gaps:
    """Learn gaps from (event, next event); of those at one moment the middle one counts."""
    by_moment: dict[int, list[int]] = {}
    for at, then in pairs:
        if then >= at:
            by_moment.setdefault(at, []).append(then - at)
    moments = sorted(by_moment)
    middles = [sorted(by_moment[at])[len(by_moment[at]) // 2] for at in moments]
    return Gaps(tuple(moments), tuple(middles))


def pickers_seen(floor: Floor) -> int:
    """Return how many pickers a usual day had: the median of the days worked."""
    counts = sorted(Counter(floor.staffed).values())
    return counts[len(counts) // 2] if counts else 0
