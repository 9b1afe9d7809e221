"""A merchant's score foreseen from the database: what the CLI, the API and the worker ask."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.experience.foresee.calibrate import taught
from penstock.experience.foresee.forecast import DayAhead, Foresight, foresee
from penstock.experience.foresee.history import Floats, History, read_history
from penstock.experience.foresee.learn import Model
from penstock.experience.foresee.model import model_for
from penstock.experience.foresee.outlook import DAYS
from penstock.experience.foresee.policy import SavePolicy
from penstock.experience.foresee.save import Saving, dangers, save_list, worth_of_change
from penstock.experience.profiles.profile import Profile


class PlannedDay(msgspec.Struct, frozen=True):
    """Orders that streams are to bring within the n-th 24 hours from now."""

    day: int
    orders: float


class Wanted(msgspec.Struct, frozen=True):
    """What a person needs to know of an order to act on it."""

    fulfilment_order_id: int
    order_ref: str
    node_id: int | None
    cut_off_at: datetime | None
    carrier: str


class SaveLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the save list; with the lines above it done it brings `points`.

    It helps until `before_at`; `cut_off_at` is the last pick-up that still makes the dispatch
    deadline, where the order's node has one. `assumed` says that nobody has measured the minutes.
    """

    fulfilment_order_id: int
    order_ref: str
    node_id: int | None
    stage: str
    action: str
    title: str
    minutes: float
    points: float
    before_at: datetime
    cut_off_at: datetime | None
    chances: dict[str, float]
    assumed: bool


class Ahead(msgspec.Struct, frozen=True, kw_only=True):
    """A score's coming days as seen `as_of`; `score` is today's.

    `open_orders` are those whose clocks run, and `at_risk` how many of them are more likely than
    not to fail a metric. `held` are metrics that we cannot foresee and are left out.
    """

    profile: str
    as_of: datetime
    score: float | None
    open_orders: int
    at_risk: int
    days: tuple[DayAhead, ...]
    held: tuple[str, ...]


class Look(msgspec.Struct, frozen=True):
    """Everything that one reading of a merchant gave."""

    history: History
    model: Model
    foresight: Foresight


@query
async def planned(tx: Transaction, *, merchant: int, now: datetime, days: int) -> list[PlannedDay]:
    """List the orders that a merchant's streams are planned to bring."""


@query
async def orders_wanted(
    tx: Transaction, *, merchant: int, fulfilment_orders: list[int], now: datetime
) -> list[Wanted]:
    """Find out what is needed to act on orders."""


class Read(msgspec.Struct, frozen=True):
    """What a forecast is made of: the history, what was learnt, and streams' orders by day."""

    history: History
    model: Model | None
    streams: Floats


async def read_ahead(tx: Transaction, profile: Profile, *, merchant: int, now: datetime) -> Read:
    """Read what a merchant's forecast needs."""
    history = await read_history(tx, profile, merchant=merchant, now=now)
    streams = np.zeros(DAYS)
    for coming in await planned(tx, merchant=merchant, now=now, days=DAYS):
        streams[coming.day - 1] = coming.orders
    return Read(history, await model_for(tx, profile), streams)


def look_ahead(read: Read, profile: Profile, *, merchant: int, now: datetime) -> Look | None:
    """Foresee a merchant's score from what was read; None: it has no orders to go by.

    Where nothing has been learnt of the profile yet, the merchant's own past teaches.
    """
    model = read.model or taught([read.history], profile)
    if model is None or not len(read.history.orders):
        return None
    foresight = foresee(
        read.history, profile, model, now=now.astimezone(UTC), seed=merchant, planned=read.streams
    )
    return Look(read.history, model, foresight)


def ahead_of(profile: Profile, look: Look, now: datetime) -> Ahead:
    """Return what is told of a look."""
    today = look.foresight.scores[:, 0]
    worst = _worst(look)
    return Ahead(
        profile=profile.code,
        as_of=now,
        score=None if np.isnan(today).all() else round(float(np.nanmedian(today)), 2),
        open_orders=len(worst),
        at_risk=sum(chance > 0.5 for chance in worst.values()),
        days=look.foresight.days,
        held=tuple(m.code for m in profile.metrics if m.supplied and m.weight),
    )


def _worst(look: Look) -> dict[int, float]:
    worst: dict[int, float] = {}
    for danger in dangers(look.history, look.model, look.foresight):
        worst[danger.order] = max(worst.get(danger.order, 0.0), danger.chance)
    return worst


def worth_saving(profile: Profile, look: Look, policy: SavePolicy, limit: int) -> list[Saving]:
    """Rank what can be done, without the words that need the database."""
    return save_list(look.history, profile, look.model, look.foresight, policy, limit=limit)


async def lines_of(
    tx: Transaction,
    savings: Sequence[Saving],
    *,
    merchant: int,
    now: datetime,
    node: int | None = None,
    limit: int,
) -> list[SaveLine]:
    """Return the save list's first lines in words, of all nodes or of one."""
    ids = [saving.order for saving in savings]
    found = await orders_wanted(tx, merchant=merchant, fulfilment_orders=ids, now=now)
    known = {wanted.fulfilment_order_id: wanted for wanted in found}
    lines = [_line(s, known[s.order], now) for s in savings if s.order in known]
    return [line for line in lines if node is None or line.node_id == node][:limit]


def _line(saving: Saving, wanted: Wanted, now: datetime) -> SaveLine:
    action = saving.action
    by = now + timedelta(hours=saving.left_h)
    if action.mends.dispatch and not action.cancels and wanted.cut_off_at is not None:
        by = min(by, wanted.cut_off_at)
    title = action.title
    if saving.stage == "dispatched" and wanted.carrier:
        title = f"{title}: {wanted.carrier}"
    return SaveLine(
        fulfilment_order_id=saving.order,
        order_ref=wanted.order_ref,
        node_id=wanted.node_id,
        stage=saving.stage,
        action=action.code,
        title=title,
        minutes=action.minutes,
        points=round(saving.points, 4),
        before_at=by - timedelta(minutes=action.minutes),
        cut_off_at=wanted.cut_off_at,
        chances=saving.dangers,
        assumed=action.assumed,
    )


def reason(profile: Profile, look: Look, within_days: int) -> str:
    """Say which metric is to lose most points within so many days."""
    losses = worth_of_change(profile, look.foresight, within_days)
    code, points = max(losses.items(), key=lambda item: (item[1], item[0]), default=("", 0.0))
    if points <= 0:
        return "no single metric stands out"
    title = next(m.title for m in profile.metrics if m.code == code)
    return f"{code} ({title}) is to cost {points:.2f} points more"


def lines_told(lines: Sequence[SaveLine]) -> list[str]:
    """Put the first lines in words."""
    return [
        f"{line.order_ref}: {line.title} before {line.before_at:%Y-%m-%d %H:%M} UTC,"
        f" {line.points:.2f} points"
        for line in lines
    ]
