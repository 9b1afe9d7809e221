"""The moments of a play: dense while the stream is live, then as the floor and the road need."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from penstock.simulation.scenario import Scenario

_FLOOD = timedelta(seconds=10)
_LIVE = timedelta(minutes=1)
_BUSY = timedelta(minutes=30)
_QUIET = timedelta(hours=1)
_FLOOD_FOR = timedelta(minutes=4)
_BUSY_FOR = timedelta(days=2)
_HOUR = timedelta(hours=1)
_SELDOM = timedelta(hours=3)
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


def ticks(scenario: Scenario) -> list[datetime]:
    """Return the moments at which everybody acts, all full hours after the stream among them."""
    return list(_ticks(scenario))


def _ticks(scenario: Scenario) -> Iterator[datetime]:
    at = scenario.starts_at
    while at < scenario.curtain_at:
        at = _next(scenario, at)
        yield at


def _next(scenario: Scenario, at: datetime) -> datetime:
    if scenario.explodes_at <= at < scenario.explodes_at + _FLOOD_FOR:
        return at + _FLOOD
    if at < scenario.ends_at:
        return min(at + _LIVE, scenario.ends_at)
    step = _BUSY if at < scenario.starts_at + _BUSY_FOR else _QUIET
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + ((at - midnight) // step + 1) * step


def busy(scenario: Scenario, now: datetime) -> bool:
    """Tell whether everybody acts at every moment: while the stream is live and floors are full."""
    return now <= scenario.starts_at + _BUSY_FOR


def acting(scenario: Scenario, before: datetime, now: datetime) -> bool:
    """Tell whether people, vendors and workers act at `now`: always while it is busy, then seldom.

    Deadlines are watched, and the auditor looks, by the hour all the same.
    """
    return busy(scenario, now) or _seldom(scenario, before, now)


def telling(scenario: Scenario, before: datetime, now: datetime) -> bool:
    """Tell whether vendors and shoppers tell at `now`: hourly while it is busy, then seldom."""
    if busy(scenario, now):
        return hourly(before, now)
    return _seldom(scenario, before, now)


def hourly(before: datetime, now: datetime) -> bool:
    """Tell whether a full hour lies after `before`, up to `now`."""
    return _passed(_HOUR, before, now)


def _seldom(scenario: Scenario, before: datetime, now: datetime) -> bool:
    return _passed(_SELDOM, before, now) or now >= scenario.curtain_at


def _passed(interval: timedelta, before: datetime, now: datetime) -> bool:
    """Tell whether a point of the interval's grid lies after `before`, up to `now`."""
    return (before - _EPOCH) // interval < (now - _EPOCH) // interval
