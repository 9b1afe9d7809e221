"""Statements joined into one: each is cut where it may be cut, and none is changed by it."""

from datetime import UTC, datetime

import pytest
from pglast import parse_sql, prettify

from penstock.db.outbox import announce
from penstock.db.query import QUERIES, declared, positional
from penstock.db.together import JOINED, cut, together
from penstock.inventory.reserve import hold, hold_more, lock_available, reserve
from penstock.lending import RECEIPT
from penstock.lifecycle.advance import create_alike
from penstock.merchants.admit import count_day
from penstock.orders.store import store

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
WRITTEN = [query for query in QUERIES if query.shape == "nothing"]


@pytest.mark.parametrize("query", WRITTEN, ids=lambda q: q.name)
def test_what_is_cut_is_the_whole_again(query):
    parts, rest = cut(query.sql_named)
    again = f"WITH {', '.join(text for _, text in parts)} {rest}" if parts else rest
    assert prettify(positional(again)[0]) == prettify(query.sql)
    assert "WITH" not in rest.upper().split("(")[0]


def test_a_with_inside_a_part_stays_in_it():
    sql = "WITH a AS (WITH b AS (SELECT ') , c AS (') SELECT FROM b), d AS (SELECT (1)) SELECT (2)"
    parts, rest = cut(sql)
    assert [name for name, _ in parts] == ["a", "d"]
    assert rest == "SELECT (2)"


def test_what_answers_something_is_not_joined():
    with pytest.raises(TypeError, match="answers something"):
        together(store, lock_available)


def test_two_parts_of_one_name_are_not_joined():
    with pytest.raises(TypeError, match="of another statement"):
        together(create_alike, create_alike)


@pytest.mark.parametrize("query", JOINED, ids=lambda q: q.name)
async def test_postgresql_takes_a_joined_statement_as_it_takes_its_parts(query, tx):
    prepared = await tx._connection.prepare(query.sql)
    types = dict(zip(query.parameters, (p.name for p in prepared.get_parameters()), strict=True))
    renamed = {"subject_ids": "order_ids"} if "create" in query.name else {}
    for part in (store, reserve, hold, hold_more, count_day, create_alike):
        bound = declared(part)
        if bound.name not in query.name:
            continue
        alone = await tx._connection.prepare(bound.sql)
        for name, parameter in zip(bound.parameters, alone.get_parameters(), strict=True):
            assert types[renamed.get(name, name)] == parameter.name, f"{bound.name}: {name}"
    await tx._connection.execute("SET LOCAL ROLE penstock_merchant")
    nulls = ", ".join(["NULL"] * len(query.parameters))
    await tx.fetch(f'EXPLAIN EXECUTE "{prepared.get_name()}"({nulls})')  # asks for its privileges


def test_receipt_writes_as_one():
    (joined,) = (query for query in JOINED if "orders.store.store" in query.name)
    assert len(parse_sql(joined.sql)) == 1
    assert joined.name.count(" + ") == 4
    assert RECEIPT.write is not None


async def test_a_joined_statement_writes_what_its_parts_write(tx, make):
    merchant = await make.merchant()
    told = together(announce)
    await told(tx, topic="test.told", merchant_ids=[merchant], subject_ids=[5],
               at=NOW, payloads=['{"n": 1}'])  # fmt: skip
    rows = await tx.fetch("SELECT subject_id, payload FROM outbox.event WHERE topic = 'test.told'")
    assert [tuple(row) for row in rows] == [(5, '{"n": 1}')]
