"""Count a profile's metrics over replayed orders, in the words of `vocabulary`.

`measure.sql` defines the words; this is the same reading of the commonest of them for orders that
are in no table. A test holds the two against one another, and a metric of which the recount of
what really happened differs from the database's count is left as it was measured.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from penstock.experience.drivers.array import Flags, Vector, np
from penstock.experience.points import Count
from penstock.experience.profile import ORDERS, Metric, PerOrder, Profile

NEVER = float("inf")
_SLACK_US = 300e6


class Clocks(msgspec.Struct, frozen=True, kw_only=True):
    """Orders as columns: times in microseconds since 1970, `NEVER` where there is none."""

    ordered: Vector
    paid: Vector
    accepted: Vector
    dispatch_by: Vector
    deliver_by: Vector
    dispatched: Vector
    transit_by: Vector
    delivered: Vector
    cancelled: Vector
    returned: Vector
    lost: Vector
    cancel_fault: Vector
    return_fault: Vector
    exception_fault: Vector
    excluded: Vector


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


Word = Callable[[Clocks], Vector]


def _when(condition: Flags, value: Vector) -> Vector:
    return np.asarray(np.where(condition, value, NEVER))


def _transit_due(c: Clocks) -> Vector:
    dated = np.isfinite(c.dispatched) & np.isfinite(c.deliver_by) & np.isfinite(c.dispatch_by)
    own = np.full(len(dated), NEVER)
    own[dated] = c.dispatched[dated] + (c.deliver_by[dated] - c.dispatch_by[dated])
    return np.asarray(np.where(np.isfinite(c.transit_by), c.transit_by, own))


def _unless_cancelled(c: Clocks, due: Vector, done: Vector) -> Vector:
    """Return deadlines that hold: not those of orders cancelled before them, and undone."""
    first = _when(c.cancelled < done, c.cancelled)
    return _when(~(first < due), due)


def _of_fault(fault: Vector, faults: tuple[str, ...], at: Vector) -> Vector:
    return _when(np.isin(fault, faults), at)


def _lost_or_returned(c: Clocks) -> Vector:
    sent_back = _of_fault(c.return_fault, ("carrier", "platform"), c.returned)
    return np.asarray(np.minimum(c.lost, sent_back))


def _arrived(c: Clocks) -> Vector:
    return np.asarray(np.minimum(c.delivered, c.lost))


POPULATIONS: Mapping[str, Word] = {
    "ordered": lambda c: c.ordered,
    "paid": lambda c: c.paid,
    "accepted": lambda c: c.accepted,
    "dispatched": lambda c: c.dispatched,
    "dispatch_due": lambda c: _unless_cancelled(c, c.dispatch_by, c.dispatched),
    "transit_due": lambda c: _when(
        np.isfinite(c.dispatched), _unless_cancelled(c, _transit_due(c), _arrived(c))
    ),
    "delivery_due": lambda c: _unless_cancelled(c, c.deliver_by, _arrived(c)),
    "delivered": lambda c: c.delivered,
    "transport_ended": _arrived,
}
PREDICATES: Mapping[str, Word] = {
    "dispatched_late": lambda c: _when(~(c.dispatched <= c.dispatch_by), c.dispatch_by),
    "dispatched_in_time": lambda c: _when(c.dispatched <= c.dispatch_by, c.dispatched),
    "transit_in_time": lambda c: _when(c.delivered <= _transit_due(c), c.delivered),
    "delivered_in_time": lambda c: _when(c.delivered <= c.deliver_by, c.delivered),
    "cancelled": lambda c: c.cancelled,
    "cancelled_by_seller": lambda c: _of_fault(c.cancel_fault, ("seller",), c.cancelled),
    "returned_not_buyer": lambda c: _of_fault(
        c.return_fault, ("seller", "carrier", "platform"), c.returned
    ),
    "returned_logistics": lambda c: _of_fault(c.return_fault, ("carrier", "platform"), c.returned),
    "lost_or_returned_logistics": _lost_or_returned,
}
QUANTITIES: Mapping[str, Word] = {
    "receipt_s": lambda c: (c.accepted - c.ordered) / 1e6,
}


def understood(metric: Metric) -> bool:
    """Whether a metric's words are among those that can be replayed."""
    if metric.supplied or metric.clocks or metric.faults or metric.delay_days:
        return False
    if metric.population not in POPULATIONS:
        return False
    if metric.quantity:
        return metric.quantity in QUANTITIES and isinstance(metric.mapping, PerOrder)
    return metric.numerator in PREDICATES


