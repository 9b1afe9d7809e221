"""Gather what the pictures of one merchant's score show."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.drawing.pictures import (
    AtRisk,
    BandLine,
    Happening,
    Lane,
    LaneMap,
    Loss,
    OpenOrder,
    ScoreDay,
    ScoreHistory,
    ScorePictures,
    Waterfall,
)
from penstock.experience.measure.evaluate import evaluate
from penstock.experience.profiles.profile import Profile
from penstock.experience.scores.score import Score
from penstock.experience.tallies.daily import daily_scores

OPEN_MAX = 5_000
"""Of more open orders than this, those that are due soonest are shown."""
_OVERDUE_SHOWN = timedelta(days=30)
_OUTSIDE = "outside"


class Open(msgspec.Struct, frozen=True):
    """An open order: its next deadline, of `hand-over` or of `delivery`."""

    fulfilment_order_id: int
    order_ref: str
    deadline: str
    due_at: datetime


@query
async def happenings(
    tx: Transaction, *, merchant_id: int, from_at: datetime, to_at: datetime
) -> list[Happening]:
    """List streams, surges, acts and appeals."""


@query
async def lanes(
    tx: Transaction, *, merchant_id: int, from_at: datetime, to_at: datetime
) -> list[Lane]:
    """Count by origin, market and carrier what fell due and what came in time."""


@query
async def open_orders(
    tx: Transaction, *, merchant_id: int, as_of: datetime, due_from: datetime, batch: int
) -> list[Open]:
    """List open orders by their next deadline, the earliest first."""


async def pictures_of(
    tx: Transaction,
    profile: Profile,
    *,
    merchant_id: int,
    merchant: str,
    as_of: datetime,
    known_to: datetime,
    days: int = 90,
    chances: Mapping[int, float] | None = None,
) -> ScorePictures:
    """Return the data of all pictures of a merchant, seen from `as_of`, over the last `days`.

    The history is of the days that were scored, and of `as_of` itself. `chances` is by fulfilment
    order the probability that it misses its next deadline, as far as it was foreseen.
    """
    from_at = as_of - timedelta(days=days)
    scored = (await evaluate(
        tx, profile, as_of=as_of, known_to=known_to, merchant=merchant_id
    )).get(merchant_id)  # fmt: skip
    found = await open_orders(
        tx,
        merchant_id=merchant_id,
        as_of=as_of,
        due_from=as_of - _OVERDUE_SHOWN,
        batch=OPEN_MAX,
    )
    return ScorePictures(
        history=await _history(tx, profile, merchant_id, merchant, as_of, days, scored),
        waterfall=waterfall_of(profile, merchant, as_of, scored),
        lanes=LaneMap(
            merchant=merchant,
            from_at=from_at,
            to_at=as_of,
            lanes=tuple(await lanes(tx, merchant_id=merchant_id, from_at=from_at, to_at=as_of)),
        ),
        at_risk=AtRisk(
            merchant=merchant,
            as_of=as_of,
            orders=tuple(
                OpenOrder(
                    o.order_ref, o.deadline, o.due_at, (chances or {}).get(o.fulfilment_order_id)
                )
                for o in found
            ),
        ),
    )


async def _history(
    tx: Transaction,
    profile: Profile,
    merchant_id: int,
    merchant: str,
    as_of: datetime,
    days: int,
    scored: Score | None,
) -> ScoreHistory:
    last = as_of.date() if as_of.time() else as_of.date() - timedelta(days=1)
    first = last - timedelta(days=days - 1)
    stored = {
        row.day: ScoreDay(row.day, row.status, None if row.score is None else float(row.score))
        for row in await daily_scores(
            tx, merchant_id=merchant_id, profile=profile.code, from_day=first, to_day=last
        )
    }
    if scored is not None:
        points = None if scored.points is None else float(scored.points)
        stored[last] = ScoreDay(last, scored.status, points)
    begun = min(stored, default=last)
    span = [begun + timedelta(days=i) for i in range((last - begun).days + 1)]
    return ScoreHistory(
        merchant=merchant,
        profile=profile.title,
        low=float(profile.scale.low),
        high=float(profile.scale.high),
        days=tuple(stored.get(day, ScoreDay(day, "no_score", None)) for day in span),
        bands=tuple(BandLine(b.code, b.title, float(b.at)) for b in profile.bands),
        happenings=tuple(
            await happenings(
                tx, merchant_id=merchant_id, from_at=as_of - timedelta(days=days), to_at=as_of
            )
        ),
    )


def waterfall_of(
    profile: Profile, merchant: str, as_of: datetime, scored: Score | None
) -> Waterfall:
    """Return the way from full marks down to a score: what each sub-process took, and the rest.

    A sub-process of which nothing was counted is left out; what lies outside logistics, bonuses and
    misconducts follow under their own titles. The losses add up to what the score lacks.
    """
    losses = []
    if scored is not None and scored.points is not None:
        losses = [
            Loss(part.code, part.title, float(part.points_lost))
            for part in scored.sub_processes
            if part.points_lost or (part.points is not None and part.code != _OUTSIDE)
        ]
        losses += [Loss(a.code, a.title, float(a.points_lost)) for a in scored.adjustments]
    return Waterfall(
        merchant=merchant,
        profile=profile.title,
        as_of=as_of,
        status="no_score" if scored is None else scored.status,
        high=float(profile.scale.high),
        score=None if scored is None or scored.points is None else float(scored.points),
        losses=tuple(losses),
    )
