"""What a profile asks of journeys, one row for each count."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from math import ceil
from typing import Final

import msgspec

from penstock.experience.profiles.profile import ORDERS, Linear, Metric, PerOrder, Profile
from penstock.experience.profiles.working_days import ends

_BEGINNING: Final = date(2000, 1, 1)
"""Nothing is asked about orders before it where a window has no beginning."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One count of a metric, or one by each of its clocks, in the words of `vocabulary`.

    An order that costs nothing earns `best`; steps of a quantity give `points` up to `uptos`, and
    `otherwise` beyond. `full_at` is the amount up to which a mean costs nothing. `markets` (empty:
    all) are those it is about, `besides` those left to other clocks. `working` is a clock's
    calendar and its working days, and their ends begin at `clock_ends_at` of all ends.
    """

    code: str
    population: str
    predicate: str = ""
    quantity: str = ""
    best: int = 0
    otherwise: int = 0
    uptos: tuple[Decimal, ...] = ()
    points: tuple[int, ...] = ()
    mean: bool = False
    full_at: int = 0
    window_days: int
    delay_days: int = 0
    excluding: tuple[str, ...]
    faults: tuple[str, ...] = ()
    markets: tuple[str, ...] = ()
    besides: tuple[str, ...] = ()
    clock_start: str = ""
    clock_stop: str = ""
    clock_hours: int | None = None
    clock_ends_at: int | None = None
    clock_zone: str
    working: tuple[str, int] | None = None


class Deadlines(msgspec.Struct, frozen=True, kw_only=True):
    """Where working days end, as one array over the days from `first`.

    `rows` are those asked, each with where its part of `ends` begins, from 1.
    """

    first: date
    days: int
    ends: list[int]
    rows: list[Asked]


def asked(profile: Profile) -> list[Asked]:
    """Return the rows that `profile` asks for: the gate's orders first, under `ORDERS`."""
    gate_days = profile.gate.window_days
    gate = Asked(
        code=ORDERS,
        population=profile.gate.population,
        window_days=profile.window_days if gate_days is None else gate_days,
        excluding=profile.exclusions,
        clock_zone=profile.time_zone,
    )
    return [gate, *(row for metric in profile.metrics for row in _rows(metric, profile))]


def within(profile: Profile) -> list[str]:
    """Return the markets whose orders `profile` counts, none for all; an unknown one counts too."""
    return [*profile.markets, ""] if profile.markets else []


def deadlines(rows: Sequence[Asked], on: date) -> Deadlines:
    """Return the ends of working days that `rows` need for counting as of the day `on`."""
    clocked = [row for row in rows if row.working]
    first = min((_first(row, on) for row in clocked), default=on)
    last = on + timedelta(days=2)
    span = (last - first).days + 1
    at: dict[tuple[str, int], int] = {}
    flat: list[int] = []
    for row in clocked:
        if row.working and row.working not in at:
            at[row.working] = len(flat) + 1
            flat += ends(*row.working, first, last)
    placed = [
        msgspec.structs.replace(row, clock_ends_at=at[row.working]) if row.working else row
        for row in rows
    ]
    return Deadlines(first=first, days=span, ends=flat, rows=placed)


def _first(row: Asked, on: date) -> date:
    """Return a day whose deadline lies before the row's window, however many holidays there are."""
    if not row.window_days or not row.working:
        return _BEGINNING
    _, days = row.working
    return max(on - timedelta(days=row.window_days + row.delay_days + 3 * days + 40), _BEGINNING)


def _rows(metric: Metric, profile: Profile) -> Iterator[Asked]:
    if metric.supplied:
        return
    steps = metric.mapping.steps if isinstance(metric.mapping, PerOrder) else ()
    points = tuple(int(step.points) for step in steps)
    row = Asked(
        code=metric.code,
        population=metric.population,
        predicate=metric.numerator,
        quantity=metric.quantity,
        best=max(points) if points else int(metric.better == "higher"),
        otherwise=int(metric.mapping.otherwise) if isinstance(metric.mapping, PerOrder) else 0,
        uptos=tuple(step.at for step in steps),
        points=points,
        mean=metric.is_mean,
        full_at=_full_at(metric) if metric.is_mean else 0,
        window_days=profile.window_days if metric.window_days is None else metric.window_days,
        delay_days=metric.delay_days,
        excluding=profile.exclusions if metric.exclusions is None else metric.exclusions,
        faults=metric.faults,
        clock_zone=profile.time_zone,
    )
    if not metric.clocks:
        yield row
    named = tuple(sorted({market for clock in metric.clocks for market in clock.markets}))
    for clock in metric.clocks:
        yield msgspec.structs.replace(
            row,
            markets=clock.markets,
            besides=() if clock.markets else named,
            clock_start=clock.start,
            clock_stop=clock.stop,
            clock_hours=clock.hours,
            clock_zone=clock.time_zone or row.clock_zone,
            working=None if clock.days is None else (clock.calendar, clock.days),
        )


def _full_at(metric: Metric) -> int:
    """Return the seconds up to which a mean earns as many points as it can."""
    mapping = metric.mapping
    if isinstance(mapping, Linear):
        pairs = list(mapping.points)
    else:
        pairs = [(step.at, step.points) for step in mapping.steps]
    best = max(points for _, points in pairs)
    return ceil(max(at for at, points in pairs if points == best) * metric.per)
