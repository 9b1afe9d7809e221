"""Learn from all merchants' past how the signs of a day foretold the days after it."""

from collections.abc import Sequence

import msgspec
import numpy as np

from penstock.experience.foresee.chances import AGES, CLASSES, Tally, logit, tally_due, tally_flow
from penstock.experience.foresee.floor import QUEUES, queue_at
from penstock.experience.foresee.history import NEVER, Floats, History, day_of
from penstock.experience.foresee.lanes import NOWHERE, Lanes, lanes_at, traffic_of
from penstock.experience.foresee.outlook import DAYS, Experience, Outlook, look_out
from penstock.experience.foresee.pace import Pace, pace
from penstock.experience.foresee.signs import SIGNS, Around
from penstock.experience.foresee.weigh import Shocks, Told, shocks_of, weights_of

ORIGINS_EVERY_DAYS = 6
_FIRST_DAYS = 21
"""A forecast that is learnt from looks back on so many days at least."""
_LOOKED_BACK_DAYS = 365
"""What is older says little of how it goes now, and each origin costs a look at what was known."""


class Model(msgspec.Struct, frozen=True):
    """What all merchants' past teaches about one profile.

    `weights` is metric × day × sign, `shocks` how far and how long days stand off together from
    what was foreseen, both over `codes`; `flows` the variance of a flow's level, by its code;
    `widen` how many times wider than simulated an interval must be, by day; `lanes` how they stood
    when it was learnt.
    """

    experience: dict[str, Experience]
    codes: tuple[str, ...]
    weights: Floats
    shocks: Shocks
    flows: dict[str, float]
    widen: Floats
    origins: int
    lanes: Lanes


class Glance(msgspec.Struct, frozen=True):
    """What one origin foresaw of every metric, and the pace it reckoned with."""

    pace: Pace
    outlooks: tuple[Outlook, ...]


def glance(
    history: History,
    experience: dict[str, Experience],
    origin: float,
    planned: Floats | None = None,
    lanes: Lanes = NOWHERE,
) -> Glance:
    """Look out from `origin` (hours) over every metric; `lanes` is how they stood then."""
    going = pace(history, origin, planned)
    coming = going.drawn(np.random.default_rng(0), QUEUES)
    around = Around(queue_at(history, origin, coming), lanes.along(history))
    return Glance(
        pace=going,
        outlooks=tuple(
            look_out(history, j, origin, experience[j.code], going.expected, around)
            for j in history.judged
        ),
    )


def origins_of(history: History) -> list[float]:
    """Return the moments of the past, in hours, that are learnt from."""
    if not len(history.orders):
        return []
    days = min(int(-history.reached[0].min() / 24), _LOOKED_BACK_DAYS)
    return [-24.0 * d for d in range(1, days - _FIRST_DAYS + 1, ORIGINS_EVERY_DAYS)]


class Lesson(msgspec.Struct, frozen=True):
    """What origins of the past foresaw and what came, to learn from all of it or a part.

    `origins`, `told` and the lists of `missed` (by the code of a flow: expected in a week, and
    came) go together.
    """

    experience: dict[str, Experience]
    codes: tuple[str, ...]
    origins: Floats
    told: tuple[Told, ...]
    missed: dict[str, tuple[tuple[float, float], ...]]
    lanes: Lanes


def learn(histories: Sequence[History]) -> Model | None:
    """Learn from merchants' histories, read at one moment; None: there are no orders at all."""
    lesson = lesson_of(histories)
    return None if lesson is None else model_from(lesson)


def lesson_of(histories: Sequence[History]) -> Lesson | None:
    """Look out from the origins of merchants' histories, which were read at one moment.

    What each origin is given is what was known then; what became of its days is known by now, and
    days to come are left out.
    """
    histories = [history for history in histories if len(history.orders)]
    if not histories:
        return None
    kinds = {judged.code: judged.kind for judged in histories[0].judged}
    experience = {code: experience_of(histories, i) for i, code in enumerate(kinds)}
    codes = tuple(code for code, kind in kinds.items() if kind != "flow")
    told: list[Told] = []
    missed: dict[str, list[tuple[float, float]]] = {c: [] for c, k in kinds.items() if k == "flow"}
    traffic = traffic_of(histories)
    looks = [(history, origin) for history in histories for origin in origins_of(history)]
    stood = {origin: lanes_at(traffic, origin) for origin in {origin for _, origin in looks}}
    for history, origin in looks:
        seen = glance(history, experience, origin, lanes=stood[origin])
        told.append(_told(seen, history, origin, codes))
        for outlook in seen.outlooks:
            if outlook.judged.kind == "flow":
                missed[outlook.judged.code].append(_flow_miss(outlook, origin))
    return Lesson(
        experience=experience, codes=codes, origins=np.array([origin for _, origin in looks]),
        told=tuple(told), missed={code: tuple(pairs) for code, pairs in missed.items()},
        lanes=lanes_at(traffic, 0.0),
    )  # fmt: skip


