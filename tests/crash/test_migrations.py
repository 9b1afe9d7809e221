"""C5: whoever migrates dies between two statements of any migration, and a re-run finishes.

What a server sees of a kill -9 is a connection that ends in the middle of a transaction, and that
is what it gets here. There is no older release yet whose programs could be writing meanwhile.
"""

import random

import asyncpg
import pglast
import pytest

from penstock.db import migrate as migrating
from penstock.db.create import create_database

SEED = 20261111
SHIPPED = migrating.migrations()


async def half_done(url, migration, chance):
    """Run a part of a migration, and be gone."""
    statements = [s.strip() for s in pglast.split(migration.sql) if s.strip()]
    connection = await asyncpg.connect(url)
    await connection.execute("BEGIN")
    last = chance.randrange(len(statements)) + 1
    for statement in statements[:last]:
        await connection.execute(statement)
    connection.terminate()
    return last, len(statements)


@pytest.fixture
async def empty_url(server_url):
    url = await create_database(server_url, "penstock_half_migrated", fresh=True)
    yield url
    admin = await asyncpg.connect(server_url)
    await admin.execute("DROP DATABASE penstock_half_migrated WITH (FORCE)")
    await admin.close()


async def test_a_death_in_each_migration(empty_url, monkeypatch):
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    for i, migration in enumerate(SHIPPED):
        for _ in range(2):
            await half_done(empty_url, migration, chance)
        monkeypatch.setattr(migrating, "migrations", lambda n=i: SHIPPED[: n + 1])
        done = await migrating.migrate(empty_url)
        assert [m.number for m in done] == [migration.number]
    monkeypatch.undo()
    assert await migrating.migrate(empty_url) == []
