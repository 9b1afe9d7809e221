"""The moments of a play: dense while the stream is live, then as the floor and the road need."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from penstock.simulation.scenario import Scenario

_FLOOD = timedelta(seconds=10)
_LIVE = timedelta(minutes=1)
_BUSY = timedelta(minutes=30)
_QUIET = timedelta(hours=1)
_FLOOD_FOR = timedelta(minutes=4)
_BUSY_FOR = timedelta(days=3)


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


def hourly(before: datetime, now: datetime) -> bool:
    """Tell whether a full hour lies after `before`, up to `now`."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    return before < hour <= now
