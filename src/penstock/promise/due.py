"""When an order must be handed over and delivered, by the SLA that binds it.

An SLA is data because platforms change theirs: `slas.toml` ships those whose source was read,
each with its confidence. Compute a deadline once and store it: a later edition of the zone or
holiday tables must not move a promise that was given.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib import resources
from operator import attrgetter
from types import MappingProxyType
from typing import Annotated, Literal

import msgspec

from penstock.kernel.calendar import (
    Calendar,
    add_working_days,
    end_of_day,
    local_day,
    past,
)
from penstock.kernel.errors import Invalid

_DAY = timedelta(days=1)
_MIDNIGHT = time(0)

Days = Annotated[int, msgspec.Meta(ge=0, le=366)]


class Sla(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One deadline rule, in days, each of which ends with the local day.

    `cut_off_rule`: with "none" the day of payment is day 0, worked or not. With "policy" (at
    `cut_off`) or "node" (at the node's own) day 0 is the first worked day whose cut-off is still
    ahead. Hand-over is due `dispatch_days` after day 0. Delivery is due `transit_days` after day
    0 (`transit_from` "payment") or after the latest hand-over ("dispatch"); None where the SLA
    sets no delivery date. `zone` is the clock that the platform publishes, empty for the
    calendars' own. `confidence`: "high" is the platform's own text, "medium" several secondary
    sources, "low" one, "own" a rule of Penstock.

    Raises:
        Invalid: the zone is unknown, or the cut-off and its rule contradict each other.

    """

    code: str
    source: str
    confidence: Literal["high", "medium", "low", "own"]
    dispatch_days: Days
    transit_days: Days | None = None
    transit_from: Literal["payment", "dispatch"] = "dispatch"
    counted_in: Literal["working_days", "calendar_days"] = "working_days"
    cut_off_rule: Literal["none", "policy", "node"] = "none"
    cut_off: time | None = None
    zone: str = ""
    effective_from: date | None = None
    note: str = ""

    def __post_init__(self) -> None:
        if (self.cut_off_rule == "policy") != (self.cut_off is not None):
            raise Invalid(f"SLA {self.code}: cut_off and cut_off_rule 'policy' go together.")
        if self.zone:
            Calendar(country="", zone=self.zone)


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """The last second for hand-over and for delivery, in UTC; None where no delivery is set.

    All of that second is in time, because platforms compare whole seconds.
    """

    dispatch_by_at: datetime
    deliver_by_at: datetime | None = None


class _Bucket(msgspec.Struct, frozen=True):
    """All payments at or after `since_at` and before `until_at` share one answer."""

    since_at: datetime
    until_at: datetime
    due: Due


_since_at = attrgetter("since_at")
_LAST_AT = datetime.max.replace(tzinfo=UTC)
_NEVER = _Bucket(_LAST_AT, _LAST_AT, Due(dispatch_by_at=_LAST_AT))


@cache
def shipped_slas() -> Mapping[str, Sla]:
    """Read the SLAs that come with Penstock, by code."""
    text = resources.files(__package__).joinpath("slas.toml").read_bytes()
    return MappingProxyType(
        {sla.code: sla for sla in msgspec.toml.decode(text, type=dict[str, list[Sla]])["sla"]}
    )


def due(sla: Sla, node: Calendar, destination: Calendar, paid_at: datetime) -> Due:
    """Return the deadlines of an order paid at `paid_at` (aware).

    Pass the market's calendar as `node` where the platform counts the market's days whatever
    the node does, and the closure of a pre-order as `paid_at` where the SLA counts from it.

    Raises:
        Invalid: a calendar has a year without a working day.

    """
    node, destination = _clocks(sla, node, destination)
    return _bucket(sla, node, destination, paid_at).due


def due_many(
    sla: Sla, node: Calendar, destination: Calendar, paid_at: Sequence[datetime]
) -> list[Due]:
    """Return the deadlines of many orders, in their order, as `due` gives them one by one.

    Between two cut-offs every order has the same answer, so each distinct one is computed once
    and shared; orders in time order cost least.

    Raises:
        Invalid: a calendar has a year without a working day.

    """
    node, destination = _clocks(sla, node, destination)
    bucket = _NEVER
    buckets: list[_Bucket] = []
    answers: list[Due] = []
    for at in paid_at:
        if not bucket.since_at <= at < bucket.until_at:
            place = bisect_right(buckets, at, key=_since_at)
            if not place or at >= buckets[place - 1].until_at:
                buckets.insert(place, _bucket(sla, node, destination, at))
                place += 1
            bucket = buckets[place - 1]
        answers.append(bucket.due)
    return answers


def extend(sla: Sla, node: Calendar, destination: Calendar, given: Due, days: int) -> Due:
    """Move the deadlines `given` by that SLA `days` later, in the days that it counts.

    For orders above the declared order-handling capacity, and for handling time that a platform
    grants. Extending by a and then by b is extending by a + b.

    Raises:
        Invalid: a calendar has a year without a working day.

    """
    node, destination = _clocks(sla, node, destination)
    handed_over = add_working_days(node, local_day(node, given.dispatch_by_at), days)
    if given.deliver_by_at is None or sla.transit_from == "dispatch":
        return _due_from(sla, node, destination, handed_over, handed_over)
    delivered = add_working_days(destination, local_day(destination, given.deliver_by_at), days)
    return Due(
        dispatch_by_at=end_of_day(node, handed_over),
        deliver_by_at=end_of_day(destination, delivered),
    )


def _clocks(sla: Sla, *calendars: Calendar) -> tuple[Calendar, ...]:
    """Read each calendar as the SLA does: on the platform's clock, or counting every day."""
    changes: dict[str, object] = {"zone": sla.zone} if sla.zone else {}
    if sla.counted_in == "calendar_days":
        changes |= {"country": "", "closures": frozenset(), "weekend": None}
    return tuple(msgspec.structs.replace(calendar, **changes) for calendar in calendars)


def _bucket(sla: Sla, node: Calendar, destination: Calendar, paid_at: datetime) -> _Bucket:
    # a clock set back over midnight leaves the day of payment unfinished: start one day early
    day = local_day(node, paid_at) - _DAY
    since_at, until_at = _cut_off_at(sla, node, day - _DAY), _cut_off_at(sla, node, day)
    while until_at <= paid_at:
        day += _DAY
        since_at, until_at = until_at, _cut_off_at(sla, node, day)
    day_0 = day if sla.cut_off_rule == "none" else add_working_days(node, day, 0)
    handed_over = add_working_days(node, day_0, sla.dispatch_days)
    return _Bucket(since_at, until_at, _due_from(sla, node, destination, day_0, handed_over))


def _cut_off_at(sla: Sla, node: Calendar, day: date) -> datetime:
    if sla.cut_off_rule == "none":
        return past(node, day + _DAY, _MIDNIGHT)
    return past(node, day, node.cut_off if sla.cut_off is None else sla.cut_off)


def _due_from(
    sla: Sla, node: Calendar, destination: Calendar, day_0: date, handed_over: date
) -> Due:
    dispatch_by_at = end_of_day(node, handed_over)
    if sla.transit_days is None:
        return Due(dispatch_by_at=dispatch_by_at)
    # the hand-over is one instant, which the destination may date differently
    start = day_0 if sla.transit_from == "payment" else local_day(destination, dispatch_by_at)
    delivered = add_working_days(destination, start, sla.transit_days)
    return Due(dispatch_by_at=dispatch_by_at, deliver_by_at=end_of_day(destination, delivered))
