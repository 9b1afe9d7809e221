"""What a merchant could do to score better, replayed on its own last weeks."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from penstock.db.transaction import Transaction
from penstock.experience.lift.assumptions import assuming
from penstock.experience.lift.money import in_one_currency
from penstock.experience.lift.past import past_of
from penstock.experience.lift.predict import Lifts, lifts
from penstock.experience.lift.snapshot import Snapshot, take_snapshot
from penstock.experience.measure.measure import count
from penstock.experience.profiles.profile import Profile
from penstock.experience.scores.points import Count
from penstock.kernel.errors import Invalid

WEEKS_MAX = 26
_WARM_UP = timedelta(days=30)
"""Orders of before stand in the queues, and come due within the weeks."""
_SEED = 1


async def lift_snapshot(
    tx: Transaction, profile: Profile, merchant: int, *, weeks: int, as_of: datetime
) -> tuple[Snapshot, Mapping[str, Count]]:
    """Read what a lift is reckoned from: the last weeks, and what the profile counted in them.

    Raises:
        Invalid: the number of weeks is not from 1 to `WEEKS_MAX`, or there was no order in them.

    """
    if not 1 <= weeks <= WEEKS_MAX:
        raise Invalid(f"weeks must be from 1 to {WEEKS_MAX}")
    from_at = as_of - timedelta(weeks=weeks)
    snapshot = await take_snapshot(tx, merchant, from_at - _WARM_UP, as_of)
    snapshot = msgspec.structs.replace(snapshot, from_at=from_at)
    if not snapshot.orders:
        raise Invalid(f"the merchant had no order in the {weeks} weeks up to {as_of:%Y-%m-%d}")
    counted = await count(tx, profile.over(7 * weeks), as_of=as_of, merchant=merchant)
    return snapshot, {code: row.count for code, row in counted.get(merchant, {}).items()}


def lift(
    snapshot: Snapshot,
    measured: Mapping[str, Count],
    profile: Profile,
    *,
    weeks: int,
    given: Mapping[str, float],
    eur_per_unit: Mapping[str, Decimal],
) -> Lifts:
    """Return what each lever would have brought over the weeks of `snapshot`.

    The profile is taken over those weeks, whatever its own window is. `given` replaces
    assumptions. The same snapshot gives the same answer.

    Raises:
        Invalid: an unknown assumption, or too few orders to score.

    """
    turned, currency = in_one_currency(snapshot, eur_per_unit)
    return lifts(
        past_of(turned),
        profile.over(7 * weeks),
        measured,
        assuming(given),
        currency=currency,
        seed=_SEED,
    )
