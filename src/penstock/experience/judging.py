"""Measures: what profiles count, once for all that count the same, judged by `measure.sql` itself.

The statements that keep counts are composed here, of `measure.sql`'s own text: its CTE `clock`
for each zone and scope, and its CTE `judged` for each measure, whose row asked is handed in as
constants, so that PostgreSQL leaves of every CASE the one branch that applies. So the words of the
vocabulary are defined once, and what is kept equals what is counted anew.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from penstock.experience.asked import Asked, asked, within
from penstock.experience.profile import PerOrder, Profile
from penstock.experience.working_days import ends

DAYS_FROM: Final = date(2000, 1, 1)
DAYS_TO: Final = date(2040, 12, 31)
"""Of which days the ends of working days are known here: of none that an order could have today
may they change with time, or what was once added would be taken off elsewhere."""

_TEXT: Final = Path(__file__).with_name("measure.sql").read_text("utf-8")
_PARAMETER: Final = re.compile(r"(?<!:):([a-z_]+)(::[a-z]+(?:\[\])?)")


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """A count of orders by the day that they entered and the day that the predicate came true.

    `clock` is the statement of its clocks, `judged` what it says of each; `working` is the
    calendar and the working days that `judged` looks up, if it does. `asks` tells it in words.
    """

    fingerprint: str
    asks: str
    clock: str
    judged: str
    working: tuple[str, int] | None


@cache
def measures_of(profile: Profile) -> tuple[tuple[Asked, Measure], ...]:
    """Return what `profile` asks for, row by row, each with the measure that counts it."""
    steps = {
        metric.code: tuple((step.at, int(step.points)) for step in metric.mapping.steps)
        for metric in profile.metrics
        if isinstance(metric.mapping, PerOrder)
    }
    return tuple((row, _measure(row, steps.get(row.code, ()), profile)) for row in asked(profile))


def followed() -> tuple[str, ...]:
    """Return the columns of a journey that any word reads: those whose changes are queued."""
    clock, judged = _cut("clock"), _cut("judged")
    derived = set(_derived())
    read = set(re.findall(r"\bj\.([a-z_]+)", clock)) | set(re.findall(r"\bc\.([a-z_]+)", judged))
    return tuple(sorted(read - derived - {"merchant_id", "fulfilment_order_id"}))


def images(source: str, signs: Mapping[str, int]) -> str:
    """Return the selection of the images before and after changes, each with its sign.

    `changed` has a bit for each thing that a change changed, so that measures which do not look at
    any of them are passed over: of both images they would count the same.
    """
    begun = "t.before_ordered_at IS NULL OR t.after_ordered_at IS NULL"
    bits = " | ".join(
        f"CASE WHEN ({text.replace('%s', 't.before_')})"
        f" IS DISTINCT FROM ({text.replace('%s', 't.after_')}) THEN {1 << n} ELSE 0 END"
        for n, (_, text) in enumerate(_bits())
    )
    changed = f"CASE WHEN {begun} THEN -1 ELSE ({bits})::bigint END"
    return "\nUNION ALL\n".join(
        f"SELECT {sign} AS sign, {changed} AS changed, t.merchant_id, t.fulfilment_order_id, "  # noqa: S608  our own names
        + ", ".join(f"t.{side}_{column} AS {column}" for column in followed())
        + f" FROM {source} AS t WHERE t.{side}_ordered_at IS NOT NULL"
        for side, sign in signs.items()
    )


def with_contributions(statement: Path, image: str, measures: Mapping[int, Measure]) -> str:
    """Return the text of `statement`, its CTE `contribution` telling what each image adds.

    `image` selects `sign`, `changed`, `merchant_id`, `fulfilment_order_id` and the columns of
    `followed`.
    """
    clocks = {
        clock: f"clock_{n}" for n, clock in enumerate(_each(m.clock for m in measures.values()))
    }
    begins, _ = ends_of_days(measures.values())
    named = [f"image AS MATERIALIZED (\n{image}\n)"]
    named += [f"{name} AS (\n{clock}\n)" for clock, name in clocks.items()]
    branches = [
        m.judged.replace(_CLOCK, clocks[m.clock])
        .replace(_MEASURE, str(measure_id))
        .replace(_SEEN, str(_seen(m.judged)))
        .replace(_ENDS_AT, str(begins[m.working]) if m.working else "NULL")
        for measure_id, m in sorted(measures.items())
    ]
    made = ",\n".join([*named, f"contribution AS (\n{_UNION.join(branches)}"])
    before, mark, rest = statement.read_text("utf-8").partition("contribution AS (\n")
    assert mark, f"{statement.name} has no CTE contribution"
    return f"{before}{made}{rest[rest.index(_END) :]}"


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
    """Return the values of the parameters that `measure.sql` leaves open."""
    _, flat = ends_of_days(measures)
    return {"days_from": DAYS_FROM, "days": (DAYS_TO - DAYS_FROM).days + 1, "ends": flat}


_END: Final = "\n), "
_UNION: Final = "\nUNION ALL\n"
_CLOCK, _MEASURE, _ENDS_AT, _SEEN = "{clock}", "{measure}", "{ends_at}", "{seen}"


def _measure(row: Asked, steps: Sequence[tuple[Decimal, int]], profile: Profile) -> Measure:
    zone = _text(profile.time_zone)
    clock = _given(
        _cut("clock").replace("experience.journey AS j", "image AS j"),
        {
            "as_of": "'infinity'",
            "merchant": "NULL",
            "time_zone": zone,
            "channel": _text(profile.channel),
            "within": f"ARRAY[{', '.join(map(_text, within(profile)))}]",
        },
    )
    day = f"((%s - interval '1 microsecond') AT TIME ZONE {zone})::date"
    untimed = "CASE WHEN j.amount IS NULL THEN 'untimed' END" if row.quantity else "''"
    judged = f"""
    SELECT v.sign, v.merchant_id, {_MEASURE}::int AS measure_id,
        {day % "v.entered_at"} AS entered_on,
        CASE WHEN v.reason <> '' OR v.true_at IS NULL THEN 'infinity'::date
             ELSE {day % "greatest(v.true_at, v.entered_at)"} END AS true_on,
        v.reason, CASE WHEN v.reason = '' THEN v.points ELSE 0 END AS points
    FROM (
        SELECT j.sign, j.merchant_id, greatest(j.entered_at, j.ordered_at) AS entered_at,
            {"NULL::timestamptz" if row.quantity else "j.true_at"} AS true_at,
            coalesce(j.reason, {untimed}, '') AS reason, {_earned(row, steps)} AS points
        FROM ({_constants(row)}) AS j
        WHERE j.asked AND j.entered_at IS NOT NULL
    ) AS v"""  # noqa: S608  fixed pieces; a profile's words are quoted
    last = str(_ends(*row.working)) if row.working else ""
    return Measure(
        fingerprint=hashlib.sha256(f"{clock}\0{judged}\0{last}".encode()).hexdigest(),
        asks=_asks(row, steps, profile),
        clock=clock,
        judged=judged,
        working=row.working,
    )


def _constants(row: Asked) -> str:
    """Return `judged` of one row asked, by its constants; what decides windows is left open."""
    told = ", ".join(
        [
            *(
                f"{_text(getattr(row, name))}::text AS {name}"
                for name in (
                    "population",
                    "predicate",
                    "quantity",
                    "clock_start",
                    "clock_stop",
                    "clock_zone",
                )
            ),
            *(
                f"string_to_array({_text(getattr(row, name))}, ' ') AS {name}"
                for name in ("excluding", "faults", "markets", "besides")
            ),
            f"{'NULL' if row.clock_hours is None else int(row.clock_hours)}::int AS clock_hours",
            f"{_ENDS_AT}::int AS clock_ends_at",
            f"{row.mean}::boolean AS mean",
            f"{int(row.otherwise)}::int AS otherwise",
            "''::text AS code, 0 AS best, 0 AS full_at",
            "NULL::timestamptz AS from_at, NULL::timestamptz AS to_at",
        ]
    )
    judged = _chosen(_cut("judged"), row)
    head, line, _ = judged.partition("FROM clock AS c CROSS JOIN asked AS a")
    if not re.search(r"\bd\.", head):  # it has no clock of its own
        judged = head + line
    judged = judged.replace("SELECT c.merchant_id", "SELECT c.sign, c.merchant_id", 1)
    return judged.replace(
        "FROM clock AS c CROSS JOIN asked AS a",
        f"FROM (SELECT * FROM {_CLOCK} AS i WHERE i.changed & {_SEEN} <> 0) AS c"  # noqa: S608  as above
        f" CROSS JOIN (SELECT {told}) AS a",
        1,
    )


@cache
def _bits() -> list[tuple[frozenset[str], str]]:
    """Return what a change may change: the names that tell, and its text with a gap for the image.

    What `clock` derives for every zone alike is a thing of its own; what it derives by the zone
    changes with the columns that it is derived from.
    """
    derived = _derived()
    by_zone = {name for name, text in derived.items() if "time_zone" in text}
    bits = []
    for column in followed():
        names = {column} | {n for n in by_zone if re.search(rf"\bj\.{column}\b", derived[n])}
        bits.append((frozenset(names), f"%s{column}"))
    bits += [
        (frozenset({name}), re.sub(r"\bj\.(?=[a-z])", "%s", derived[name]))
        for name in sorted(derived.keys() - by_zone)
    ]
    return bits


def _seen(judged: str) -> int:
    """Return the bits of all that a measure looks at."""
    looked_at = set(re.findall(r"\bc\.([a-z_]+)", judged))
    return sum(1 << n for n, (names, _) in enumerate(_bits()) if names & looked_at)


def _derived() -> dict[str, str]:
    """Return the columns that `clock` derives, each with its text."""
    text = re.sub(r"--[^\n]*", "", _cut("clock").partition("SELECT j.*,")[2])
    text = text.partition("FROM experience.journey")[0]
    derived, depth, begin = {}, 0, 0
    for mark in re.finditer(r"[()]|\bAS ([a-z_]+)\s*(,|$)", text):
        depth += {"(": 1, ")": -1}.get(mark[0], 0)
        if mark[1] and depth == 0:
            derived[mark[1]] = text[begin : mark.start()].strip()
            begin = mark.end()
    return derived


def _chosen(sql: str, row: Asked) -> str:
    """Leave of every `CASE a.word` its one branch that applies.

    PostgreSQL would come to the same, after reading and planning all of them for every measure.
    """
    while case := _CASE.search(sql):
        value, depth, at = getattr(row, case[1]), 1, case.end()
        begin, taken, otherwise = None, None, None
        for word in _WORD.finditer(sql, at):
            depth += {"CASE": 1, "END": -1}.get(word["word"] or "", 0)
            if depth == 0 or (depth == 1 and word["word"] in {None, "ELSE"}):
                if begin is not None and taken is None:
                    taken = sql[begin : word.start()]
                if word["word"] == "ELSE":
                    otherwise = word.end()
                begin = word.end() if word["when"] == value else None
            if depth == 0:
                break
        assert depth == 0, sql[case.start() :]
        if taken is None and otherwise is not None:
            taken = sql[otherwise : word.start()]
        nothing = "NULL::numeric" if case[1] == "quantity" else "NULL::timestamptz"
        sql = f"{sql[: case.start()]}({(taken or nothing).strip()}){sql[word.end() :]}"
    return sql


_CASE: Final = re.compile(r"\bCASE a\.([a-z_]+)")
_WORD: Final = re.compile(r"\bWHEN '(?P<when>[a-z_]*)'\s+THEN\b|\b(?P<word>CASE|END|ELSE)\b")


def _earned(row: Asked, steps: Sequence[tuple[Decimal, int]]) -> str:
    """Return what an order adds to a mean's numerator: as `valued` in measure.sql has it."""
    if not row.quantity:
        return "0"
    if row.mean:
        return "least(greatest(floor(j.amount), 0), 2147483647)::int"
    reached = " ".join(f"WHEN j.amount <= {upto} THEN {points}" for upto, points in sorted(steps))
    return f"CASE {reached} ELSE {int(row.otherwise)} END"


def _asks(row: Asked, steps: Sequence[tuple[Decimal, int]], profile: Profile) -> str:
    """Say what is counted, for people: the words, not the code or the window."""
    told = {
        name: value
        for name, value in msgspec.to_builtins(row).items()
        if value and name not in {"code", "window_days", "delay_days", "higher", "full_at"}
    }
    told |= {"time_zone": profile.time_zone, "channel": profile.channel}
    told |= {"within": list(profile.markets), "steps": [[str(at), p] for at, p in steps]}
    return msgspec.json.encode({k: v for k, v in told.items() if v}).decode()


def _cut(name: str) -> str:
    """Return the body of one CTE of measure.sql."""
    body = _TEXT.partition(f"), {name} AS (\n")[2]
    end = re.search(r"^\), [a-z]+ AS \($", body, re.MULTILINE)
    assert end, f"measure.sql has no CTE {name}"
    return body[: end.start()]


def _given(sql: str, literals: Mapping[str, str]) -> str:
    return _PARAMETER.sub(lambda m: f"{literals[m[1]]}{m[2]}" if m[1] in literals else m[0], sql)


def _text(value: str) -> str:
    assert not {"\\", "\0"} & {*value}, value
    return "'" + value.replace("'", "''") + "'"


def _each(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
