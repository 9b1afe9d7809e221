"""Count a profile's metrics over replayed orders, by the very words that the database counts by.

A metric of which the recount of what really happened differs from the database's count is left as
it was measured.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from penstock.experience.drivers.array import Flags, Vector, np
from penstock.experience.profiles.profile import ORDERS, Metric, PerOrder, Profile
from penstock.experience.scores.points import Count
from penstock.experience.words.reading import Orders, read, readable
from penstock.experience.words.vocabulary import POPULATIONS, PREDICATES, QUANTITIES, WORDS

TIMES: Final = (
    *("ordered", "paid", "accepted", "dispatch_by", "deliver_by", "dispatched", "transit_by"),
    *("delivered", "cancelled", "returned", "lost"),
)
"""The milestones that are replayed and that words speak of."""
FAULTS: Final = ("cancel_fault", "return_fault", "exception_fault", "excluded")
_KNOWN: Final = frozenset({*(f"{name}_at" for name in TIMES), *FAULTS})


class Tally(msgspec.Struct, frozen=True):
    """What each order adds to a metric: whether it counts, and what it earned."""

    counted: Vector
    earned: Vector
    excluded: Vector

    def count(self, weights: Vector | None = None) -> Count:
        """Sum it up, each order as often as its weight says."""
        weighed = np.ones(len(self.counted)) if weights is None else weights
        return Count(
            numerator=round(float(weighed @ (self.counted * self.earned))),
            denominator=round(float(weighed @ self.counted)),
            excluded=round(float(weighed @ self.excluded)),
        )


def understood(metric: Metric) -> bool:
    """Whether a metric's words can be read on replayed orders."""
    if metric.supplied or metric.clocks or metric.faults or metric.delay_days:
        return False
    if metric.quantity:
        said = QUANTITIES[metric.quantity].amount
        return isinstance(metric.mapping, PerOrder) and _readable(metric.population, said)
    return _readable(metric.population, PREDICATES[metric.numerator].at)


def _readable(population: str, *said: str) -> bool:
    return all(readable(sql, _KNOWN) for sql in (POPULATIONS[population].at, *said))


def tallies(profile: Profile, orders: Orders, as_of: datetime) -> dict[str, Tally]:
    """Return by metric what each order adds to it, as of a moment; the gate's under `ORDERS`.

    `orders` have the columns `TIMES`, each with `_at`, and `FAULTS`.
    """
    own = {metric.exclusions for metric in profile.metrics if metric.exclusions is not None}
    aside = {words: _aside(orders, words) for words in {profile.exclusions, *own}}
    found = {
        metric.code: _tally(profile, metric, orders, as_of, aside)
        for metric in profile.metrics
        if understood(metric)
    }
    gate = profile.gate
    days = profile.window_days if gate.window_days is None else gate.window_days
    if _readable(gate.population):
        entered = _entered(profile, orders, gate.population, as_of, days)
        found[ORDERS] = _sorted(entered, aside[profile.exclusions], np.zeros(len(entered)))
    return found


def _tally(
    profile: Profile,
    metric: Metric,
    orders: Orders,
    as_of: datetime,
    aside: Mapping[tuple[str, ...], Flags],
) -> Tally:
    days = profile.window_days if metric.window_days is None else metric.window_days
    entered = _entered(profile, orders, metric.population, as_of, days)
    out = aside[profile.exclusions if metric.exclusions is None else metric.exclusions]
    if not metric.quantity:
        true = read(PREDICATES[metric.numerator].at).value(orders) <= as_of.timestamp() * 1e6
        return _sorted(entered, out, true.astype(float))
    amount = read(QUANTITIES[metric.quantity].amount).value(orders)
    assert isinstance(metric.mapping, PerOrder)
    earned = np.full(len(amount), float(metric.mapping.otherwise))
    for step in sorted(metric.mapping.steps, key=lambda s: -s.at):
        earned[amount <= float(step.at)] = float(step.points)
    return _sorted(entered, out | np.isnan(amount), earned)


def _entered(
    profile: Profile, orders: Orders, population: str, as_of: datetime, days: int
) -> Flags:
    """Tell who entered within the window; nothing of an order counts before the order itself."""
    now, since = as_of.timestamp() * 1e6, -np.inf
    if days:
        zone = ZoneInfo(profile.time_zone)
        local = as_of.astimezone(zone).replace(tzinfo=None) - timedelta(days=days)
        since = local.replace(tzinfo=zone).timestamp() * 1e6
    at, ordered = read(POPULATIONS[population].at).value(orders), orders["ordered_at"]
    return np.asarray((np.maximum(at, ordered) > since) & (at <= now) & (ordered <= now))


def _aside(orders: Orders, words: tuple[str, ...]) -> Flags:
    orders["excluding"] = np.array(words, dtype=str)
    return np.asarray(read(WORDS.reason).value(orders) != "")


def _sorted(entered: Flags, aside: Flags, earned: Vector) -> Tally:
    counted = (entered & ~aside).astype(float)
    return Tally(counted, earned, (entered & aside).astype(float))
