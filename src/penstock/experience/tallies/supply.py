"""Take in what our journeys do not tell of a merchant: ratings, chats, misconducts, by day."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.experience.profiles.profile import Profile
from penstock.experience.tallies.day_counts import DayCount
from penstock.kernel.errors import FieldError, Invalid

Number = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000_000)]


class Supplied(msgspec.Struct, frozen=True, kw_only=True):
    """What one day adds to a supplied metric, or how often a bonus or misconduct happened then.

    Of a mean `numerator` is the sum of what is averaged; of a bonus or misconduct it is the number
    of events.
    """

    code: str
    day: date
    numerator: Number
    denominator: Number = 0


@query
async def supply(
    tx: Transaction,
    *,
    merchant_id: int,
    profile: str,
    source: str,
    codes: Sequence[str],
    days: Sequence[date],
    numerators: Sequence[int],
    denominators: Sequence[int],
    now: datetime,
) -> int | None:
    """Keep the days' counts in place of earlier ones; return how many are other than before."""


@query
async def supplied_counts(
    tx: Transaction,
    *,
    merchants: Sequence[int],
    profile: str,
    codes: Sequence[str],
    window_days: Sequence[int],
    delay_days: Sequence[int],
    from_day: date,
    to_day: date,
) -> list[DayCount]:
    """Sum what was supplied over the windows that end on each day; a day without any has no row."""


async def supply_counts(
    tx: Transaction,
    profile: Profile,
    merchant_id: int,
    told: Sequence[Supplied],
    *,
    source: str,
    now: datetime,
) -> int:
    """Take in counts of days; a code told again for a day replaces what was told before.

    Returns how many days' counts are other than before. `source` says who told.

    Raises:
        Invalid: a code that the profile counts itself, or does not know.

    """
    known = {code for code, _, _ in supplied_codes(profile)}
    wrong = tuple(
        FieldError(
            f"/{n}/code",
            "unknown_code",
            f"{profile.code} takes {' '.join(sorted(known)) or 'none'}",
        )
        for n, row in enumerate(told)
        if row.code not in known
    )
    if wrong:
        raise Invalid(f"these are not for {profile.code} to be told", errors=wrong)
    latest = {(row.code, row.day): row for row in told}
    changed = await supply(
        tx,
        merchant_id=merchant_id,
        profile=profile.code,
        source=source,
        codes=[row.code for row in latest.values()],
        days=[row.day for row in latest.values()],
        numerators=[row.numerator for row in latest.values()],
        denominators=[row.denominator for row in latest.values()],
        now=now,
    )
    return changed or 0


def supplied_codes(profile: Profile) -> list[tuple[str, int, int]]:
    """Return what a profile must be told: code, window and delay in days."""
    metrics = [
        (m.code, profile.window_days if m.window_days is None else m.window_days, m.delay_days)
        for m in profile.metrics
        if m.supplied
    ]
    extras = [bonus.code for bonus in profile.bonuses]
    extras += [misconduct.code for misconduct in profile.misconducts]
    return [*metrics, *((code, profile.window_days, 0) for code in extras)]
