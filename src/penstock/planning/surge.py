"""A detector of spikes nobody planned: one number at a time, in constant time and memory.

A value is put on Anscombe's scale, ``2 √(x + 3/8)``, on which counts differ from their rate by
about 1 whatever that rate is (Anscombe, Biometrika 35, 1948), and is held against a *reference*:
the slow level of the series, or its profile over the day where that has proved closer. Two voters
watch it, the deviation of this point and the mean of the last `window` points. Each remembers the
extremes that it has met, forgetting slowly, and votes by how far beyond them it is, as a share of
their range: what is heavy-tailed or restless is judged by its own past and not by a normal one.

Where a series consists of counts, a vote must also be no matter of chance. By Chernoff's bound a
Poisson count of mean m reaches x with a probability of at most ``exp(m - x + x ln(m/x))``, half
the deviance of Poisson regression as exponent; it is reckoned of the point, or of the window.
"""

import math
from copy import copy

import msgspec

from penstock.planning.extremes import Extremes

ALARM = 0.5
"""A score from which on a point is the beginning of a surge: its excess has reached the margin."""
_DAYS_TO_KNOW = 2
_JUDGED_WEIGHT = 0.003
_OUTLIER = 4.0


class Tuning(msgspec.Struct, frozen=True, kw_only=True):
    """How a series is watched; lengths in points.

    `warm_up`: points that are learnt from and not judged. `window`: of the second voter. `rest`:
    an alarm speaks for so many points after it. `memory`: in this time extremes are forgotten.
    `level_weight` and `day_weight`: of the newest point in the level, of the newest day in the
    profile of `slots` a day. The margins are shares of the range met so far. `chance`: the
    probability that an alarm over counts must stay below. `rate_least`: counts are judged as if at
    least this many were expected a point. `falls`: unexpected quiet is told of, too.
    """

    warm_up: int = 750
    window: int = 24
    rest: int = 30
    memory: float = 10_000
    level_weight: float = 0.005
    day_weight: float = 0.15
    slots: int = 12
    point_margin: float = 0.04
    window_margin: float = 0.02
    chance: float = 1e-6
    rate_least: float = 0.01
    falls: bool = True


class Reading(msgspec.Struct, frozen=True):
    """What one point says: `score` in [0, 1], an alarm from `ALARM` on, and what was `expected`."""

    score: float
    rises: bool
    expected: float


class Profile(msgspec.Struct, kw_only=True):
    """The usual level of each part of the day, and how well it and the plain level have told."""

    levels: list[float]
    days: list[int]
    slot: int = -1
    sum: float = 0.0
    points: int = 0
    judged: bool = False
    level_miss: float = 0.0
    profile_miss: float = 0.0


class Watch(msgspec.Struct, kw_only=True):
    """All that is remembered of a series; it can be stored between two points."""

    profile: Profile
    values: list[float] = []
    means: list[float] = []
    scaled: list[float] = []
    sums: list[float] = msgspec.field(default_factory=lambda: [0.0] * 3)
    """Of the values, the expected and the scaled values of the window."""
    seen: int = 0
    counts: bool = True
    level: float = 0.0
    point: Extremes = msgspec.field(default_factory=Extremes)
    sustained: Extremes = msgspec.field(default_factory=Extremes)
    quiet_until: int = 0
    calm: tuple[Extremes, Extremes] | None = None
    """The extremes before the surge that is going on."""


def new_watch(tuning: Tuning) -> Watch:
    """Return the memory of a series of which nothing was seen yet."""
    slots = tuning.slots
    return Watch(profile=Profile(levels=[0.0] * slots, days=[0] * slots))


def observe(
    watch: Watch, tuning: Tuning, value: float, day_share: float, planned: float | None = None
) -> Reading:
    """Learn the next point and say how surprising it was by what was known before it.

    `day_share` is how much of its day has passed, in [0, 1). `planned` is a rate that is expected
    on top of what is usual, as of a stream: the point is held against both, and teaches nothing
    while it stays within them.
    """
    scaled = anscombe(value)
    if not watch.seen:
        watch.level = scaled
    slot = int(day_share * tuning.slots)
    reference = _reference(watch.profile, watch.level, slot)
    mean = max(_rate(reference), tuning.rate_least)
    if value < 0 or value != int(value):
        watch.counts = False
    if planned is not None:
        scaled = reference + max(0.0, scaled - anscombe(mean + planned))
        value = _rate(scaled)
    _learn_profile(watch.profile, tuning, slot, scaled)
    deviation = scaled - _judge(watch.profile, watch.level, slot, scaled)
    watch.level += tuning.level_weight * (scaled - watch.level)
    _slide(watch, tuning.window, value, mean, scaled)
    return _vote(watch, tuning, value, mean, deviation)


