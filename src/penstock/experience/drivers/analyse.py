"""Which part of the journey makes the difference: three lenses on what the database knows."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from penstock.db.transaction import Transaction
from penstock.experience.drivers.fair_points import fair_points
from penstock.experience.drivers.known import (
    KnownDelivery,
    MerchantWeek,
    deliveries_known,
    merchant_weeks,
)
from penstock.experience.drivers.lateness import Lateness, lateness
from penstock.experience.drivers.questionnaire import shipped
from penstock.experience.drivers.stage_model import ORDERS_MIN, StageModel, stage_model
from penstock.experience.drivers.survey import Answers, score
from penstock.experience.measure.measure import count
from penstock.experience.profiles.profile import Profile
from penstock.experience.scores.points import Count
from penstock.kernel.errors import Invalid

WEEKS_MAX = 104
_SEED = 1
AnswersByMerchant = Mapping[int, Sequence[Answers]]


class DriverData(msgspec.Struct, frozen=True, kw_only=True):
    """What the analysis is made from; counts are by merchant and metric."""

    counts: dict[int, dict[str, Count]]
    deliveries: list[KnownDelivery]
    weeks: list[MerchantWeek]


class FairPoints(msgspec.Struct, frozen=True, kw_only=True):
    """Points that each sub-process costs a merchant, of the score's scale."""

    merchant_id: int
    points: dict[str, float]


class Drivers(msgspec.Struct, frozen=True, kw_only=True):
    """The three lenses: fair shares of lost points, effects of lateness, the chain of stages."""

    fair_points: tuple[FairPoints, ...]
    unscored: int
    lateness: tuple[Lateness, ...]
    stages: StageModel


async def driver_data(
    tx: Transaction, profile: Profile, merchant: int | None, *, weeks: int, as_of: datetime
) -> DriverData:
    """Read the last weeks of a merchant, or of all.

    Raises:
        Invalid: the number of weeks is not from 1 to `WEEKS_MAX`.

    """
    if not 1 <= weeks <= WEEKS_MAX:
        raise Invalid(f"weeks must be from 1 to {WEEKS_MAX}")
    from_at = as_of - timedelta(weeks=weeks)
    counted = await count(tx, profile.over(7 * weeks), as_of=as_of, merchant=merchant)
    return DriverData(
        counts={
            who: {code: row.count for code, row in metrics.items()}
            for who, metrics in counted.items()
        },
        deliveries=await deliveries_known(tx, merchant=merchant, from_at=from_at, as_of=as_of),
        weeks=await merchant_weeks(
            tx, merchant=merchant, from_at=from_at, as_of=as_of, orders_min=ORDERS_MIN
        ),
    )


def drivers(
    data: DriverData, profile: Profile, answers: AnswersByMerchant, *, weeks: int
) -> Drivers:
    """Look at the same orders by fair shares, adjusted effects and a path model.

    `answers` are those of shoppers and merchants to the questionnaire, by whom they are about.
    Each lens that the data do not bear says so, and why.
    """
    over, shared, unscored = profile.over(7 * weeks), [], 0
    for merchant_id, counts in sorted(data.counts.items()):
        try:
            shared.append(FairPoints(merchant_id=merchant_id, points=fair_points(over, counts)))
        except Invalid:
            unscored += 1
    return Drivers(
        fair_points=tuple(shared),
        unscored=unscored,
        lateness=tuple(lateness(data.deliveries, seed=_SEED)),
        stages=stage_model(data.weeks, _quality(answers), seed=_SEED),
    )


def _quality(answers: AnswersByMerchant) -> dict[int, dict[str, float]]:
    """Return by merchant the mean of each dimension, among its shoppers."""
    return {
        merchant_id: {
            dimension.code: dimension.mean
            for dimension in score(shipped(), "shopper", given).dimensions
            if dimension.mean is not None
        }
        for merchant_id, given in answers.items()
        if given
    }
