"""Measures: what profiles count, once for all that count the same, and what each order adds to it.

The statements that keep counts are composed here of the words that a measure asks for. So what is
kept equals what is counted anew, and a change that touches nothing of which its words speak is
passed over.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from penstock.experience.measure.asked import Asked, asked, within
from penstock.experience.profiles.profile import Profile
from penstock.experience.profiles.working_days import ends
from penstock.experience.tallies.images import things
from penstock.experience.words.composing import Choose, clock, composed, judged
from penstock.experience.words.vocabulary import WORDS, names_in

DAYS_FROM: Final = date(2000, 1, 1)
DAYS_TO: Final = date(2040, 12, 31)
"""Of which days the ends of working days are known here: of none that an order could have today
may they change with time, or what was once added would be taken off elsewhere."""


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """A count of orders by the day that they entered and the day that the predicate came true.

    `clock` is the statement of its clocks, `judged` what it says of each, with gaps for what is
    known only in a statement; `working` is the calendar and the working days that it looks up, if
    it does. `asks` tells it in words.
    """

    fingerprint: str
    asks: str
    clock: str
    judged: str
    working: tuple[str, int] | None


@cache
def measures_of(profile: Profile) -> tuple[tuple[Asked, Measure], ...]:
    """Return what `profile` asks for, row by row, each with the measure that counts it."""
    return tuple((row, _measure(row, profile)) for row in asked(profile))


def with_contributions(statement: Path, image: str, measures: Mapping[int, Measure]) -> str:
    """Return the text of `statement`, its CTE `contribution` telling what each image adds.

    `image` selects `sign`, `changed`, `merchant_id`, `fulfilment_order_id` and the columns of
    `followed`.
    """
    clocks = {
        text: f"clock_{n}"
        for n, text in enumerate(dict.fromkeys(m.clock for m in measures.values()))
    }
    begins, _ = ends_of_days(measures.values())
    branches = [
        m.judged.replace(_CLOCK, clocks[m.clock])
        .replace(_MEASURE, str(measure_id))
        .replace(_ENDS_AT, str(begins[m.working]) if m.working else "NULL")
        for measure_id, m in sorted(measures.items())
    ]
    return composed(
        statement,
        [
            ("image AS MATERIALIZED", image),
            *((f"{name} AS", text) for text, name in clocks.items()),
            ("contribution AS", "\nUNION ALL\n".join(branches)),
        ],
    )


def ends_of_days(
    measures: Iterable[Measure],
) -> tuple[dict[tuple[str, int], int], list[int]]:
    """Return where each calendar's ends of working days begin (from 1), and all of them."""
    at: dict[tuple[str, int], int] = {}
    flat: list[int] = []
    for measure in measures:
        if measure.working and measure.working not in at:
            at[measure.working] = len(flat) + 1
            flat += _ends(*measure.working)
    return at, flat


@cache
def _ends(calendar: str, days: int) -> list[int]:
    return ends(calendar, days, DAYS_FROM, DAYS_TO)


def days_given(measures: Iterable[Measure]) -> dict[str, object]:
    """Return the values of the parameters that a metric's own clock leaves open."""
    _, flat = ends_of_days(measures)
    return {"days_from": DAYS_FROM, "days": (DAYS_TO - DAYS_FROM).days + 1, "ends": flat}


_CLOCK, _MEASURE, _ENDS_AT, _SEEN = "{clock}", "{measure}", "{ends_at}", "{seen}"


def _measure(row: Asked, profile: Profile) -> Measure:
    given = {
        "time_zone": _text(profile.time_zone),
        "channel": _text(profile.channel),
        "within": _texts(within(profile)),
    }
    told = _contribution(row, given["time_zone"])
    names = names_in(told)
    looked_at = names | (names_in(WORDS.scope) if profile.channel else set())
    seen = sum(1 << n for n, (of, _) in enumerate(things()) if of & looked_at)
    # What it means by its words, and by no others: a new word makes no new measure of an old one.
    meant = [WORDS.scope, *(sql for name, sql in WORDS.moment.items() if name in names)]
    last = str(_ends(*row.working)) if row.working else ""
    text = "\0".join([told, *(_given(sql, given) for sql in meant), last])
    return Measure(
        fingerprint=hashlib.sha256(" ".join(text.split()).encode()).hexdigest(),
        asks=_asks(row, profile),
        clock=_given(clock("image"), given),
        judged=told.replace(_SEEN, str(seen)),
        working=row.working,
    )


