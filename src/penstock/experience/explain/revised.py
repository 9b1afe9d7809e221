"""What was known of a day's score when, and what each later word changed."""

from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.experience.scores.score import MetricScore, Score


class Revision(msgspec.Struct, frozen=True):
    """A row of experience.said, its detail as JSON."""

    known_at: datetime
    status: str
    score: Decimal | None
    detail: str


class MetricRevised(msgspec.Struct, frozen=True, kw_only=True):
    """How a metric's counts and points differ from what was said before; gains are positive."""

    code: str
    numerator: int
    denominator: int
    excluded: int
    points: Decimal


class Revised(msgspec.Struct, frozen=True, kw_only=True):
    """What was said of a day from `known_at` on, and how it differs from what was said before.

    The first word differs from nothing. `metrics` are only those that changed.
    """

    known_at: datetime
    status: str
    points: Decimal | None
    metrics: tuple[MetricRevised, ...]


@query
async def revisions(tx: Transaction, *, merchant: int, profile: str, day: date) -> list[Revision]:
    """Read all that was ever said of a merchant's day, the oldest first."""


async def revised(tx: Transaction, *, merchant: int, profile: str, day: date) -> list[Revised]:
    """Return what was said of a day's score and what late events, appeals and words changed.

    Empty: the day was not scored by that profile.
    """
    said = await revisions(tx, merchant=merchant, profile=profile, day=day)
    scores = [msgspec.json.decode(row.detail, type=Score) for row in said]
    changed = [(), *(_differences(then, now) for then, now in pairwise(scores))]
    return [
        Revised(known_at=row.known_at, status=row.status, points=row.score, metrics=metrics)
        for row, metrics in zip(said, changed, strict=False)
    ]


def _differences(then: Score, now: Score) -> tuple[MetricRevised, ...]:
    before = {metric.code: metric for metric in then.metrics}
    rows = (_difference(before.get(metric.code), metric) for metric in now.metrics)
    return tuple(
        row for row in rows if row.numerator or row.denominator or row.excluded or row.points
    )


def _difference(then: MetricScore | None, now: MetricScore) -> MetricRevised:
    if then is None:
        return MetricRevised(
            code=now.code,
            numerator=now.numerator,
            denominator=now.denominator,
            excluded=now.excluded,
            points=-now.points_lost,
        )
    return MetricRevised(
        code=now.code,
        numerator=now.numerator - then.numerator,
        denominator=now.denominator - then.denominator,
        excluded=now.excluded - then.excluded,
        points=then.points_lost - now.points_lost,
    )
