"""A merchant's journeys as numbers: what each metric makes of each order, and when."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from penstock.db.composed import run_composed
from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.experience.measure.measure import asking
from penstock.experience.profiles.profile import ORDERS, Metric, PerOrder, Profile
from penstock.experience.words.composing import judging

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
NEVER = 10**6
"""The day of what does not happen."""
STAGES = ("ordered", "allocated", "released", "picked", "packed", "dispatched")
_DUE = {
    "dispatch_due": "ordered", "delivery_due": "ordered", "pickup_due": "paid",
    "transit_due": "dispatched", "clock_due": "",
}  # fmt: skip
"""Populations that an order enters when a clock runs out, and the milestone that sets the clock."""
_IN_TIME = {
    "dispatched_late": "dispatched_in_time", "dispatched_in_time": "dispatched_in_time",
    "clock_missed": "clock_met", "clock_met": "clock_met",
    "picked_up_next_day": "picked_up_next_day", "transit_in_time": "transit_in_time",
    "delivered_in_time": "delivered_in_time",
}  # fmt: skip
"""Predicates that are decided by the time the clock runs out, and the word for doing it in time."""
LEARNT_FROM_DAYS = 75


class Milestones(msgspec.Struct, frozen=True):
    """The clocks of a merchant's orders, in hours from a moment; they go together, unordered."""

    orders: list[int]
    ordered: list[float]
    paid: list[float]
    accepted: list[float]
    allocated: list[float]
    released: list[float]
    picked: list[float]
    packed: list[float]
    dispatched: list[float]
    ended: list[float]
    cancelled: list[float]
    lanes: list[str]


class Judged(msgspec.Struct, frozen=True):
    """What one metric makes of the orders in its scope, one element an order.

    Kind `due`: a clock runs out at `entered`, and the order did it in time at `done` or failed.
    Kind `flow`: `done` comes some time after `entered`, or never. Kind `mean`: at `entered` the
    order earns `amount`. An order's clock is set at `known`: from then on `entered` is foreseen.
    `counts_done` says that the numerator counts what was done (else what was not). `order` are
    positions in `History.orders`; hours count from the moment of reading.
    """

    code: str
    kind: Literal["due", "flow", "mean"]
    window_days: int
    delay_days: int
    counts_done: bool
    order: Ints
    known: Floats
    entered: Floats
    done: Floats
    amount: Floats


class History(msgspec.Struct, frozen=True):
    """A merchant's orders: `reached` is stage × order, when each of `STAGES` was reached.

    `lane` are positions in `lanes`, the names of carrier and market.
    """

    orders: Ints
    reached: Floats
    paid: Floats
    accepted: Floats
    ended: Floats
    cancelled: Floats
    lane: Ints
    lanes: tuple[str, ...]
    judged: tuple[Judged, ...]

    def open_at(self, origin: float) -> NDArray[np.bool_]:
        """Which orders were placed by `origin` and neither delivered, lost nor cancelled."""
        left = (self.ended > origin) & (self.cancelled > origin)
        return np.asarray((self.reached[0] <= origin) & left)

    def stage_at(self, origin: float | Floats) -> Ints:
        """Return the furthest of `STAGES` that each order had reached by `origin`."""
        index = np.arange(len(STAGES))[:, None]
        return np.asarray(np.where(self.reached <= origin, index, 0).max(axis=0), dtype=np.int64)


@query
async def milestones(
    tx: Transaction, *, merchant: int, since: datetime, now: datetime
) -> Milestones | None:
    """Read the clocks of a merchant's journeys, in hours from `now`."""


class JudgedOrders(msgspec.Struct, frozen=True):
    """What one metric makes of orders, by position: hours since 1970, infinity for never."""

    code: str
    orders: list[int]
    entered: list[float]
    came_true: list[float]
    amounts: list[float]


@query
async def judged_orders(
    tx: Transaction, *, merchant: int, as_of: datetime, since: datetime
) -> list[JudgedOrders]:
    """Return what each metric makes of each order that was placed after `since`.

    It is run with its CTE `judged` composed of words, so that what an order is to a metric is said
    in one place; parameters are those of `asking`, too.
    """


async def read_history(
    tx: Transaction,
    profile: Profile,
    *,
    merchant: int,
    now: datetime,
    learnt_from_days: int = LEARNT_FROM_DAYS,
) -> History:
    """Read what is needed to foresee a merchant's score from `now` on.

    It goes back by the longest window of the profile and `learnt_from_days` more.
    """
    since = now - timedelta(days=_window(profile) + learnt_from_days)
    read = await milestones(tx, merchant=merchant, since=since, now=now)
    assert read is not None
    asked = asking(in_time(profile), as_of=now, merchant=merchant)
    statement = judging(Path(__file__).with_name("judged_orders.sql"))
    records = await run_composed(tx, statement, {**asked, "since": since})
    epoch_h = now.astimezone(UTC).timestamp() / 3600
    return assembled(profile, read, {r["code"]: JudgedOrders(*r) for r in records}, epoch_h)


def in_time(profile: Profile) -> Profile:
    """Return the profile with every late predicate turned into its doing in time."""

    def turned(metric: Metric) -> Metric:
        if metric.population not in _DUE:
            return metric
        return msgspec.structs.replace(
            metric, numerator=_IN_TIME.get(metric.numerator, metric.numerator)
        )

    return msgspec.structs.replace(
        profile,
        dimensions=tuple(
            msgspec.structs.replace(d, metrics=tuple(turned(m) for m in d.metrics))
            for d in profile.dimensions
        ),
    )


