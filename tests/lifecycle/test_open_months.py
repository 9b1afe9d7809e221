"""Orders and moves lie in a partition a month, which is opened before or after they come."""

from datetime import UTC, datetime

import pytest

from penstock.lifecycle.advance import create, new_ids
from penstock.lifecycle.open_months import open_ahead

NOW = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
CUT = ("lifecycle.history", "orders.line", "orders.receipt")


async def tables_of(tx, subject_id):
    rows = await tx.fetch(
        "SELECT tableoid::regclass::text AS name FROM lifecycle.history WHERE subject_id = $1",
        subject_id,
    )
    return [row["name"] for row in rows]


async def born(tx, make, at):
    (subject_id,) = await new_ids(tx, count=1, at=at)
    await create(
        tx, kind="fulfilment_order", merchant_ids=[await make.merchant()],
        subject_ids=[subject_id], events=["received"], due_at=[None], at=at,
    )  # fmt: skip
    return subject_id


async def test_the_month_and_the_next_are_open(tx):
    assert await open_ahead(tx, NOW) == 2 * len(CUT)
    assert await open_ahead(tx, NOW) == 0
    for table in CUT:
        for month in ("2026_12", "2027_01"):
            (row,) = await tx.fetch("SELECT to_regclass($1)::text AS name", f"{table}_{month}")
            assert row["name"] == f"{table}_{month}"


async def test_an_id_finds_its_month(tx, make):
    await open_ahead(tx, NOW)
    before = await born(tx, make, NOW)
    after = await born(tx, make, datetime(2027, 1, 1, tzinfo=UTC))
    assert before < after < 2**53
    assert await tables_of(tx, before) == ["lifecycle.history_2026_12"]
    assert await tables_of(tx, after) == ["lifecycle.history_2027_01"]


async def test_what_came_before_its_month_was_open_is_moved_in(tx, make):
    early = await born(tx, make, NOW)
    assert await tables_of(tx, early) == ["lifecycle.history_default"]
    await open_ahead(tx, NOW)
    assert await tables_of(tx, early) == ["lifecycle.history_2026_12"]


@pytest.mark.parametrize("table", CUT)
async def test_a_partition_is_reached_through_its_parent_only(tx, table):
    await open_ahead(tx, NOW)
    (row,) = await tx.fetch(
        "SELECT has_table_privilege('penstock_operator', $1, 'SELECT')"
        " OR has_table_privilege('penstock_merchant', $1, 'SELECT') AS reached",
        f"{table}_2026_12",
    )
    assert not row["reached"]
