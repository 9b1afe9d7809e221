"""What must hold at any moment, recomputed from the rows: I1, I2, I3, I4, I6, I10, and indexes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import asyncpg
from client import Journal, Order

from penstock import lending
from penstock.db.transaction import OPERATOR, Database, Transaction

CHAIN = """
    SELECT h.subject_id, h.event
    FROM (SELECT *, lag(to_status, 1, '') OVER (PARTITION BY merchant_id, subject_id
                                                ORDER BY history_id) AS before
          FROM lifecycle.history) AS h
    LEFT JOIN lifecycle.transition AS t
        ON (t.kind, t.from_status, t.event, t.to_status)
            = (h.kind, h.from_status, h.event, h.to_status)
    WHERE h.before <> h.from_status OR t.event IS NULL
    UNION ALL
    SELECT s.subject_id, 'ends elsewhere'
    FROM lifecycle.subject AS s
    WHERE s.status IS DISTINCT FROM (
        SELECT to_status FROM lifecycle.history AS h
        WHERE (h.merchant_id, h.subject_id) = (s.merchant_id, s.subject_id)
        ORDER BY history_id DESC LIMIT 1)
"""
NO_FOURTH_PLACE = """
    SELECT r.order_id, coalesce(s.status, 'nowhere')
    FROM orders.receipt AS r
    LEFT JOIN lifecycle.subject AS s ON (s.merchant_id, s.subject_id) = (r.merchant_id, r.order_id)
    LEFT JOIN lifecycle.status AS n ON (n.kind, n.status) = (s.kind, s.status)
    WHERE r.outcome = 'accepted'
        AND (s.status IS NULL OR (n.patience IS NOT NULL AND s.deadline_at = 'infinity'))
"""
TOLD = """
    SELECT topic, sum(moved)::int, sum(told)::int
    FROM (SELECT kind || '.' || event AS topic, 1 AS moved, 0 AS told FROM lifecycle.history
          UNION ALL
          SELECT topic, 0, 1 FROM outbox.events
          UNION ALL
          SELECT topic, 0, events::int FROM outbox.relayed) AS each
    WHERE topic LIKE 'fulfilment_order.%' OR topic LIKE 'parcel.%' OR topic LIKE 'return.%'
    GROUP BY topic
    HAVING sum(moved) <> sum(told)
"""
TABLES = """
    SELECT c.oid::regclass::text, string_agg(quote_ident(a.attname), ', ' ORDER BY k.n)
    FROM pg_class AS c
    JOIN pg_index AS i ON i.indrelid = c.oid AND i.indisprimary
    CROSS JOIN LATERAL unnest(i.indkey::int[]) WITH ORDINALITY AS k (attnum, n)
    JOIN pg_attribute AS a ON (a.attrelid, a.attnum) = (c.oid, k.attnum)
    WHERE c.relkind = 'r'
        AND c.relnamespace::regnamespace::text IN ('orders', 'inventory', 'lifecycle', 'outbox',
                                                   'access', 'merchants', 'worker')
    GROUP BY c.oid
"""
BY_HEAP = "SET enable_indexscan = off; SET enable_bitmapscan = off; SET enable_indexonlyscan = off"
BY_INDEX = "SET enable_seqscan = off; SET enable_sort = off; SET enable_bitmapscan = off"


def clients(folder: Path) -> list[Path]:
    """Return where the clients' journals lie."""
    return sorted(folder.glob("client-*"))


def journals(folder: Path) -> dict[str, Order]:
    """Return what all clients know, by order key."""
    known: dict[str, Order] = {}
    for path in clients(folder):
        known |= Journal(path).orders
    return known


async def violations(url: str, folder: Path) -> list[str]:
    """Return what does not hold just now; journals are read first, so they can only know less."""
    known = journals(folder)
    wrong = [f"I3 {said}" for path in clients(folder) for said in Journal(path).wrong]

    async def look(tx: Transaction) -> list[str]:
        found = [f"I1/I2 {d}" for d in await lending.audit(tx)]
        found += [f"I4 {row[0]} {row[1]}" for row in await tx.fetch(CHAIN)]
        found += [f"I6 {row[0]} {row[1]}" for row in await tx.fetch(NO_FOURTH_PLACE)]
        found += [f"I10 {row[0]}: {row[1]} ≠ {row[2]}" for row in await tx.fetch(TOLD)]
        rows = await tx.fetch(
            "SELECT k.channel_order_id, r.order_id, r.outcome FROM orders.key AS k"
            " FULL JOIN orders.receipt AS r USING (merchant_id, order_id)"
        )
        return found + _answers(known, rows)

    async with await Database.open(url, connections_max=1) as database:
        return wrong + await database.run(OPERATOR, look, snapshot=True)


def _answers(known: Mapping[str, Order], rows: Sequence[Any]) -> list[str]:
    times = Counter(row[0] for row in rows)
    found = [f"I3 {key} is stored {n} times" for key, n in times.items() if n > 1]
    stored = {row[0]: (row[1], row[2]) for row in rows}
    for key, order in known.items():
        order_id, outcome = stored.get(key, (0, ""))
        if order.status == 201 and (order_id, outcome) != (order.order_id, "accepted"):
            found.append(f"I3 lost: {key} was told {order.order_id}, is {order_id} {outcome}")
        if order.status == 409 and outcome == "accepted":
            found.append(f"I3 {key} was told {order.code}, is {order_id} {outcome}")
    return found


async def units_left(url: str) -> dict[str, int]:
    """Return what is for sale, by SKU code."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT k.code, p.on_hand - p.reserved FROM inventory.pool_stock AS p"
            " JOIN merchants.sku AS k USING (merchant_id, sku_id)"
        )
    finally:
        await connection.close()
    return {row[0]: row[1] for row in rows}


async def corrupt(url: str) -> tuple[str, list[str]]:
    """Return how heap and indexes were held against each other, and where they differ."""
    connection = await asyncpg.connect(url)
    try:
        if await connection.fetchval("SELECT 1 FROM pg_available_extensions WHERE name='amcheck'"):
            await connection.execute("CREATE EXTENSION IF NOT EXISTS amcheck")
            await connection.execute(
                "SELECT bt_index_check(indexrelid, true) FROM pg_index JOIN pg_class AS c"
                " ON c.oid = indexrelid WHERE c.relam = 403 AND c.relkind = 'i'"
            )
            return "amcheck, every btree with its heap", []
        wrong = []
        for table, columns in await connection.fetch(TABLES):
            totals = []
            # Workers go on, so both ways have to read the same moment.
            await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            for settings in (BY_HEAP, BY_INDEX):
                way = settings.replace("SET ", "SET LOCAL ")
                await connection.execute(f"SAVEPOINT way; {way}")
                totals.append(
                    await connection.fetchrow(
                        "SELECT count(*), sum(hashtextextended(t::text, 0)) FROM"
                        f" (SELECT * FROM {table} ORDER BY {columns}) AS t"
                    )
                )
                await connection.execute("ROLLBACK TO way")
            await connection.execute("COMMIT")
            if totals[0] != totals[1]:
                wrong.append(f"{table}: {totals}")
    finally:
        await connection.close()
    return "every table by its heap and by its primary key (no amcheck in this build)", wrong
