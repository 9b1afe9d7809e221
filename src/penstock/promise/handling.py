"""How much later an order is due that exceeds the order-handling capacity of its day."""

from collections.abc import Sequence
from datetime import datetime

from penstock.kernel.calendar import Calendar
from penstock.promise.due import Due, Sla, due_many, shipped_slas
from penstock.promise.due import extend as extend_due
from penstock.promise.market import market_calendar


def extra_days(position: int, capacity: int | None, *, days_per_fill: int, days_max: int) -> int:
    """Return by how many days the `position`-th order of a day (from 1) is due later.

    Orders up to `capacity` are not; the next `capacity` orders by `days_per_fill`, the next by
    twice that, at most `days_max`. With a capacity of 0 every order is due `days_max` later;
    without one (None) none is. That a declared capacity moves the deadline is TikTok Shop's
    "Order Handling Capacity" (polici.net); the steps are Penstock's own.
    """
    assert position >= 1, "the first order of a day is number 1"
    if capacity is None:
        return 0
    if capacity == 0:
        return days_max
    return min(days_max, (position - 1) // capacity * days_per_fill)


def extend(
    sla: Sla, node: Calendar, destination: Calendar, given: Sequence[Due], days: Sequence[int]
) -> list[Due]:
    """Move deadlines of one SLA and lane later, each by its own days, in the days the SLA counts.

    Raises:
        Invalid: a calendar has a year without a working day.

    """
    found: dict[tuple[Due, int], Due] = {}
    answers = []
    for due, later in zip(given, days, strict=True):
        if later and (due, later) not in found:
            found[due, later] = extend_due(sla, node, destination, due, later)
        answers.append(found.get((due, later), due))
    return answers


def promised(
    sla: str, country: str, paid_at: Sequence[datetime], extra_days: Sequence[int] = ()
) -> list[Due]:
    """Date orders of one shipped SLA and market by their payment, each so many days later.

    The days are one an order; left out, nothing is extended.
    """
    rule, calendar = shipped_slas()[sla], market_calendar(country)
    dues = due_many(rule, calendar, calendar, paid_at)
    return extend(rule, calendar, calendar, dues, extra_days) if extra_days else dues
