"""The save list: what to do first for the most points a minute, reckoned on the score itself."""

import heapq
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from penstock.experience.foresee.chances import chance
from penstock.experience.foresee.forecast import Foresight
from penstock.experience.foresee.history import STAGES, Floats, History, day_of
from penstock.experience.foresee.learn import Model
from penstock.experience.foresee.many import Counts, scores_of_many
from penstock.experience.foresee.outlook import DAYS
from penstock.experience.foresee.policy import Action, SavePolicy
from penstock.experience.profiles.profile import Metric, Profile

_GRID = (1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987)


class Danger(msgspec.Struct, frozen=True):
    """An open order's chance to fail a metric, and how many hours are left until it has."""

    order: int
    metric: str
    chance: float
    left_h: float


class Saving(msgspec.Struct, frozen=True, kw_only=True):
    """One line: with all lines above it done, `points` more are expected for `minutes` of work.

    `left_h` is the time until the first clock that it mends has run out; `dangers` are the chances
    by metric code.
    """

    order: int
    stage: str
    action: Action
    points: float
    left_h: float
    dangers: dict[str, float]


def dangers(
    history: History, model: Model, foresight: Foresight, origin: float = 0.0
) -> list[Danger]:
    """Return the chance of every open order to fail each metric whose clock runs on it."""
    found = []
    for outlook in foresight.seen.outlooks:
        judged = outlook.judged
        if judged.kind != "due" or not len(outlook.at):
            continue
        row = model.codes.index(judged.code)
        shift = (outlook.signs * model.weights[row]).sum(axis=1)
        ahead = np.clip(day_of(judged.entered[outlook.at], origin) - 1, 0, DAYS - 1)
        fails = chance(outlook.odds + shift[ahead])
        orders = history.orders[judged.order[outlook.at]].tolist()
        left = (judged.entered[outlook.at] - origin).tolist()
        found += [
            Danger(order, judged.code, p, h)
            for order, p, h in zip(orders, fails.tolist(), left, strict=True)
        ]
    return found


def save_list(
    history: History,
    profile: Profile,
    model: Model,
    foresight: Foresight,
    policy: SavePolicy,
    *,
    origin: float = 0.0,
    limit: int = 50,
) -> list[Saving]:
    """Rank what can be done by expected points a minute, each line with those above it done.

    What one more saved order is worth falls as more are saved: steps, floors and the ends of a
    scale make the first dozen worth much and the next nothing, or the other way round.
    """
    metrics = {m.code: m for m in profile.metrics}
    by_order: dict[int, dict[str, Danger]] = {}
    for danger in dangers(history, model, foresight, origin):
        if danger.chance >= policy.least_chance and metrics[danger.metric].weight:
            by_order.setdefault(danger.order, {})[danger.metric] = danger
    stage = dict(zip(history.orders.tolist(), history.stage_at(origin).tolist(), strict=True))
    after = policy.worth_after_days
    worth = {code: worth_of(profile, foresight, code, after) for code in metrics
             if code in foresight.courses.counts}  # fmt: skip
    loss = -sum(
        worth_of(profile, foresight, code, after, sign=-1)[1]
        for code, m in metrics.items()
        if m.numerator.startswith("cancelled") and code in worth
    )
    wishes = [
        (order, action, mends(action, at_risk, metrics))
        for order, at_risk in by_order.items()
        for action in policy.actions
        if STAGES[stage[order]] in action.stages
        and max(d.chance for d in at_risk.values()) >= action.least_chance
    ]
    taken = _greedy(wishes, worth, loss, limit)
    return [
        Saving(
            order=order, stage=STAGES[stage[order]], action=action, points=points,
            left_h=min(by_order[order][code].left_h for code in mended),
            dangers={code: round(d.chance, 4) for code, d in sorted(by_order[order].items())},
        )
        for order, action, mended, points in taken
    ]  # fmt: skip


def mends(
    action: Action, at_risk: Mapping[str, Danger], metrics: Mapping[str, Metric]
) -> dict[str, float]:
    """Return by metric how many failures the action is expected to prevent, for one order.

    What takes longer than is left until the clock runs out mends nothing.
    """
    prevented = {}
    for code, danger in at_risk.items():
        part = action.mends.delivery if by_delivery(metrics[code]) else action.mends.dispatch
        if part * danger.chance > 0 and danger.left_h * 60 > action.minutes:
            prevented[code] = part * danger.chance
    return prevented


