"""How orders missed what metrics ask of them: what was due, what happened, by how much."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from penstock.db.composed import run_composed
from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.experience.journeys.clocks import Clocks
from penstock.experience.measure.measure import asking
from penstock.experience.profiles.profile import Metric, Profile
from penstock.experience.words.composing import judging
from penstock.experience.words.vocabulary import PREDICATES, QUANTITIES, WORDS

Moment = datetime | None

_CLOCKS: Final = Path(__file__).parents[1] / "journeys/clocks.sql"
_ENDS: Final = {
    "cancelled": ("cancelled_at", "cancel_fault"),
    "lost": ("lost_at", "exception_fault"),
    "returned": ("returned_at", "return_fault"),
}
"""What becomes of an order: when, and by whose fault."""


class Miss(msgspec.Struct, frozen=True, kw_only=True):
    """What cost an order points, in times that a person can check.

    `due_at` is the deadline, where the metric has one, and `happened_at` what came of it; None:
    nothing yet. `late_s` is how far it was missed: until it happened or, where it has not, until
    the moment that the score is seen from. `took_s` is the time that a metric of durations
    measures. `counted_at` is from when it costs points. `fault` is whose it was, where one is
    recorded, else empty.
    """

    what: str
    due_at: Moment = None
    happened_at: Moment = None
    late_s: int | None = None
    took_s: int | None = None
    counted_at: Moment = None
    fault: str = ""


class Said(msgspec.Struct, frozen=True):
    """What a metric's word says of an order; `clock_stop` is what stops the clock of its market."""

    fulfilment_order_id: int
    code: str
    clock_stop: str
    since: Moment
    due: Moment
    done: Moment


@query
async def misses(tx: Transaction) -> list[Said]:
    """Return what each metric asked says of orders.

    It is run with its CTE `judged` composed of words, which takes the parameters of `asking` and of
    `clocks`.
    """


async def missed(
    tx: Transaction,
    profile: Profile,
    orders: Sequence[Clocks],
    *,
    merchant: int,
    as_of: datetime,
) -> dict[tuple[int, str], Miss]:
    """Say by order and metric's code how `orders` missed it, as far as they did."""
    ids = [order.fulfilment_order_id for order in orders]
    given = asking(profile, as_of=as_of, merchant=merchant) | {"fulfilment_orders": ids}
    statement = judging(Path(__file__).with_name("misses.sql"), _CLOCKS.read_text("utf-8"))
    known = {order.fulfilment_order_id: order for order in orders}
    metrics = {metric.code: metric for metric in profile.metrics}
    rows = (Said(*row) for row in await run_composed(tx, statement, given))
    return {
        (row.fulfilment_order_id, row.code): _miss(
            metrics[row.code], row, known[row.fulfilment_order_id], as_of
        )
        for row in rows
        if row.code in metrics
    }


def _miss(metric: Metric, said: Said, order: Clocks, as_of: datetime) -> Miss:
    fault = order.exception_fault or ""
    if metric.quantity:
        took = None if said.since is None or said.done is None else _seconds(said.since, said.done)
        return Miss(
            what=QUANTITIES[metric.quantity].what,
            happened_at=said.done,
            took_s=took,
            counted_at=said.done,
            fault=fault,
        )
    word = PREDICATES[metric.numerator]
    what = word.what or WORDS.clock.stop[said.clock_stop].what
    ends = [name for name in what.split(" or ") if name in _ENDS]
    for name in ends:
        at, whose = _ENDS[name]
        if said.done is not None and getattr(order, at) == said.done:
            what, fault = name, getattr(order, whose) or fault
            break
    late = None if said.due is None else max(0, _seconds(said.due, said.done or as_of))
    return Miss(
        what=what,
        due_at=said.due,
        happened_at=said.done,
        late_s=late,
        counted_at=said.due or said.done or said.since,
        fault=fault,
    )


def _seconds(since: datetime, until: datetime) -> int:
    return round((until - since).total_seconds())
