"""Score merchants from their journeys."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from penstock.db.transaction import Transaction
from penstock.experience.measure.measure import Measured, count
from penstock.experience.profiles.profile import Profile
from penstock.experience.scores.points import Count
from penstock.experience.scores.score import Score, score


async def evaluate(
    tx: Transaction,
    profile: Profile,
    *,
    as_of: datetime,
    known_to: datetime,
    merchant: int | None = None,
    supplied: Mapping[int, Mapping[str, Count]] | None = None,
) -> dict[int, Score]:
    """Score every merchant that had an order by `as_of` (or only `merchant`).

    `known_to` is up to when events are known, in practice now: a score is final once the
    profile's lag has passed between the two. `supplied` gives, by merchant, the counts of metrics
    that our journeys do not tell, and the events of bonuses and misconducts.

    Raises:
        Invalid: a supplied code that the profile does not know.

    """
    counted = await count(tx, profile, as_of=as_of, merchant=merchant)
    return {
        merchant_id: scored_from(
            profile,
            measured,
            as_of=as_of,
            known_to=known_to,
            supplied=(supplied or {}).get(merchant_id),
        )
        for merchant_id, measured in counted.items()
    }


def scored_from(
    profile: Profile,
    measured: Mapping[str, Measured],
    *,
    as_of: datetime,
    known_to: datetime,
    supplied: Mapping[str, Count] | None = None,
) -> Score:
    """Score one merchant from what was measured of it, as `evaluate` does."""
    counts = {code: row.count for code, row in measured.items()} | dict(supplied or {})
    settled = known_to >= as_of + timedelta(days=profile.lag_days)
    return score(profile, counts, settled=settled)
