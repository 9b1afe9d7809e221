"""A full recomputation finds what is kept as it is, or says what differs and mends it."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from penstock.db.transaction import OPERATOR, Database, Transaction
from penstock.experience.tallies import recompute as module
from penstock.experience.tallies.enlist import kept_measures, pass_by
from penstock.experience.tallies.fold import fold
from penstock.experience.tallies.recompute import recompute
from penstock.experience.tallies.recount import all_stretches

NOW = datetime(2026, 12, 24, 12, tzinfo=UTC)


@pytest.fixture
async def folded(database: Database, write: Any, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Sixty orders folded, forty changes of them waiting; stretches are of forty orders."""
    monkeypatch.setattr(module, "all_stretches", lambda tx: all_stretches(tx, 40))
    random = Random(7)
    await database.run(OPERATOR, lambda tx: write(tx, random, [3, 4], 60))
    while await database.run(OPERATOR, lambda tx: fold(tx, NOW)):
        pass
    await database.run(OPERATOR, lambda tx: write(tx, random, [3, 4, 5], 40))
    return database


async def test_what_differs_is_told_and_mended(folded: Database) -> None:
    assert not (await recompute(folded, NOW, mend=False)).differing

    async def spoil(tx: Transaction) -> None:
        await tx.fetch(
            "UPDATE experience.tally AS t SET orders = orders + 2 FROM (SELECT ctid FROM"
            " experience.tally WHERE merchant_id = 4 AND orders > 0 LIMIT 1) AS o"
            " WHERE t.ctid = o.ctid"
        )

    await folded.run(OPERATOR, spoil)
    for mend in (False, True):
        (differing,) = (await recompute(folded, NOW + timedelta(days=1), mend=mend)).differing
        assert (differing.merchant_id, differing.orders) == (4, -2)
    while await folded.run(OPERATOR, lambda tx: fold(tx, NOW)):
        pass
    found = await recompute(folded, NOW, mend=False)
    assert not found.differing
    assert found.measures > 10


async def test_a_measure_that_changes_passed_by_is_counted_anew(folded: Database) -> None:
    async def passed(tx: Transaction) -> None:
        kept = await kept_measures(tx)
        await pass_by(tx, measures=[m.measure_id for m in kept[:9]])
        await tx.fetch("DELETE FROM experience.change WHERE merchant_id = 3")  # folded without them
        await tx.fetch("DELETE FROM experience.tally WHERE measure_id > $1", kept[8].measure_id)
        await tx.fetch("DELETE FROM experience.measure WHERE measure_id > $1", kept[8].measure_id)

    await folded.run(OPERATOR, passed)
    while await folded.run(OPERATOR, lambda tx: fold(tx, NOW)):
        pass
    found = await recompute(folded, NOW, mend=False)
    assert not found.differing