def _contribution(row: Asked, zone: str) -> str:
    """Return what orders add to one row asked, with gaps for what only a statement knows."""
    orders = f"(SELECT * FROM {_CLOCK} AS i WHERE i.changed & {_SEEN} <> 0)"  # noqa: S608  our own names
    day = f"((%s - interval '1 microsecond') AT TIME ZONE {zone})::date"
    untimed = "CASE WHEN j.amount IS NULL THEN 'untimed' END" if row.quantity else "''"
    return f"""
    SELECT v.sign, v.merchant_id, {_MEASURE}::int AS measure_id,
        {day % "v.entered_at"} AS entered_on,
        CASE WHEN v.reason <> '' OR v.true_at IS NULL THEN 'infinity'::date
             ELSE {day % "greatest(v.true_at, v.entered_at)"} END AS true_on,
        v.reason, CASE WHEN v.reason = '' THEN v.points ELSE 0 END AS points
    FROM (
        SELECT j.sign, j.merchant_id, greatest(j.entered_at, j.ordered_at) AS entered_at,
            {"NULL::timestamptz" if row.quantity else "j.true_at"} AS true_at,
            coalesce(j.reason, {untimed}, '') AS reason, {_earned(row)} AS points
        FROM ({judged(orders, _constants(row), _chosen(row))}) AS j
        WHERE j.asked AND j.entered_at IS NOT NULL
    ) AS v"""  # noqa: S608  fixed pieces; a profile's words are quoted


def _chosen(row: Asked) -> Choose:
    """Choose the words of one row, once for all."""

    def one(teller: str, words: Mapping[str, str]) -> str:
        nothing = "NULL::numeric" if teller == "quantity" else "NULL::timestamptz"
        return f"({words.get(getattr(row, teller)) or nothing})"

    return one


def _constants(row: Asked) -> str:
    """Return what a row asks of its words, as a selection of constants."""
    told = {
        name: _texts(getattr(row, name)) for name in ("excluding", "faults", "markets", "besides")
    }
    hours = "NULL" if row.clock_hours is None else str(row.clock_hours)
    told |= {
        "clock_hours": f"{hours}::int",
        "clock_ends_at": f"{_ENDS_AT}::int",
        "clock_zone": f"{_text(row.clock_zone)}::text",
    }
    return f"(SELECT {', '.join(f'{sql} AS {name}' for name, sql in told.items())})"


def _earned(row: Asked) -> str:
    """Return what an order adds to a mean's numerator: as `valued` in measure.sql has it."""
    if not row.quantity:
        return "0"
    if row.mean:
        return "least(greatest(floor(j.amount), 0), 2147483647)::int"
    steps = sorted(zip(row.uptos, row.points, strict=True))
    reached = " ".join(f"WHEN j.amount <= {upto} THEN {points}" for upto, points in steps)
    return f"CASE {reached} ELSE {row.otherwise} END"


def _asks(row: Asked, profile: Profile) -> str:
    """Say what is counted, for people: the words, not the code or the window."""
    told = {
        name: value
        for name, value in msgspec.to_builtins(row).items()
        if name not in {"code", "window_days", "delay_days", "best", "full_at"}
    }
    told |= {"time_zone": profile.time_zone, "channel": profile.channel}
    told |= {"within": list(profile.markets)}
    return msgspec.json.encode({k: v for k, v in told.items() if v}).decode()


def _given(sql: str, literals: Mapping[str, str]) -> str:
    for name, literal in literals.items():
        sql = sql.replace(f":{name}::", f"{literal}::")
    return sql


def _texts(values: Iterable[str]) -> str:
    return f"ARRAY[{', '.join(map(_text, values))}]::text[]"


def _text(value: str) -> str:
    assert not {"\\", "\0"} & {*value}, value
    return "'" + value.replace("'", "''") + "'"
