"""Two walls between merchants: keys that start with the merchant, and forced row-level security."""

from typing import Any

import asyncpg
import pytest

from penstock.db.transaction import merchant

OURS = "nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'public')"
SHARED_ROWS = {
    "access.api_key": "keys of every role; only the operator reads them, to find out who calls",
    "warehouse.batch_order": "the floor works for all merchants at once; only operators see it",
}
"""Tables with a merchant_id that only operators see, so that no policy divides them; and why."""
OTHER_KEYS = {
    "access.api_key PRIMARY KEY (key_id)": "looked up before it is known whose it is",
    "customs.declaration UNIQUE (vendor, reference)": "brokers know it by its reference alone",
    "customs.event PRIMARY KEY (vendor, event_id)": "the vendor's own id, told twice or more",
    "merchants.merchant UNIQUE (code)": "a merchant is found by its code",
    "outbox.event PRIMARY KEY (event_id)": "there is one order of passing on",
    "outbox.batch PRIMARY KEY (batch_id)": "there is one order of passing on",
    "returns.event PRIMARY KEY (vendor, event_id)": "the vendor's own id, told twice or more",
    "shipping.label UNIQUE (vendor, tracking_number)": "carriers know a parcel by it alone",
    "tracking.event PRIMARY KEY (vendor, event_id)": "the vendor's own id, told twice or more",
    "warehouse.batch_order PRIMARY KEY (node_id, batch_id, merchant_id, fulfilment_order_id)":
        "the floor's tables are keyed by node",
}  # fmt: skip
"""Keys of merchant data that do not start with the merchant; and why."""
VALUES = {
    "int2": "{n}", "int4": "{n}", "int8": "{n}", "float8": "{n}", "numeric": "{n}", "bool": "false",
    "text": "'{n}'", "bytea": "'{n}'", "json": "'{{}}'", "jsonb": "'{{}}'",
    "_text": "'{{}}'", "_int8": "'{{}}'",
    "timestamptz": "'2026-11-2{n}'", "date": "'2026-11-2{n}'", "time": "'1{n}:00'",
    "interval": "'{n} h'",
}  # fmt: skip
"""A value of each type for merchant n."""


@pytest.fixture(scope="session")
async def tenant_tables(template: str, shared_connection: Any) -> dict[str, dict[str, str]]:
    """Every table with a merchant_id, with the columns that a row must give and their types."""
    records = await shared_connection.fetch(
        "SELECT nspname || '.' || relname AS name, attname, typname,"
        " attnotnull AND NOT atthasdef AND attidentity = '' AS needed"
        " FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace"
        " JOIN pg_attribute ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped"
        f" JOIN pg_type AS t ON t.oid = atttypid WHERE relkind IN ('r', 'p')"
        f" AND NOT relispartition AND {OURS}"
    )
    owners = {r["name"] for r in records if r["attname"] == "merchant_id"}
    tables: dict[str, dict[str, str]] = {name: {} for name in sorted(owners)}
    for r in records:
        if r["name"] in owners and (r["needed"] or r["attname"] == "merchant_id"):
            tables[r["name"]][r["attname"]] = r["typname"]
    return tables


def insertion(table: str, columns: dict[str, str], n: int) -> str:
    """An INSERT of the smallest row of merchant `n`."""
    values = [VALUES[type_name].format(n=n) for type_name in columns.values()]
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) OVERRIDING SYSTEM VALUE"
        f" VALUES ({', '.join(values)})"
    )


async def test_every_table_with_a_merchant_is_walled(tenant_tables, tx):
    records = await tx.fetch(
        "SELECT nspname || '.' || relname AS name,"
        " relrowsecurity AND relforcerowsecurity AS forced,"
        " array(SELECT polname::text FROM pg_policy WHERE polrelid = c.oid ORDER BY 1) AS policies"
        f" FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace WHERE {OURS}"
    )
    walled = {
        r["name"] for r in records if r["forced"] and r["policies"] == ["merchant", "operator"]
    }
    bare = tenant_tables.keys() - walled - SHARED_ROWS.keys()
    assert not bare, f"{sorted(bare)}: CALL penstock.tenant_table, or give a reason in SHARED_ROWS"
    assert not SHARED_ROWS.keys() & walled, "SHARED_ROWS names a table that is walled"


async def test_keys_start_with_the_merchant(tenant_tables, tx):
    records = await tx.fetch(
        "SELECT conrelid::regclass::text AS name, attname, pg_get_constraintdef(c.oid) AS key"
        " FROM pg_constraint AS c JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]"
        " WHERE contype IN ('p', 'u')"
    )
    odd = {
        f"{r['name']} {r['key']}"
        for r in records
        if r["name"] in tenant_tables and r["attname"] != "merchant_id"
    }
    unexplained = sorted(odd - OTHER_KEYS.keys())
    assert not unexplained, f"{unexplained}: begin with merchant_id, or give a reason in OTHER_KEYS"
    assert odd == OTHER_KEYS.keys(), (
        f"OTHER_KEYS names keys that are gone: {OTHER_KEYS.keys() - odd}"
    )


