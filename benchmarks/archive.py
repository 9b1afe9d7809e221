"""Archive a month: time, size and memory; and an archived order found and repeated again.

A private server holds a month of 20 merchants' delivered orders, each with a parcel, a label, four
words of its carrier and all its moves, as SQL makes them. Reads are of random orders from files
that the system has in memory, as it has files just written; `first` is the first read of a file by
a process, whose footer it then keeps.
"""

import asyncio
import os
import random
import resource
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from benchmarks.load import rss_mib
from benchmarks.result import Report
from benchmarks.server import private_server
from penstock.app import prepare
from penstock.db.transaction import OPERATOR, Database
from penstock.lifecycle.drop_month import month_of, named
from penstock.orders.archive import archive
from penstock.orders.archive_file import read_rows
from penstock.orders.archived import archived_document, first_answers
from penstock.orders.show import show

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MONTH = month_of(NOW) - 9
MERCHANTS = 20
READS = 200
MADE = """
    SET session_replication_role = replica;
    INSERT INTO merchants.merchant (code, title, country, status, daily_cap, applied_at)
        SELECT 'shop-' || n, 'Shop', 'US', 'approved', 1000000, '2026-01-01'
        FROM generate_series(1, {merchants}) AS n;
    INSERT INTO merchants.sku (merchant_id, code, title, weight_g, length_mm, width_mm, height_mm,
                               value_minor, currency, approved_at)
        SELECT merchant_id, 'SKU-' || n, 'Lamp number ' || n, 400, 120, 80, 60, 1500, 'USD',
            '2026-01-01'
        FROM merchants.merchant, generate_series(1, 10) AS n;
    INSERT INTO inventory.node (code, title, country, zone, cut_off, orders_per_hour)
        VALUES ('node', 'Node', 'US', 'America/Chicago', '17:00', 500);
    SELECT lifecycle.open_month({month});
    SELECT setval('lifecycle.subject_id', 10000000);
    CREATE TEMP TABLE made AS
        SELECT n, {month} * 10000000000000 + n AS id, 1 + n % {merchants} AS merchant_id,
            {month} * 10000000000000 + 5000000 + n AS parcel_id,
            timestamptz '2026-02-02' + n * interval '10 seconds' AS at
        FROM generate_series(1, {orders}) AS n;
    INSERT INTO orders.key
        SELECT merchant_id, 'tiktok_shop', (560000000000000000 + n)::text, id, sha256(int8send(id))
        FROM made;
    INSERT INTO orders.receipt
        SELECT merchant_id, id, 'tiktok_shop', (560000000000000000 + n)::text, 'accepted', '', 'US',
            'USD', 1999 * (1 + n % 2), 0, 'all_or_nothing', NULL, 'buyer-' || hashint8(n),
            json_build_object('name', 'Ada ' || hashint8(n + 1), 'line1', n || ' High Street',
                'line2', '', 'city', 'Austin', 'region', 'TX', 'postal_code', '78701',
                'country', 'US', 'phone', '+1512555' || n % 10000, 'email', ''),
            at, at, at, at + interval '2 days', at + interval '6 days'
        FROM made;
    INSERT INTO orders.line
        SELECT m.merchant_id, m.id, k.line_no, s.sku_id, 1, 1, 1, 0, 1999
        FROM made AS m
        CROSS JOIN LATERAL generate_series(0, (m.n % 2)::int) AS k (line_no)
        JOIN merchants.sku AS s ON s.merchant_id = m.merchant_id
            AND s.code = 'SKU-' || (1 + (m.n / 20 + k.line_no) % 10);
    INSERT INTO allocation.fulfilment_order
        SELECT merchant_id, id, id, 1, 400, 0,
            'cheapest of 3: freight 4.00 USD, in time by 2 days, one parcel', at
        FROM made;
    INSERT INTO allocation.fulfilment_line
        SELECT merchant_id, order_id, line_no, sku_id, quantity FROM orders.line;
    INSERT INTO warehouse.parcel
        SELECT merchant_id, parcel_id, id, 1, 1, 'US', 'S', 900, 'kim', at FROM made;
    INSERT INTO shipping.label
        SELECT merchant_id, parcel_id, 'swift', 'ground', 'SW' || n, 400, 'USD', at, at, at, 'm1',
            at
        FROM made;
    INSERT INTO tracking.event
        SELECT 'swift', 'e' || m.n || '-' || e.no, m.merchant_id, m.parcel_id, e.code, e.status, '',
            '', 'Austin TX', '', m.at + e.no * interval '9 hours', '', 'offset',
            m.at + e.no * interval '9 hours'
        FROM made AS m, (VALUES (1, 'PU', 'in_transit'), (2, 'DEP', 'in_transit'),
            (3, 'OFD', 'out_for_delivery'), (4, 'DLV', 'delivered')) AS e (no, code, status);
    INSERT INTO lifecycle.subject
        SELECT merchant_id, unnest(ARRAY[id, parcel_id]),
            unnest(ARRAY['fulfilment_order', 'parcel']), 'delivered', at, 'infinity', 'infinity', 0
        FROM made;
    INSERT INTO lifecycle.history (merchant_id, subject_id, kind, from_status, event, to_status, at)
        SELECT m.merchant_id, CASE h.kind WHEN 'parcel' THEN m.parcel_id ELSE m.id END, h.kind,
            h.from_status, h.event, h.to_status, m.at + h.no * interval '3 hours'
        FROM made AS m, (VALUES
            (0, 'fulfilment_order', '', 'received', 'open'),
            (1, 'fulfilment_order', 'open', 'allocated', 'allocated'),
            (2, 'fulfilment_order', 'allocated', 'released', 'released'),
            (3, 'fulfilment_order', 'released', 'picked', 'picked'),
            (4, 'fulfilment_order', 'picked', 'packed', 'packed'),
            (5, 'parcel', '', 'packed', 'awaiting_label'),
            (6, 'parcel', 'awaiting_label', 'label_bought', 'labelled'),
            (7, 'parcel', 'labelled', 'manifested', 'manifested'),
            (8, 'fulfilment_order', 'packed', 'handed_over', 'shipped'),
            (9, 'parcel', 'manifested', 'scanned', 'in_transit'),
            (10, 'parcel', 'in_transit', 'delivered', 'delivered'),
            (11, 'fulfilment_order', 'shipped', 'delivered', 'delivered')
        ) AS h (no, kind, from_status, event, to_status);
    DROP TABLE made;
    ANALYZE;
"""
SIZES = """
    SELECT sum(pg_total_relation_size(oid)) FROM pg_class
    WHERE relname IN ('receipt_2026_02', 'line_2026_02', 'history_2026_02', 'subject')
"""