def tallies(profile: Profile, clocks: Clocks, as_of: datetime) -> dict[str, Tally]:
    """Return by metric what each order adds to it, as of a moment; the gate's under `ORDERS`."""
    found = {
        metric.code: _tally(profile, metric, clocks, as_of)
        for metric in profile.metrics
        if understood(metric)
    }
    gate = profile.gate
    days = profile.window_days if gate.window_days is None else gate.window_days
    if gate.population in POPULATIONS:
        entered = _entered(profile, clocks, gate.population, as_of, days)
        aside = _aside(clocks, profile.exclusions)
        found[ORDERS] = _sorted(entered, aside, np.zeros(len(entered)))
    return found


def _tally(profile: Profile, metric: Metric, clocks: Clocks, as_of: datetime) -> Tally:
    days = profile.window_days if metric.window_days is None else metric.window_days
    entered = _entered(profile, clocks, metric.population, as_of, days)
    words = profile.exclusions if metric.exclusions is None else metric.exclusions
    aside = _aside(clocks, words)
    if not metric.quantity:
        true = PREDICATES[metric.numerator](clocks) <= as_of.timestamp() * 1e6
        return _sorted(entered, aside, true.astype(float))
    amount = QUANTITIES[metric.quantity](clocks)
    assert isinstance(metric.mapping, PerOrder)
    earned = np.full(len(amount), float(metric.mapping.otherwise))
    for step in sorted(metric.mapping.steps, key=lambda s: -s.at):
        earned[amount <= float(step.at)] = float(step.points)
    return _sorted(entered, aside | ~np.isfinite(amount), earned)


def _entered(
    profile: Profile, clocks: Clocks, population: str, as_of: datetime, days: int
) -> Flags:
    """Tell who entered within the window; nothing of an order counts before the order itself."""
    now, since = as_of.timestamp() * 1e6, -NEVER
    if days:
        zone = ZoneInfo(profile.time_zone)
        local = as_of.astimezone(zone).replace(tzinfo=None) - timedelta(days=days)
        since = local.replace(tzinfo=zone).timestamp() * 1e6
    at = POPULATIONS[population](clocks)
    inside = (np.maximum(at, clocks.ordered) > since) & (at <= now)
    return np.asarray(inside & (clocks.ordered <= now))


def _aside(clocks: Clocks, words: tuple[str, ...]) -> Flags:
    faults = tuple(word.removesuffix("_fault") for word in words if word.endswith("_fault"))
    reasons = tuple(word.removeprefix("flagged_") for word in words if word.startswith("flagged_"))
    aside = np.isin(clocks.exception_fault, faults) | np.isin(clocks.excluded, reasons)
    if "flagged" in words:
        aside |= clocks.excluded != ""
    if "clocks" in words:
        aside |= _backwards(clocks)
    return np.asarray(aside)


def _backwards(c: Clocks) -> Flags:
    """Tell whose clocks run backwards by more than those of two systems may differ."""
    events = (c.paid, c.accepted, c.dispatched, c.delivered, c.cancelled, c.lost, c.returned)
    early = np.minimum.reduce(events) < c.ordered - _SLACK_US
    unpaid = (c.dispatched < c.paid - _SLACK_US) & np.isfinite(c.paid)
    unsent = (c.delivered < c.dispatched - _SLACK_US) & np.isfinite(c.dispatched)
    return np.asarray(early | unpaid | unsent)


def _sorted(entered: Flags, aside: Flags, earned: Vector) -> Tally:
    counted = (entered & ~aside).astype(float)
    return Tally(counted, earned, (entered & aside).astype(float))
