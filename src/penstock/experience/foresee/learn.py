"""Learn from all merchants' past how the signs of a day foretold the days after it."""

from collections.abc import Sequence

import msgspec
import numpy as np

from penstock.experience.foresee.chances import AGES, CLASSES, Tally, logit, tally_due, tally_flow
from penstock.experience.foresee.history import NEVER, Floats, History, day_of
from penstock.experience.foresee.outlook import DAYS, SIGNS, Experience, Outlook, look_out
from penstock.experience.foresee.pace import Pace, pace
from penstock.experience.foresee.weigh import Shocks, Told, shocks_of, weights_of

ORIGINS_EVERY_DAYS = 4
_FIRST_DAYS = 21
"""A forecast that is learnt from looks back on so many days at least."""


class Model(msgspec.Struct, frozen=True):
    """What all merchants' past teaches about one profile.

    `weights` is metric × day × sign, `shocks` how far and how long days stand off together from
    what was foreseen, both over `codes`; `flows` the variance of a flow's level, by its code;
    `widen` how many times wider than simulated an interval must be, by day.
    """

    experience: dict[str, Experience]
    codes: tuple[str, ...]
    weights: Floats
    shocks: Shocks
    flows: dict[str, float]
    widen: Floats
    origins: int


class Glance(msgspec.Struct, frozen=True):
    """What one origin foresaw of every metric, and the pace it reckoned with."""

    pace: Pace
    outlooks: tuple[Outlook, ...]


def glance(
    history: History,
    experience: dict[str, Experience],
    origin: float,
    planned: Floats | None = None,
) -> Glance:
    """Look out from `origin` (hours) over every metric."""
    going = pace(history, origin, planned)
    return Glance(
        pace=going,
        outlooks=tuple(
            look_out(history, j, origin, experience[j.code], going.expected) for j in history.judged
        ),
    )


def origins_of(history: History) -> list[float]:
    """Return the moments of the past, in hours, that are learnt from."""
    if not len(history.orders):
        return []
    days = int(-history.reached[0].min() / 24)
    return [-24.0 * d for d in range(1, days - _FIRST_DAYS + 1, ORIGINS_EVERY_DAYS)]


def learn(histories: Sequence[History]) -> Model | None:
    """Learn from merchants' histories, read at one moment; None: there are no orders at all.

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
    flows: dict[str, list[tuple[float, float]]] = {c: [] for c, k in kinds.items() if k == "flow"}
    count = 0
    for history in histories:
        for origin in origins_of(history):
            seen = glance(history, experience, origin)
            told.append(_told(seen, origin, codes))
            for outlook in seen.outlooks:
                if outlook.judged.kind == "flow":
                    flows[outlook.judged.code].append(_flow_miss(outlook, origin))
            count += 1
    weights = weights_of(told, len(codes))
    return Model(
        experience=experience, codes=codes, weights=weights,
        shocks=shocks_of(told, weights),
        flows={code: _level_variance(missed) for code, missed in flows.items()},
        widen=np.ones(DAYS), origins=count,
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


def _told(seen: Glance, origin: float, codes: Sequence[str]) -> Told:
    """Set what was foreseen of each day beside what became of it; nan where it is yet to come."""
    shape = (len(codes), DAYS)
    undecided, base, came = np.zeros(shape), np.full(shape, 0.5), np.full(shape, np.nan)
    noise, signs = np.zeros(shape), np.zeros((*shape, SIGNS))
    over = np.arange(1, DAYS + 1) <= -origin / 24 + 1e-9
    placed = seen.pace.expected[None, :]
    outlooks = [o for o in seen.outlooks if o.judged.code in codes]
    for row, outlook in enumerate(outlooks):
        judged = outlook.judged
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
