"""What a profile's metrics count on each of some days, from the tallies."""

from collections.abc import Sequence
from datetime import date

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.experience.profiles.profile import Profile
from penstock.experience.scores.points import Count
from penstock.experience.tallies.enlist import kept_measures
from penstock.experience.tallies.measures import measures_of


class DayCount(msgspec.Struct, frozen=True):
    """One metric of one merchant as of the end of a day; the numbers are those of `Count`."""

    merchant_id: int
    code: str
    day: date
    numerator: int
    denominator: int
    excluded: int


@query
async def day_counts(
    tx: Transaction,
    *,
    merchants: Sequence[int],
    codes: Sequence[str],
    measures: Sequence[int],
    window_days: Sequence[int],
    delay_days: Sequence[int],
    from_day: date,
    to_day: date,
    known_on: date,
) -> list[DayCount]:
    """Sum tallies over windows, by metric codes and measures in parallel arrays.

    As they were known at the end of the UTC day `known_on`. Where nothing entered there is no row.
    """


Counts = dict[tuple[int, date], dict[str, Count]]
"""By merchant and day, the counts by metric code; zeros where nothing was counted."""


async def counts_of_days(
    tx: Transaction,
    profile: Profile,
    *,
    merchants: Sequence[int],
    from_day: date,
    to_day: date,
    known_on: date = date.max,
) -> Counts | None:
    """Return what `profile` counts as of the end, in its time zone, of each day.

    It is what `measure.count` answers for that moment, of journeys that are folded. None: the
    profile's measures are not kept yet; the next fold begins to.
    """
    kept = {m.fingerprint: m.measure_id for m in await kept_measures(tx) if m.filled}
    rows = measures_of(profile)
    if any(measure.fingerprint not in kept for _, measure in rows):
        return None
    found = await day_counts(
        tx,
        merchants=merchants,
        codes=[row.code for row, _ in rows],
        measures=[kept[measure.fingerprint] for _, measure in rows],
        window_days=[row.window_days for row, _ in rows],
        delay_days=[row.delay_days for row, _ in rows],
        from_day=from_day,
        to_day=to_day,
        known_on=known_on,
    )
    nothing = Count(numerator=0, denominator=0)
    days = [date.fromordinal(n) for n in range(from_day.toordinal(), to_day.toordinal() + 1)]
    counts: Counts = {
        (merchant, day): {row.code: nothing for row, _ in rows}
        for merchant in merchants
        for day in days
    }
    for row in found:
        counts[row.merchant_id, row.day][row.code] = Count(
            numerator=row.numerator, denominator=row.denominator, excluded=row.excluded
        )
    return counts