def by_delivery(metric: Metric) -> bool:
    """Tell whether a metric's clock is stopped by the delivery, not by the hand-over."""
    if metric.population == "clock_due":
        return any(clock.stop == "delivered" for clock in metric.clocks)
    return metric.population in {"transit_due", "delivery_due"}


def worth_of(
    profile: Profile, foresight: Foresight, code: str, after_days: int, sign: int = 1
) -> Floats:
    """Return what 0, 1, 2 … fewer failures under a metric add to the expected score.

    The mean over all courses makes a step as smooth as we are unsure of it. Between the numbers
    that are tried, and where it pays to go on to the next step, the way there is straight: the
    least concave curve above.
    """
    counts = {
        other: Counts(c.numerator[:, after_days], c.denominator[:, after_days])
        for other, c in foresight.courses.counts.items()
    }
    one = counts[code]
    metric = next(m for m in profile.metrics if m.code == code)
    before = scores_of_many(profile, counts)
    grid = [0, *_GRID] if sign > 0 else [0, 1]
    tried = []
    for fewer in grid:
        if metric.better == "higher":
            moved = np.clip(one.numerator + sign * fewer, 0, one.denominator)
        else:
            moved = np.clip(one.numerator - sign * fewer, 0, one.denominator)
        gained = scores_of_many(profile, counts | {code: Counts(moved, one.denominator)}) - before
        tried.append(float(np.nan_to_num(gained).mean()))
    steps = np.interp(np.arange(grid[-1] + 1), grid, tried)
    return _concave(grid, tried) if sign > 0 else np.asarray(steps)


def _concave(grid: Sequence[int], tried: Sequence[float]) -> Floats:
    hull: list[tuple[int, float]] = []
    for x, y in zip(grid, tried, strict=True):
        while len(hull) > 1 and (hull[-1][1] - hull[-2][1]) * (x - hull[-1][0]) <= (
            y - hull[-1][1]
        ) * (hull[-1][0] - hull[-2][0]):
            hull.pop()
        hull.append((x, y))
    at = np.arange(grid[-1] + 1)
    return np.asarray(np.interp(at, [x for x, _ in hull], [y for _, y in hull]))


def _greedy(
    wishes: Sequence[tuple[int, Action, dict[str, float]]],
    worth: Mapping[str, Floats],
    loss: float,
    limit: int,
) -> list[tuple[int, Action, dict[str, float], float]]:
    """Take the best line a minute, reckon the rest anew, and so on; one action an order."""
    saved = dict.fromkeys(worth, 0.0)

    def value(action: Action, prevented: Mapping[str, float]) -> float:
        gain = sum(
            _at(worth[code], saved[code] + part) - _at(worth[code], saved[code])
            for code, part in prevented.items()
        )
        return gain - (loss if action.cancels else 0.0)

    heap = [
        (-value(action, prevented) / action.minutes, order, i)
        for i, (order, action, prevented) in enumerate(wishes)
        if prevented
    ]
    heapq.heapify(heap)
    taken: list[tuple[int, Action, dict[str, float], float]] = []
    helped: set[int] = set()
    while heap and len(taken) < limit:
        rate, order, i = heapq.heappop(heap)
        _, action, prevented = wishes[i]
        points = value(action, prevented)
        if order in helped or points <= 1e-6:
            continue
        if -points / action.minutes > rate + 1e-12:
            heapq.heappush(heap, (-points / action.minutes, order, i))
            continue
        helped.add(order)
        for code, part in prevented.items():
            saved[code] += part
        taken.append((order, action, prevented, points))
    return taken


def _at(curve: Floats, x: float) -> float:
    return float(np.interp(x, np.arange(len(curve)), curve))


def worth_of_change(profile: Profile, foresight: Foresight, after_days: int) -> dict[str, float]:
    """Return the points that each metric is to lose from today to `after_days` from now.

    One metric at a time is put forward by so many days while the others stay as they are today.
    """
    courses = foresight.courses.counts
    today = {c: Counts(n.numerator[:, 0], n.denominator[:, 0]) for c, n in courses.items()}
    now = scores_of_many(profile, today)
    losses = {}
    for metric in profile.metrics:
        if metric.code in courses:
            then = courses[metric.code]
            moved = Counts(then.numerator[:, after_days], then.denominator[:, after_days])
            change = now - scores_of_many(profile, today | {metric.code: moved})
            losses[metric.code] = float(np.nan_to_num(change).mean())
    return losses
