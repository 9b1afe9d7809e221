"""Which orders two moments both look at, told by windows alone."""

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from penstock.db.transaction import Transaction
from penstock.experience.measure.measure import Measured, count
from penstock.experience.profiles.profile import ORDERS, Profile
from penstock.experience.scores.points import Count

NOTHING = Count(numerator=0, denominator=0)
Measures = Mapping[str, Measured]
Counts = dict[str, Count]


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What one profile measures at two moments, and what part of it are orders of which kind.

    When an order enters a population does not depend on the moment of looking, so the orders that
    both windows hold are a window of their own: it begins with the later and ends with the
    earlier. `stayed` are those as they were seen at the earlier moment, `entered` those that only
    the later window holds. A metric whose windows share nothing is missing from `stayed`.
    """

    before: Measures
    stayed: Measures
    after: Measures
    entered: Measures

    def added(self) -> dict[str, Counts]:
        """Return by cause what leads from the counts before to the counts after."""
        return {
            "entered": {code: row.count for code, row in self.entered.items()},
            "left": {
                code: _less(_count(self.stayed, code), row.count)
                for code, row in self.before.items()
            },
            "later_facts": {
                code: _less(_less(row.count, _count(self.entered, code)), _count(self.stayed, code))
                for code, row in self.after.items()
            },
        }

    def failed(self, code: str) -> dict[str, dict[int, int]]:
        """Return the orders that failed a metric and how far, by what became of them.

        `entered`, `left`, and of those in both windows `turned_bad` and `turned_good`.
        """
        before, after = _failed(self.before, code), _failed(self.after, code)
        stayed, entered = _failed(self.stayed, code), _failed(self.entered, code)
        now = {order: part for order, part in after.items() if order not in entered}
        return {
            "entered": entered,
            "left": {order: part for order, part in before.items() if order not in stayed},
            "turned_bad": {o: p - stayed.get(o, 0) for o, p in now.items() if p > stayed.get(o, 0)},
            "turned_good": {o: p - now.get(o, 0) for o, p in stayed.items() if p > now.get(o, 0)},
        }


async def see(
    tx: Transaction,
    profile: Profile,
    *,
    merchant: int,
    since: datetime,
    until: datetime,
    days: int,
) -> Seen:
    """Measure a merchant at two moments that are `days` whole days apart."""

    async def at(moment: datetime, asked: Profile) -> Measures:
        counted = await count(tx, asked, as_of=moment, merchant=merchant, explain=True)
        return counted.get(merchant, {})

    stayed = await at(since, _over(profile, lambda w: w and max(w - days, 1)))
    lasting = {code for code, window in windows(profile).items() if not 0 < window <= days}
    return Seen(
        before=await at(since, profile),
        stayed={code: row for code, row in stayed.items() if code in lasting},
        after=await at(until, profile),
        entered=await at(until, _over(profile, lambda w: min(w, days) if w else days)),
    )


def windows(profile: Profile) -> dict[str, int]:
    """Return the days of each metric's window, and of the gate's; 0: it has no beginning."""
    gate = profile.gate.window_days
    return {
        ORDERS: profile.window_days if gate is None else gate,
        **{
            metric.code: profile.window_days if metric.window_days is None else metric.window_days
            for metric in profile.metrics
        },
    }


def _over(profile: Profile, window_of: Callable[[int], int]) -> Profile:
    """Return the same formula with each window changed."""
    known = windows(profile)
    replace = msgspec.structs.replace
    dimensions = tuple(
        replace(
            dimension,
            metrics=tuple(
                replace(metric, window_days=window_of(known[metric.code]))
                for metric in dimension.metrics
            ),
        )
        for dimension in profile.dimensions
    )
    gate = replace(profile.gate, window_days=window_of(known[ORDERS]))
    return replace(profile, dimensions=dimensions, gate=gate)


def _count(measured: Measures, code: str) -> Count:
    return measured[code].count if code in measured else NOTHING


def _failed(measured: Measures, code: str) -> dict[int, int]:
    row = measured.get(code)
    return {} if row is None else dict(zip(row.failed, row.shortfall, strict=True))


def _less(one: Count, other: Count) -> Count:
    return Count(
        numerator=one.numerator - other.numerator,
        denominator=one.denominator - other.denominator,
    )