def assembled(
    profile: Profile, read: Milestones, records: Mapping[str, JudgedOrders], epoch_h: float
) -> History:
    """Put the clocks and what the metrics make of them together; `epoch_h` is now, in hours."""
    orders = np.array(read.orders, dtype=np.int64)
    turn = np.argsort(orders)
    names, lane = np.unique(np.array(read.lanes, dtype=str), return_inverse=True)

    def clock(hours: Sequence[float]) -> Floats:
        return np.asarray(np.array(hours, dtype=np.float64)[turn])

    history = History(
        orders=orders[turn],
        reached=np.array([clock(getattr(read, stage)) for stage in STAGES]),
        paid=clock(read.paid),
        accepted=clock(read.accepted),
        ended=clock(read.ended),
        cancelled=clock(read.cancelled),
        lane=lane[turn].astype(np.int64),
        lanes=tuple(names.tolist()),
        judged=(),
    )
    none = JudgedOrders("", [], [], [], [])
    judged = [
        _judged(history, metric, profile, records.get(metric.code, none), epoch_h)
        for metric in (_gate(profile), *(m for m in profile.metrics if not m.supplied))
    ]
    return msgspec.structs.replace(history, judged=tuple(judged))


def _gate(profile: Profile) -> Metric:
    days = profile.gate.window_days
    return msgspec.structs.replace(
        profile.metrics[0], code=ORDERS, population=profile.gate.population, numerator="",
        quantity="", window_days=profile.window_days if days is None else days, delay_days=0,
    )  # fmt: skip


def _judged(
    history: History, metric: Metric, profile: Profile, record: JudgedOrders, epoch_h: float
) -> Judged:
    ids = np.array(record.orders, dtype=np.int64)
    found_entered, found_true, found_amounts = (
        np.array(hours, dtype=np.float64)
        for hours in (record.entered, record.came_true, record.amounts)
    )
    where = np.searchsorted(history.orders, ids)
    where = np.minimum(where, max(len(history.orders) - 1, 0))
    here = history.orders[where] == ids if len(history.orders) else np.zeros(0, dtype=bool)
    sort = np.argsort(ids[here], kind="stable")
    order = where[here][sort]
    entered = found_entered[here][sort] - epoch_h
    done = found_true[here][sort] - epoch_h
    due = metric.population in _DUE and metric.numerator in _IN_TIME
    kind: Literal["due", "flow", "mean"] = "mean" if metric.quantity else "due" if due else "flow"
    sets = _set_by(history, metric)[order] if metric.population in _DUE else entered
    window = profile.window_days if metric.window_days is None else metric.window_days
    return Judged(
        code=metric.code,
        kind=kind,
        window_days=window,
        delay_days=metric.delay_days,
        counts_done=kind == "flow" or _IN_TIME.get(metric.numerator) == metric.numerator,
        order=order,
        known=np.minimum(sets, entered),
        entered=entered,
        done=np.maximum(done, history.reached[0][order]) if len(order) else done,
        amount=earned(metric, found_amounts[here][sort]),
    )


def _set_by(history: History, metric: Metric) -> Floats:
    name = _DUE[metric.population]
    if not name:
        starts = {clock.start for clock in metric.clocks}
        name = starts.pop() if len(starts) == 1 else "ordered"
    if name == "paid":
        return history.paid
    if name == "accepted":
        return history.accepted
    return np.asarray(history.reached[STAGES.index(name) if name in STAGES else 0])


def earned(metric: Metric, amounts: Floats) -> Floats:
    """Return what each order adds to a mean: its points, or whole units."""
    if not isinstance(metric.mapping, PerOrder):
        return np.asarray(np.floor(np.maximum(np.nan_to_num(amounts, nan=0.0), 0.0)))
    steps = sorted((float(step.at), float(step.points)) for step in metric.mapping.steps)
    at = np.array([a for a, _ in steps])
    points = np.array([p for _, p in steps] + [float(metric.mapping.otherwise)])
    return np.asarray(points[np.searchsorted(at, np.nan_to_num(amounts, nan=np.inf), side="left")])


def _window(profile: Profile) -> int:
    own = [*(metric.window_days for metric in profile.metrics), profile.gate.window_days]
    windows = [profile.window_days if days is None else days for days in own]
    if 0 in windows:  # a window without a beginning
        return 40 * 365
    return max(windows) + max(m.delay_days for m in profile.metrics)


def day_of(hours: Floats, origin: float) -> Ints:
    """Return the day from `origin` in which each moment lies: 0 ends at it, 1 is the next."""
    days = np.ceil((hours - origin) / 24 - 1e-9)
    return np.asarray(np.clip(days, -NEVER, NEVER), dtype=np.int64)


def as_known(history: History, origin: float) -> History:
    """Return the history as it was known at `origin`, hours counting from there.

    Whose fault a thing was, and that an order is set aside, is taken as known from the first.
    """
    then = history.reached[0] <= origin
    place = np.cumsum(then) - 1

    def by_then(hours: Floats) -> Floats:
        return np.asarray(np.where(hours <= origin, hours - origin, np.inf))

    def judged(one: Judged) -> Judged:
        kept = then[one.order]
        known = by_then(one.known[kept])
        return msgspec.structs.replace(
            one,
            order=np.asarray(place[one.order[kept]], dtype=np.int64),
            known=known,
            entered=np.asarray(np.where(known <= 0, one.entered[kept] - origin, np.inf)),
            done=by_then(one.done[kept]),
            amount=one.amount[kept],
        )

    return History(
        orders=history.orders[then],
        reached=by_then(history.reached[:, then]),
        paid=by_then(history.paid[then]),
        accepted=by_then(history.accepted[then]),
        ended=by_then(history.ended[then]),
        cancelled=by_then(history.cancelled[then]),
        lane=history.lane[then],
        lanes=history.lanes,
        judged=tuple(judged(one) for one in history.judged),
    )