async def test_merchants_write_nothing_that_is_not_walled(tenant_tables, tx):
    records = await tx.fetch(
        "SELECT nspname || '.' || relname AS name,"
        " has_table_privilege('penstock_merchant', c.oid, 'SELECT') AS reads,"
        " has_table_privilege('penstock_merchant', c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE') AS"
        " writes FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace"
        f" WHERE relkind IN ('r', 'p', 'v', 'm') AND NOT relrowsecurity AND {OURS}"
    )
    assert not [r["name"] for r in records if r["writes"]]
    assert not [r["name"] for r in records if r["reads"] and r["name"] in SHARED_ROWS]


async def test_views_ask_with_the_readers_rights(tx):
    records = await tx.fetch(
        "SELECT nspname || '.' || relname AS name FROM pg_class AS c"
        f" JOIN pg_namespace AS n ON n.oid = relnamespace WHERE relkind IN ('v', 'm') AND {OURS}"
        " AND NOT coalesce('security_invoker=true' = ANY (reloptions), false)"
    )
    assert not records, f"{[r['name'] for r in records]}: WITH (security_invoker = true)"


async def test_roles_cannot_step_over_the_wall(tx):
    roles = await tx.fetch(
        "SELECT rolname, rolsuper OR rolbypassrls OR rolcreaterole OR rolcanlogin AS mighty,"
        " EXISTS (SELECT FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass"
        " AND refobjid = r.oid AND deptype = 'o') AS owns,"
        " EXISTS (SELECT FROM pg_auth_members WHERE member = r.oid) AS becomes_another"
        " FROM pg_roles AS r WHERE rolname IN ('penstock_operator', 'penstock_merchant')"
    )
    assert len(roles) == 2
    assert not [r for r in roles if r["mighty"] or r["owns"] or r["becomes_another"]]
    definers = await tx.fetch(
        "SELECT proname FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = pronamespace"
        f" WHERE prosecdef AND {OURS}"
    )
    # Only an owner may cut a partition out or drop it; what they take is a number.
    known = ["drop_month", "open_month"]
    assert sorted(d["proname"] for d in definers) == known, "it runs with its owner's rights"


@pytest.fixture
async def two_merchants(database_url, tenant_tables):
    """A row of merchant 1 and of merchant 2 in every walled table; CHECKs set aside for them."""
    owner = await asyncpg.connect(database_url)
    await owner.execute("SET session_replication_role = replica")  # no foreign keys
    for check in await owner.fetch(
        "SELECT conrelid::regclass::text AS name, conname FROM pg_constraint WHERE contype = 'c'"
        " AND conrelid NOT IN (SELECT 0 UNION SELECT oid FROM pg_class WHERE relispartition)"
    ):
        await owner.execute(f"ALTER TABLE {check['name']} DROP CONSTRAINT {check['conname']}")
    walled = {name: cols for name, cols in tenant_tables.items() if name not in SHARED_ROWS}
    for name, columns in walled.items():
        await owner.execute(insertion(name, columns, 1))
        await owner.execute(insertion(name, columns, 2))
    yield walled
    await owner.close()


async def attempt(database, sql):
    """Run as merchant 1; rows, or `refused` by the wall or for want of a grant."""
    try:
        return await database.run(merchant(1), lambda tx: tx.fetch(sql))
    except Exception as error:
        if isinstance(error.__cause__, asyncpg.InsufficientPrivilegeError):
            return "refused"
        raise


async def test_another_merchants_rows_are_out_of_reach(two_merchants, database):
    for name, columns in two_merchants.items():
        seen = await attempt(database, f"SELECT DISTINCT merchant_id FROM {name}")
        assert [tuple(row) for row in seen] == [(1,)], f"merchant 1 sees in {name}: {seen}"
        for sql in (
            insertion(name, columns, 2),
            f"UPDATE {name} SET merchant_id = 2",
            f"DELETE FROM {name}",
        ):
            assert await attempt(database, sql) == "refused", sql


async def test_published_views_are_behind_the_same_wall(two_merchants, database):
    views = await attempt(
        database,
        "SELECT nspname || '.' || relname FROM pg_class AS c JOIN pg_namespace AS n"
        " ON n.oid = relnamespace JOIN pg_attribute ON attrelid = c.oid"
        f" WHERE relkind = 'v' AND attname = 'merchant_id' AND {OURS}",
    )
    assert views
    for (name,) in views:
        seen = await attempt(database, f"SELECT FROM {name} WHERE merchant_id <> 1")
        assert seen in ([], "refused"), f"merchant 1 sees rows of another in {name}"


async def test_without_a_merchant_the_wall_is_closed(two_merchants, database_url):
    connection = await asyncpg.connect(database_url)
    for before in ("", "BEGIN; SET LOCAL penstock.merchant_id = '1'; ROLLBACK"):
        await connection.execute(f"{before}; SET ROLE penstock_merchant")
        for name in two_merchants:
            with pytest.raises((asyncpg.UndefinedObjectError, asyncpg.DataError)):
                await connection.fetch(f"SELECT FROM {name}")
        await connection.execute("RESET ROLE")
    await connection.close()