def measure(*, seed: int, quick: bool) -> Report:
    """Archive 200,000 orders, 20,000 in a quick run, and read them."""
    with private_server() as url, tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measure(url, Path(folder), seed, 20_000 if quick else 200_000))


async def _measure(url: str, folder: Path, seed: int, orders: int) -> Report:
    await prepare(url)
    connection = await asyncpg.connect(url)
    made = MADE.format(merchants=MERCHANTS, month=MONTH, orders=orders).rstrip("; \n")
    for statement in made.split(";\n"):
        await connection.execute(statement, timeout=600)
    size = await connection.fetchval(SIZES)
    before_mib = rss_mib(os.getpid())
    figures: dict[str, object] = {"orders": orders, "database_mib": round(float(size) / 2**20, 1)}
    async with await Database.open(url, connections_max=2) as database:
        wanted = [_order(n) for n in random.Random(seed).sample(range(1, orders + 1), READS)]
        figures["stored_read_ms"] = await _stored_reads(database, wanted)
        began, cpu = time.perf_counter(), time.process_time()
        (done,) = await archive(database, folder, MONTH + 1, NOW)
        figures["archive_s"] = round(time.perf_counter() - began, 1)
        figures["archive_own_cpu_s"] = round(time.process_time() - cpu, 1)
        assert done.outcome == "archived", done
        peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        figures["memory_added_mib"] = round(peak_mib - before_mib)
        for file in done.files:
            figures[f"{file.kind}_rows"] = file.rows
            figures[f"{file.kind}_mib"] = round(file.bytes / 2**20, 1)
        figures["files_mib"] = round(sum(file.bytes for file in done.files) / 2**20, 1)
        figures |= await _reads(database, folder, wanted)
    version = await connection.fetchval("SHOW server_version")
    await connection.close()
    return Report(figures=figures, postgres=str(version))


def _order(n: int) -> tuple[int, int]:
    return 1 + n % MERCHANTS, MONTH * 10_000_000_000_000 + n


async def _stored_reads(database: Database, wanted: list[tuple[int, int]]) -> float:
    times = []
    for merchant_id, order_id in wanted:
        began = time.perf_counter()
        found = await database.run(OPERATOR, lambda tx, m=merchant_id, o=order_id: show(tx, m, o))
        times.append(time.perf_counter() - began)
        assert found is not None
    return _ms(times)


async def _reads(
    database: Database, folder: Path, wanted: list[tuple[int, int]]
) -> dict[str, object]:
    figures: dict[str, object] = {}
    began = time.perf_counter()
    path = folder / f"orders-{named(MONTH)}.parquet"
    assert read_rows(path, *_one(wanted[0]), ["document"])
    figures["first_read_ms"] = round((time.perf_counter() - began) * 1000, 1)
    for name, known in (("merchant", True), ("operator", False)):
        times = []
        for merchant_id, order_id in wanted:
            whose = merchant_id if known else None
            began = time.perf_counter()
            found = await database.run(
                OPERATOR, lambda tx, m=whose, o=order_id: archived_document(tx, m, o, folder)
            )
            times.append(time.perf_counter() - began)
            assert found
        figures[f"{name}_read_ms"] = _ms(times)
        figures[f"{name}_read_p99_ms"] = round(statistics.quantiles(times, n=100)[98] * 1000, 1)
    ids = [MONTH * 10_000_000_000_000 + 1 + MERCHANTS * n for n in range(1_000)]
    began = time.perf_counter()
    assert len(await first_answers(2, ids, folder)) == len(ids)
    figures["thousand_first_answers_ms"] = round((time.perf_counter() - began) * 1000, 1)
    return figures


def _one(order: tuple[int, int]) -> tuple[int, list[int]]:
    return order[0], [order[1]]


def _ms(times: list[float]) -> float:
    return round(statistics.median(times) * 1000, 2)