def model_from(lesson: Lesson, leaving_out: tuple[float, float] = (0.0, 0.0)) -> Model:
    """Learn from a lesson, but for the origins in between two moments (hours)."""
    first, last = leaving_out
    kept = np.flatnonzero((lesson.origins <= first) | (lesson.origins >= last)).tolist()
    told = [lesson.told[i] for i in kept]
    weights = weights_of(told, len(lesson.codes))
    return Model(
        experience=lesson.experience, codes=lesson.codes, weights=weights,
        shocks=shocks_of(told, weights),
        flows={code: _level_variance([missed[i] for i in kept])
               for code, missed in lesson.missed.items()},
        widen=np.ones(DAYS), origins=len(kept), lanes=lesson.lanes,
    )  # fmt: skip


def experience_of(histories: Sequence[History], index: int) -> Experience:
    """Add up one metric over all merchants, as known now."""
    first = histories[0].judged[index]
    tally = Tally(np.zeros(CLASSES), np.zeros(CLASSES))
    if first.kind == "flow":
        tally = Tally(np.zeros(AGES + 1), np.zeros(AGES + 1))
    scale, entered, hit = 1.0, 0.0, 0.0
    amounts: list[Floats] = []
    for history in histories:
        judged = history.judged[index]
        past = judged.entered <= 0
        entered += float(past.sum())
        if judged.kind == "due":
            tally = tally.plus(tally_due(history, judged, 0.0))
            hit += float((judged.done > judged.entered)[past].sum())
        elif judged.kind == "flow":
            tally = tally.plus(tally_flow(judged, 0.0))
            hit += float((judged.done <= 0)[past].sum())
        else:
            amounts.append(judged.amount[past])
    spread = 0.0
    if amounts:
        together = np.concatenate(amounts)
        scale = float(max(together.max(initial=0.0), 1e-9))
        hit = float(together.sum()) / scale
        spread = float(np.var(together / scale)) if len(together) else 0.0
    return Experience(tally, (hit + 0.5) / (entered + 10.0), scale, spread)


def _told(seen: Glance, history: History, origin: float, codes: Sequence[str]) -> Told:
    """Set what was foreseen of each day beside what became of it; nan where it is yet to come."""
    shape = (len(codes), DAYS)
    undecided, base, came = np.zeros(shape), np.full(shape, 0.5), np.full(shape, np.nan)
    noise, signs = np.zeros(shape), np.zeros((*shape, SIGNS))
    over = np.arange(1, DAYS + 1) <= -origin / 24 + 1e-9
    placed = seen.pace.expected[None, :]
    pairs = zip(seen.outlooks, history.judged, strict=True)
    both = [(outlook, judged) for outlook, judged in pairs if judged.code in codes]
    for row, (outlook, judged) in enumerate(both):
        day = day_of(judged.entered, origin)
        ahead = (day >= 1) & (day <= DAYS)
        n = np.bincount(day[ahead] - 1, minlength=DAYS).astype(np.float64)
        if judged.kind == "due":
            value = (judged.done > judged.entered)[ahead].astype(np.float64)
        else:
            value = judged.amount[ahead] / outlook.scale
        k = np.bincount(day[ahead] - 1, weights=value, minlength=DAYS)
        undecided[row] = np.maximum(n - outlook.settled, 0)
        base[row] = outlook.base(placed)[1][0]
        came[row] = np.where(over, np.minimum(k, undecided[row]), np.nan)
        signs[row] = outlook.signs
        noise[row] = outlook.spread if judged.kind == "mean" else np.nan
    return Told(undecided, logit(base), came, signs, noise)


def _flow_miss(outlook: Outlook, origin: float) -> tuple[float, float]:
    """Return how many of those there were expected to be done in a week, and how many were."""
    judged = outlook.judged
    day, done = day_of(judged.entered, origin), day_of(judged.done, origin)
    there = (day <= 0) & (day > -AGES) & (done > 0)
    if origin > -24 * 7:
        return 0.0, 0.0
    left = np.bincount(-day[there], minlength=AGES + 1)[: AGES + 1]
    survive = np.cumprod(np.concatenate([[1.0], 1 - outlook.hazards]))
    later = np.minimum(np.arange(AGES + 1) + 8, AGES + 1)
    soon = 1 - survive[later] / np.maximum(survive[np.arange(AGES + 1) + 1], 1e-12)
    return float(left @ soon), float((there & (done <= 7) & (done < NEVER)).sum())


def _level_variance(missed: Sequence[tuple[float, float]]) -> float:
    """Return by how much a flow's level varies beyond chance, as a variance of its logarithm."""
    expected = np.array([e for e, _ in missed])
    came = np.array([c for _, c in missed])
    if not len(expected) or not (expected**2).sum():
        return 0.25
    beyond = ((came - expected) ** 2 - expected).sum() / (expected**2).sum()
    return float(np.clip(beyond, 0.02, 1.0))
