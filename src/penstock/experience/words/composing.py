"""Statements put together of words: a CTE of each gives way to what words make of orders.

They come in two kinds. A question about any metrics takes its words from the rows of its CTE
`asked`. A count that is kept has one word of each kind, put in as it is: PostgreSQL need not read
and plan all the others for each of many counts.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.experience.words.vocabulary import (
    JOURNEY,
    POPULATIONS,
    PREDICATES,
    QUANTITIES,
    WORDS,
    names_in,
)

Choose = Callable[[str, Mapping[str, str]], str]
"""Says in SQL the one that applies of some words, by the name of what tells it."""


@query
async def metrics_asked(tx: Transaction, *, asked: str, as_of: datetime, time_zone: str) -> None:
    """Read `Asked` rows from JSON, with the moments of their windows.

    It is not run by itself but becomes the CTE `asked` of questions about any metrics.
    """


def composed(statement: Path, ctes: Sequence[tuple[str, str]]) -> str:
    """Return the text of `statement`, the CTE that `ctes` ends with replaced by all of them.

    A CTE is its head (`name AS MATERIALIZED`) and its body.
    """
    name = ctes[-1][0].partition(" ")[0]
    told = ", ".join(f"{head} (\n{body}\n)" for head, body in ctes)
    text, found = re.subn(
        rf"\b{name} AS \(\n.*?\n\)",
        lambda _: told,
        statement.read_text("utf-8"),
        count=1,
        flags=re.DOTALL,
    )
    assert found, f"{statement.name} has no CTE {name}"
    return text


@cache
def judging(statement: Path, journeys: str = "") -> str:
    """Return `statement`, its CTE `judged` telling what each metric asked makes of each order.

    The orders are those of its CTE `journey`, or of the text `journeys`.
    """
    asked = Path(__file__).with_name("metrics_asked.sql").read_text("utf-8")
    ctes = [
        ("asked AS MATERIALIZED", asked),
        ("clock AS", clock("journey")),
        ("judged AS", judged("clock", "asked", _by_row, told=True)),
    ]
    return composed(statement, [("journey AS", journeys), *ctes] if journeys else ctes)


def clock(journeys: str) -> str:
    """Return the selection of orders in scope, with the moments that words are made of."""
    moments = ",\n".join(f"{sql} AS {name}" for name, sql in WORDS.moment.items())
    return f"SELECT j.*,\n{moments}\nFROM {journeys} AS j\nWHERE {WORDS.scope}"


def judged(orders: str, metrics: str, choose: Choose, *, told: bool = False) -> str:
    """Return the selection of what metrics make of orders, of a `clock` each.

    `entered_at` is when an order enters the population and `true_at` when the predicate comes true,
    null for never; `amount` is its quantity; `reason` why it is set aside; `asked` whether the row
    is about its market. If `told`, there is also what a word says was `due`, `done`, and `since`.
    """
    predicates, quantities = PREDICATES.items(), QUANTITIES.items()
    said = {
        "asked": WORDS.asked,
        "entered_at": choose("population", {name: w.at for name, w in POPULATIONS.items()}),
        "true_at": choose("predicate", {name: w.at for name, w in predicates}),
        "amount": choose("quantity", {name: w.amount for name, w in quantities}),
        "reason": WORDS.reason,
    }
    if told:
        rates = {key: {n: getattr(w, key) for n, w in predicates} for key in ("due", "done")}
        rates["since"] = {name: w.since for name, w in predicates}
        said["due"] = choose("predicate", rates["due"])
        for key in ("done", "since"):
            means = choose("quantity", {name: getattr(w, key) for name, w in quantities})
            said[key] = f"coalesce({choose('predicate', rates[key])}, {means})"
    columns = ",\n".join(f"{sql} AS {name}" for name, sql in said.items())
    text = f"SELECT c.*, a.*,\n{columns}\nFROM {orders} AS c CROSS JOIN {metrics} AS a"
    return text + _own_clock(choose) if names_in(columns) & _OF_CLOCK else text


_OF_CLOCK: Final = {"stop_at", "given_up_at", "due_at"}


def _own_clock(choose: Choose) -> str:
    stops = WORDS.clock.stop
    promised = choose("clock_stop", {name: stop.promised_at for name, stop in stops.items()})
    starts = {**WORDS.clock.start, "promise": promised}
    return f"""
CROSS JOIN LATERAL (
    SELECT {choose("clock_start", starts)} AS start_at,
        {choose("clock_stop", {name: stop.at for name, stop in stops.items()})} AS stop_at,
        {choose("clock_stop", {name: stop.given_up_at for name, stop in stops.items()})}
            AS given_up_at
    OFFSET 0  -- once for an order and a metric, not for each time that it is spoken of
) AS s
CROSS JOIN LATERAL (SELECT {WORDS.clock.due_at} AS due_at) AS d"""


def _by_row(teller: str, words: Mapping[str, str]) -> str:
    cases = "\n".join(f"WHEN '{name}' THEN {sql}" for name, sql in words.items() if sql)
    return f"CASE {teller}\n{cases}\nEND"


@cache
def followed() -> tuple[str, ...]:
    """Return the columns of a journey that any word speaks of: those whose changes are queued."""
    read = names_in(clock("")) | names_in(judged("", "", _by_row, told=True))
    return tuple(sorted(read & JOURNEY))
