"""How an order missed what a metric asks of it: what was due, what happened, by how much."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from penstock.experience.clocks import Clocks
from penstock.experience.metric_clock import Clock
from penstock.experience.profile import Metric
from penstock.experience.working_days import ends

Moment = datetime | None


class Miss(msgspec.Struct, frozen=True, kw_only=True):
    """What cost an order points, in times that a person can check.

    `due_at` is the deadline, where the metric has one, and `happened_at` what came of it; None:
    nothing yet. `late_s` is how far it was missed: until it happened or, where it has not, until
    the moment that the score is seen from. `took_s` is the time that a metric of durations
    measures. `counted_at` is from when it costs points. `fault` is whose it was, where one is
    recorded, else empty.
    """

    what: str
    due_at: Moment = None
    happened_at: Moment = None
    late_s: int | None = None
    took_s: int | None = None
    counted_at: Moment = None
    fault: str = ""


def miss(metric: Metric, order: Clocks, time_zone: str, as_of: datetime) -> Miss:
    """Say how `order` missed `metric`, by the definitions of `vocabulary` and `measure.sql`.

    A word that has no case here is told by its name alone; the order's clocks say the rest.
    """
    word, fault = metric.numerator or metric.quantity, order.exception_fault or ""
    if word in _ENDS:
        what, at, whose = _end(word, metric, order)
        return Miss(what=what, happened_at=at, counted_at=at, fault=whose or fault)
    if word in _DURATIONS:
        began, ended = _lasted(word, order, time_zone)
        took = None if began is None or ended is None else _seconds(began, ended)
        return Miss(
            what=_DURATIONS[word], happened_at=ended, took_s=took, counted_at=ended, fault=fault
        )
    what, due, happened = _due(word, metric, order, time_zone)
    late = None if due is None else max(0, _seconds(due, happened or as_of))
    return Miss(
        what=what,
        due_at=due,
        happened_at=happened,
        late_s=late,
        counted_at=due or happened or (order.dispatched_at if word == "scanned" else None),
        fault=fault,
    )


_ENDS = {
    "cancelled": "cancelled",
    "cancelled_by_seller": "cancelled",
    "cancelled_by_fault": "cancelled",
    "returned_not_buyer": "returned",
    "returned_logistics": "returned",
    "returned_by_fault": "returned",
    "lost_or_returned_logistics": "lost or returned",
    "failed_by_fault": "cancelled or returned",
}
_DURATIONS = {
    "receipt_s": "acceptance",
    "pickup_h": "pick-up",
    "pickup_s": "pick-up",
    "prepare_s": "hand-over",
}
_STOPS = {
    "packed": "packing",
    "labelled": "label",
    "dispatched": "hand-over",
    "scanned": "carrier's first scan",
    "delivered": "delivery",
}


def _end(word: str, metric: Metric, order: Clocks) -> tuple[str, Moment, str | None]:
    """Return what became of the order, when, and by whose fault: of several the first."""
    cancelled = ("cancelled", order.cancelled_at, order.cancel_fault)
    returned = ("returned", order.returned_at, order.return_fault)
    ended = {
        "cancelled": [cancelled],
        "returned": [returned],
        "lost or returned": [("lost", order.lost_at, None), returned],
        "cancelled or returned": [one for one in (cancelled, returned) if one[2] in metric.faults],
    }[_ENDS[word]]
    happened = [(at, what, fault) for what, at, fault in ended if at is not None]
    if not happened:
        return _ENDS[word], None, None
    at, what, fault = min(happened, key=lambda one: one[0])
    return what, at, fault


def _due(word: str, metric: Metric, order: Clocks, time_zone: str) -> tuple[str, Moment, Moment]:
    if word.startswith("clock_"):
        return _by_clock(metric, order, time_zone)
    handed, delivered = order.dispatched_at, order.delivered_at
    told: dict[str, tuple[str, Moment, Moment]] = {
        "dispatched_late": ("hand-over", order.dispatch_by_at, handed),
        "dispatched_in_time": ("hand-over", order.dispatch_by_at, handed),
        "picked_up_next_day": ("pick-up", _day_after_ended(order.paid_at, time_zone), handed),
        "transit_in_time": ("delivery in the promised transit", _transit_due(order), delivered),
        "delivered_in_time": ("delivery", order.deliver_by_at, delivered),
        "scanned": ("carrier's first scan", None, order.scanned_at),
    }
    return told.get(word, (word.replace("_", " "), None, None))


def _by_clock(metric: Metric, order: Clocks, time_zone: str) -> tuple[str, Moment, Moment]:
    """Apply the metric's clock of the order's market, or the one for all other markets."""
    fitting = [c for c in metric.clocks if order.market in c.markets] or [
        c for c in metric.clocks if not c.markets
    ]
    if not fitting:
        return "clock", None, None
    (clock,) = fitting[:1]
    stop: Moment = getattr(order, f"{clock.stop}_at")
    return _STOPS[clock.stop], _runs_out(clock, order, clock.time_zone or time_zone), stop


def _runs_out(clock: Clock, order: Clocks, time_zone: str) -> Moment:
    if clock.start == "promise":
        return order.deliver_by_at if clock.stop == "delivered" else order.dispatch_by_at
    start: Moment = getattr(order, f"{clock.start}_at")
    if start is None or clock.hours is not None:
        return start and start + timedelta(hours=clock.hours or 0)
    zone = ZoneInfo(time_zone)
    day = start.astimezone(zone).date()
    (further,) = ends(clock.calendar, clock.days or 0, day, day)
    return _midnight(day + timedelta(days=further + 1), zone) - timedelta(microseconds=1)


def _transit_due(order: Clocks) -> Moment:
    if order.transit_by_at is not None or order.dispatched_at is None:
        return order.transit_by_at
    if order.deliver_by_at is None or order.dispatch_by_at is None:
        return None
    return order.dispatched_at + (order.deliver_by_at - order.dispatch_by_at)


def _day_after_ended(paid_at: Moment, time_zone: str) -> Moment:
    if paid_at is None:
        return None
    zone = ZoneInfo(time_zone)
    return _midnight(paid_at.astimezone(zone).date() + timedelta(days=2), zone)


def _lasted(word: str, order: Clocks, time_zone: str) -> tuple[Moment, Moment]:
    if word == "receipt_s":
        return order.ordered_at, order.accepted_at
    paid_at = order.paid_at
    return (paid_at if word == "prepare_s" else _pickup_from(paid_at, time_zone)), (
        order.dispatched_at
    )


def _pickup_from(paid_at: Moment, time_zone: str) -> Moment:
    """Return the payment, or the 06:00 after it for one from 18:00 on (Douyin rule 103956)."""
    if paid_at is None:
        return None
    zone = ZoneInfo(time_zone)
    local = paid_at.astimezone(zone)
    if time(6) <= local.time() < time(18):
        return paid_at
    day = local.date() + timedelta(days=1 if local.time() >= time(18) else 0)
    return datetime.combine(day, time(6), zone).astimezone(UTC)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _seconds(since: datetime, until: datetime) -> int:
    return round((until - since).total_seconds())
