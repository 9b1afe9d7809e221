"""Statements made of words are statements to PostgreSQL, and take what they are given."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

import penstock.experience
from penstock.db.query import positional
from penstock.db.transaction import Transaction
from penstock.experience.measure.measure import asking
from penstock.experience.profiles.load import load
from penstock.experience.tallies import fold, recount
from penstock.experience.tallies.enlist import wanted
from penstock.experience.words.composing import composed, followed, judging
from penstock.experience.words.vocabulary import JOURNEY, WORDS, bound, names_in

HERE = Path(penstock.experience.__file__).parent
CLOCKS = (HERE / "journeys/clocks.sql").read_text("utf-8")
MEASURES = tuple(enumerate(wanted().values()))
STATEMENTS = {
    "measure": judging(HERE / "measure/measure.sql"),
    "foresee": judging(HERE / "foresee/judged_orders.sql"),
    "miss": judging(HERE / "explain/misses.sql", CLOCKS),
    "fold": fold._statement(MEASURES),
    "recount": recount._statement(MEASURES),
}
OWN = {
    "explain", "since", "fulfilment_orders", "batch", "known_on", "after_merchant", "after_order",
    "to_merchant", "to_order",
}  # fmt: skip
"""What a statement takes of its own, besides what it asks of words."""


@pytest.mark.parametrize(("name", "sql"), STATEMENTS.items(), ids=STATEMENTS)
async def test_postgresql_takes_a_composed_statement(tx: Transaction, name: str, sql: str) -> None:
    statement, parameters = positional(sql)
    await tx._connection.prepare(statement)
    asked = asking(load("marketplace"), as_of=datetime(2026, 1, 1, tzinfo=UTC))
    assert {*parameters} <= asked.keys() | OWN, name


@pytest.mark.parametrize("name", STATEMENTS)
def test_words_bring_no_table_into_a_statement(name: str) -> None:
    def tables(sql: str) -> set[str]:
        return {*re.findall(r"\b[a-z]+\.[a-z]+\b(?= AS [a-z]\b)", sql)}

    own = {
        "measure": "measure/measure.sql", "foresee": "foresee/judged_orders.sql",
        "miss": "journeys/clocks.sql",
        "fold": "tallies/fold_changes.sql", "recount": "tallies/recount_stretch.sql",
    }  # fmt: skip
    assert tables(STATEMENTS[name]) == tables((HERE / own[name]).read_text("utf-8")) != set()


def test_a_cte_that_is_not_there_is_missed() -> None:
    with pytest.raises(AssertionError, match=r"measure\.sql has no CTE contribution"):
        composed(HERE / "measure/measure.sql", [("contribution AS", "SELECT 1")])


def test_every_column_that_a_word_speaks_of_is_followed() -> None:
    said: Mapping[str, str] = {**WORDS.moment, "scope": WORDS.scope, "asked": WORDS.asked}
    for name, sql in said.items():
        assert names_in(sql) & JOURNEY <= {*followed()}, name
    assert JOURNEY - {*followed()} == {"fulfilment_order_id", "order_ref", "source"}


def test_names_are_told_from_texts_parameters_and_casts() -> None:
    sql = "CASE WHEN paid_at < :paid_at::timestamptz THEN 'paid_at' END"
    assert names_in(sql) == {"paid_at"}
    assert bound(sql, {"paid_at": "x"}) == sql.replace("WHEN paid_at", "WHEN x")