def calm_of(watch: Watch) -> tuple[Extremes, Extremes]:
    """Return a copy of the extremes met so far, to be kept as `calm` should a surge begin now."""
    return copy(watch.point), copy(watch.sustained)


def settle(watch: Watch) -> None:
    """Forget how far a surge that is over went: the next one need not be larger to be found."""
    if watch.calm is not None:
        watch.point, watch.sustained = watch.calm
        watch.calm = None


def evidence(watch: Watch) -> float:
    """Return in nats how little chance alone explains that the window holds so much; 0 if less."""
    held, expected, _ = watch.sums
    return _nats(held, expected) if held > expected else 0.0


def anscombe(value: float) -> float:
    """Put a value on the scale on which a count's standard deviation is 1; odd below zero."""
    return 2 * math.sqrt(value + 0.375) if value >= 0 else -2 * math.sqrt(0.375 - value)


def _rate(scaled: float) -> float:
    return max(scaled / 2, 0.0) ** 2 - 0.375


def _nats(count: float, mean: float) -> float:
    """Return half the Poisson deviance: exp(-it) bounds the chance of being so far from `mean`."""
    if count <= 0:
        return mean
    return count * math.log(count / mean) - (count - mean)


def _reference(profile: Profile, level: float, slot: int) -> float:
    if profile.days[slot] < _DAYS_TO_KNOW or profile.profile_miss >= profile.level_miss:
        return level
    return profile.levels[slot]


def _judge(profile: Profile, level: float, slot: int, scaled: float) -> float:
    """Learn which of level and profile tells better; return the reference then."""
    if profile.days[slot] < _DAYS_TO_KNOW:
        return level
    off_level = abs(scaled - level)
    off_profile = abs(scaled - profile.levels[slot])
    if not profile.judged:
        profile.judged = True
        profile.level_miss, profile.profile_miss = off_level, off_profile
    for_level, for_profile = profile.level_miss, profile.profile_miss
    profile.level_miss += _JUDGED_WEIGHT * (min(off_level, _OUTLIER * for_level) - for_level)
    profile.profile_miss += _JUDGED_WEIGHT * (
        min(off_profile, _OUTLIER * for_profile) - for_profile
    )
    return _reference(profile, level, slot)


def _learn_profile(profile: Profile, tuning: Tuning, slot: int, scaled: float) -> None:
    """Add a point to its part of the day; a part that is over enters the profile as its mean."""
    past = profile.slot
    if slot != past:
        if past >= 0:
            weight = max(tuning.day_weight, 1 / (profile.days[past] + 1))
            mean = profile.sum / profile.points
            profile.levels[past] += weight * (mean - profile.levels[past])
            profile.days[past] += 1
        profile.slot, profile.sum, profile.points = slot, 0.0, 0
    profile.sum += scaled
    profile.points += 1


def _slide(watch: Watch, window: int, value: float, mean: float, scaled: float) -> None:
    place = watch.seen % window
    rings = (watch.values, watch.means, watch.scaled)
    for i, (ring, new) in enumerate(zip(rings, (value, mean, scaled), strict=True)):
        if watch.seen < window:
            ring.append(new)
            watch.sums[i] += new
        else:
            watch.sums[i] += new - ring[place]
            ring[place] = new
    watch.seen += 1
    if place == window - 1:  # sums that only ever add up would drift
        watch.sums = [math.fsum(ring) for ring in rings]


def _vote(watch: Watch, tuning: Tuning, value: float, mean: float, deviation: float) -> Reading:
    judged = watch.seen > tuning.warm_up
    best, rises = 0.0, True
    nats = -math.log(tuning.chance)
    excess = watch.point.excess(deviation, tuning.memory)
    if judged and excess and not (watch.counts and _nats(value, mean) < nats):
        best, rises = abs(excess) / tuning.point_margin, excess > 0
    if watch.seen >= tuning.window:
        held, expected, scaled = watch.sums
        excess = watch.sustained.excess(scaled / tuning.window, tuning.memory)
        beyond = abs(excess) / tuning.window_margin
        if judged and beyond > best and not (watch.counts and _nats(held, expected) < nats):
            best, rises = beyond, excess > 0
    if not (rises or tuning.falls) or watch.seen <= watch.quiet_until:
        best = 0.0
    score = 1 - 2**-best
    if score >= ALARM:
        watch.quiet_until = watch.seen + tuning.rest - 1
    return Reading(score, rises, mean)
