"""What the score's pictures show, as plain data: for a chart here, or for one's own console."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby

import msgspec


class ScoreDay(msgspec.Struct, frozen=True):
    """A day's score by status, None where there was none."""

    day: date
    status: str
    score: float | None


class BandLine(msgspec.Struct, frozen=True):
    """A band begins `at` so many points."""

    code: str
    title: str
    at: float


class Happening(msgspec.Struct, frozen=True):
    """Something that may have moved a score: a `stream`, a `surge`, an `act`, an `appeal`."""

    day: date
    kind: str
    text: str


class ScoreHistory(msgspec.Struct, frozen=True, kw_only=True):
    """A merchant's score day by day under one profile, on its scale, with bands and happenings."""

    merchant: str
    profile: str
    low: float
    high: float
    days: tuple[ScoreDay, ...]
    bands: tuple[BandLine, ...]
    happenings: tuple[Happening, ...]


class Loss(msgspec.Struct, frozen=True):
    """What a sub-process, a bonus (negative) or a misconduct took from the full score."""

    code: str
    title: str
    points: float


class Waterfall(msgspec.Struct, frozen=True, kw_only=True):
    """The way from `high` down to the score: `high` less all losses is the score."""

    merchant: str
    profile: str
    as_of: datetime
    status: str
    high: float
    score: float | None
    losses: tuple[Loss, ...]


class Lane(msgspec.Struct, frozen=True):
    """What one carrier did from an origin to a market: of `due` orders so many `on_time`.

    `origin` is a node, `origin_country` where it stands; empty where it is not known.
    """

    origin: str
    origin_country: str
    market: str
    carrier: str
    due: int
    on_time: int


class LaneMap(msgspec.Struct, frozen=True, kw_only=True):
    """A merchant's lanes over the deliveries that fell due from `from_at` to `to_at`."""

    merchant: str
    from_at: datetime
    to_at: datetime
    lanes: tuple[Lane, ...]


class OpenOrder(msgspec.Struct, frozen=True):
    """An order that is open: its next deadline, of what, and the probability that it is missed.

    `probability` is None where nobody has foreseen it.
    """

    order_ref: str
    deadline: str
    due_at: datetime
    probability: float | None


class AtRisk(msgspec.Struct, frozen=True, kw_only=True):
    """A merchant's open orders by deadline, as of a moment, the most urgent first."""

    merchant: str
    as_of: datetime
    orders: tuple[OpenOrder, ...]


class ScorePictures(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is drawn of one merchant's score."""

    history: ScoreHistory
    waterfall: Waterfall
    lanes: LaneMap
    at_risk: AtRisk


OVERDUE = "overdue"
RISKS: tuple[tuple[str, float], ...] = (("likely late", 0.5), ("at risk", 0.2), ("on track", 0.0))
"""What an order is called from so much probability on, the gravest first."""
UNKNOWN = "not foreseen"


def risk_of(order: OpenOrder, as_of: datetime) -> str:
    """Return what an open order is called: overdue, or by its probability."""
    if order.due_at <= as_of:
        return OVERDUE
    if order.probability is None:
        return UNKNOWN
    return next(name for name, least in RISKS if order.probability >= least)


def stretches(days: Sequence[ScoreDay]) -> list[list[ScoreDay]]:
    """Return the runs of days with a score: a day without one parts them."""
    runs = groupby(days, key=lambda day: day.score is not None)
    return [list(run) for scored, run in runs if scored]
