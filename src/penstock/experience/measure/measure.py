"""Count, for every merchant, what a profile's metrics ask for, as it was known at a moment."""

from datetime import datetime
from pathlib import Path

import msgspec

from penstock.db.composed import run_composed
from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.experience.measure.asked import asked, deadlines, within
from penstock.experience.profiles.profile import Profile
from penstock.experience.scores.points import Count
from penstock.experience.words.composing import judging


class Measured(msgspec.Struct, frozen=True):
    """One metric of one merchant.

    `failed` are the fulfilment orders that cost it points, where the question asked to explain,
    and `shortfall` how much each: 1 for a rate, the missing points for a per-order mean. `aside`
    are those that it set aside, and `reasons` for which word of `vocabulary.EXCLUSIONS` each, or
    `untimed` where a clock is missing.
    """

    merchant_id: int
    code: str
    numerator: int
    denominator: int
    excluded: int
    failed: list[int]
    shortfall: list[int]
    aside: list[int] = []
    reasons: list[str] = []

    @property
    def count(self) -> Count:
        """What `score` takes."""
        return Count(numerator=self.numerator, denominator=self.denominator, excluded=self.excluded)


@query
async def measure(
    tx: Transaction, *, merchant: int | None, as_of: datetime, explain: bool
) -> list[Measured]:
    """Count metrics: a row for every metric of every merchant (or of `merchant`) with an order.

    It is run with its CTE `judged` composed of words, for what `asking` returns.
    """


async def count(
    tx: Transaction,
    profile: Profile,
    *,
    as_of: datetime,
    merchant: int | None = None,
    explain: bool = False,
) -> dict[int, dict[str, Measured]]:
    """Return by merchant and metric code what `profile` counts of our own journeys at `as_of`.

    The gate's orders are under `ORDERS`; supplied metrics are not there: the caller adds them.
    A merchant without any order by `as_of` is not there either.
    """
    given = asking(profile, as_of=as_of, merchant=merchant) | {"explain": explain}
    statement = judging(Path(__file__).with_name("measure.sql"))
    found = [Measured(*row) for row in await run_composed(tx, statement, given)]
    counted: dict[int, dict[str, Measured]] = {}
    for measured in found:
        counted.setdefault(measured.merchant_id, {})[measured.code] = measured
    return counted


def asking(profile: Profile, *, as_of: datetime, merchant: int | None = None) -> dict[str, object]:
    """Return the parameters, by name, of a statement that judges what `profile` asks for."""
    due = deadlines(asked(profile), as_of.date())
    return {
        "merchant": merchant,
        "as_of": as_of,
        "asked": msgspec.json.encode(due.rows).decode(),
        "time_zone": profile.time_zone,
        "channel": profile.channel,
        "within": within(profile),
        "days_from": due.first,
        "days": due.days,
        "ends": due.ends,
    }
