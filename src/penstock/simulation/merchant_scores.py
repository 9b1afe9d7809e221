"""The scores of an evening's merchants, and the orders that cost them most, in words."""

from datetime import datetime, timedelta

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.experience.explain.explain import OrderLoss, Wanted, explain
from penstock.experience.journeys.clocks import Clocks
from penstock.experience.measure.evaluate import evaluate
from penstock.experience.pictures.pictures import lanes
from penstock.experience.profiles.load import load
from penstock.experience.profiles.profile import Profile
from penstock.experience.scores.score import Score
from penstock.simulation.evening import CostlyOrder, MerchantScore, SubProcessScore

_PROFILE = "penstock_les"
_WORST = 5
_OUTSIDE = "outside"


class Named(msgspec.Struct, frozen=True):
    """A merchant's number and names."""

    merchant_id: int
    code: str
    title: str


@query
async def merchants_named(tx: Transaction) -> list[Named]:
    """List the merchants with their codes and titles."""


async def merchant_scores(tx: Transaction, as_of: datetime) -> list[MerchantScore]:
    """Score every merchant by Penstock's own LES as of a moment, and name its costliest orders."""
    profile = load(_PROFILE)
    scores = await evaluate(tx, profile, as_of=as_of, known_to=as_of)
    return [
        await _scored(tx, profile, merchant, scores[merchant.merchant_id], as_of)
        for merchant in await merchants_named(tx)
        if merchant.merchant_id in scores
    ]


async def _scored(
    tx: Transaction, profile: Profile, merchant: Named, score: Score, as_of: datetime
) -> MerchantScore:
    told = await explain(
        tx,
        profile,
        merchant=merchant.merchant_id,
        as_of=as_of,
        known_to=as_of,
        wanted=Wanted(limit=_WORST),
        supplied={},
    )
    return MerchantScore(
        code=merchant.code,
        title=merchant.title,
        profile=profile.title,
        status=score.status,
        total=None if score.points is None else float(score.points),
        high=float(profile.scale.high),
        sub_processes=tuple(
            SubProcessScore(
                code=part.code,
                title=part.title,
                points=None if part.points is None else float(part.points),
                points_lost=float(part.points_lost),
            )
            for part in score.sub_processes
            if part.code != _OUTSIDE
        ),
        other_lost=float(
            sum(a.points_lost for a in score.adjustments)
            + sum(part.points_lost for part in score.sub_processes if part.code == _OUTSIDE)
        ),
        worst=tuple(
            _costly(profile, order) for order in (told.orders if told else ()) if order.points
        ),
        lanes=tuple(
            await lanes(
                tx,
                merchant_id=merchant.merchant_id,
                from_at=as_of - timedelta(days=profile.window_days or 90),
                to_at=as_of,
            )
        ),
    )


def _costly(profile: Profile, order: OrderLoss) -> CostlyOrder:
    loss = next(loss for loss in order.losses if loss.points)
    metric = next(m for m in profile.metrics if m.code == loss.metric)
    return CostlyOrder(
        order_ref=order.clocks.order_ref,
        sub_process=metric.sub_process.replace("_", " "),
        metric=metric.title,
        points=float(order.points),
        happened=_happened(order.clocks),
    )


def _happened(journey: Clocks) -> str:
    """Say in a sentence what went wrong, the gravest first."""
    if journey.lost_at:
        return f"lost on the road, {journey.lost_at:%d %b}"
    if journey.cancelled_at and journey.cancel_fault != "buyer":
        return f"cancelled by the {journey.cancel_fault}, {journey.cancelled_at:%d %b}"
    told = []
    handed_over = _late("handed over", journey.dispatched_at, journey.dispatch_by_at)
    delivered = _late("delivered", journey.delivered_at, journey.deliver_by_at)
    carried = _late("carried", journey.delivered_at, journey.transit_by_at)
    told += [text for text in (handed_over, delivered or carried) if text]
    if journey.returned_at:
        fault = f", fault: {journey.return_fault}" if journey.return_fault else ""
        told.append(f"sent back{fault}")
    return "; ".join(told) or "short of its promise"


def _late(what: str, at: datetime | None, by: datetime | None) -> str:
    if by is None:
        return ""
    if at is None:
        return f"not {what} by {by:%d %b %H:%M}"
    hours = (at - by).total_seconds() / 3600
    return f"{what} {hours:.0f} h late" if hours > 0 else ""
