"""What was supplied from outside for a score seen from a moment."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from penstock.db.transaction import Transaction
from penstock.experience.profiles.profile import Profile
from penstock.experience.scores.points import Count
from penstock.experience.tallies.supply import supplied_codes, supplied_counts


async def told_at(
    tx: Transaction, profile: Profile, *, merchant: int, as_of: datetime
) -> dict[str, Count]:
    """Return the supplied counts over the windows that end with the last day before `as_of`.

    It is a day of the profile's time zone, as for the daily scores: a day that is not over counts
    with what was supplied for it so far.
    """
    codes = supplied_codes(profile)
    if not codes:
        return {}
    day = (as_of.astimezone(ZoneInfo(profile.time_zone)) - timedelta(microseconds=1)).date()
    rows = await supplied_counts(
        tx,
        merchants=[merchant],
        profile=profile.code,
        codes=[code for code, _, _ in codes],
        window_days=[window for _, window, _ in codes],
        delay_days=[delay for _, _, delay in codes],
        from_day=day,
        to_day=day,
    )
    return {row.code: Count(numerator=row.numerator, denominator=row.denominator) for row in rows}
