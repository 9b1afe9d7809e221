"""What the clocks, faults and means of a metric must obey to measure what they seem to."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from penstock.experience.profiles.metric_clock import Clock
from penstock.experience.profiles.profile import Metric, PerOrder, Profile
from penstock.experience.profiles.working_days import DAYS_MAX, is_calendar
from penstock.kernel.countries import COUNTRIES

Path = tuple[str | int, ...]
Problem = tuple[Path, str]
"""The path of a key in the profile's file, and what to do about it."""

_CLOCKED = ("clock_due", "clock_met", "clock_missed")
_ORDER = ("ordered", "paid", "accepted", "packed", "labelled", "dispatched", "scanned", "delivered")


def clock_problems(metric: Metric, profile: Profile) -> Iterator[Problem]:
    """Yield what is wrong with a metric's clocks; paths begin at the metric."""
    clocked = [word for word in (metric.population, metric.numerator) if word in _CLOCKED]
    if clocked and not metric.clocks:
        yield (), f"'{clocked[0]}' needs a [[dimension.metric.clock]]: when it starts and stops"
    if metric.clocks and not clocked:
        yield (
            ("clock", 0),
            "no word of the metric reads it: write 'clock_due' or 'clock_met'",
        )
    named: dict[str, int] = {}
    for index, clock in enumerate(metric.clocks):
        for path, what in (*_run(clock), *_zone(clock)):
            yield ("clock", index, *path), what
        for at, market in enumerate(clock.markets or ("",)):
            path = ("clock", index, "markets", at) if market else ("clock", index)
            if market in named:
                whose = f"'{market}'" if market else "every other market"
                yield path, f"{whose} has its clock already in clock {named[market] + 1}"
            elif market:
                yield from ((path, what) for what in market_problems(market, profile))
            named.setdefault(market, index)


def market_problems(market: str, profile: Profile | None = None) -> Iterator[str]:
    """Yield why `market` is none, or none of the profile's."""
    if market not in COUNTRIES:
        yield f"no country '{market}': write ISO 3166-1 codes such as 'GB'"
    elif profile is not None and profile.markets and market not in profile.markets:
        yield f"'{market}' is none of the profile's markets"


def fault_problems(metric: Metric) -> Iterator[Problem]:
    """Yield where a metric lacks the faults that its words look for, or has some for nothing."""
    by_fault = metric.numerator.endswith("_by_fault")
    if by_fault and not metric.faults:
        yield (), f"'{metric.numerator}' needs 'faults': whose doing counts, such as [\"seller\"]"
    if metric.faults and not by_fault:
        yield ("faults",), "goes with a numerator that ends in '_by_fault', and only with one"
    for index, fault in enumerate(metric.faults):
        if fault in metric.faults[:index]:
            yield ("faults", index), f"'{fault}' stands twice"


def mean_problems(metric: Metric) -> Iterator[Problem]:
    """Yield what is wrong with how a quantity is averaged and mapped."""
    if isinstance(metric.mapping, PerOrder) and not metric.quantity:
        yield ("mapping", "kind"), "'per_order' goes with a 'quantity', and only with one"
    if metric.is_mean and not metric.quantity.endswith("_s"):
        yield ("mapping", "kind"), f"'{metric.quantity}' is not in seconds: only those are averaged"
    if metric.is_mean and metric.better != "lower":
        yield ("better",), "a mean of seconds is better when it is 'lower'"
    if metric.per < 1:
        yield ("per",), "must be at least 1"
    elif metric.per != 1 and not metric.is_mean:
        yield ("per",), "goes with the plain mean of a quantity, and only with one"


def _run(clock: Clock) -> Iterator[Problem]:
    if clock.start == "promise":
        for key in ("days", "hours"):
            if getattr(clock, key) is not None:
                yield (key,), "a promise has its own deadline: leave it out"
    elif (clock.days is None) == (clock.hours is None):
        yield (), "write either 'days' or 'hours': how long the clock may run"
    if clock.days is not None and not 0 <= clock.days <= DAYS_MAX:
        yield ("days",), f"must be between 0 and {DAYS_MAX}"
    if clock.hours is not None and not 0 < clock.hours <= 24 * DAYS_MAX:
        yield ("hours",), f"must be between 1 and {24 * DAYS_MAX}"
    if clock.start != "promise" and _ORDER.index(clock.start) >= _ORDER.index(clock.stop):
        yield ("stop",), f"'{clock.stop}' does not come after '{clock.start}'"


def _zone(clock: Clock) -> Iterator[Problem]:
    if not is_calendar(clock.calendar):
        what = f"no calendar '{clock.calendar}': write 'every_day', 'weekdays', or a country such"
        yield ("calendar",), f"{what} as 'VN' or 'GB-ENG' for its weekends and public holidays"
    elif clock.calendar != "every_day" and clock.days is None:
        yield ("calendar",), "goes with 'days', and only with them"
    if clock.time_zone:
        yield from ((("time_zone",), what) for what in zone_problems(clock.time_zone))


def zone_problems(name: str) -> Iterator[str]:
    """Yield why `name` is no time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        yield f"no IANA time zone '{name}' (like 'Asia/Shanghai')"
