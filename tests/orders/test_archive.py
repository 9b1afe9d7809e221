"""A finished month leaves for files: verified, at once or not at all, and nothing of it is lost."""

import asyncio
import hashlib
import signal
import sys
from datetime import UTC, datetime, timedelta

import asyncpg
import msgspec
import pytest

from penstock import lending
from penstock.db.transaction import OPERATOR, merchant
from penstock.inventory.commit import uncommit_stock
from penstock.inventory.release import release_reservation
from penstock.kernel.errors import Misconfigured, Unavailable
from penstock.lifecycle.advance import Subject, create, move, new_ids
from penstock.lifecycle.drop_month import month_of, month_of_id, named
from penstock.orders import archive as module
from penstock.orders.archive import archive, archive_daily
from penstock.orders.archive_file import ArchiveFile
from penstock.orders.archived import archived_document
from penstock.orders.cancel import cancel
from penstock.orders.receive import Wanted, receive
from penstock.orders.show import show
from penstock.orders.sold_out import SoldOut

pq = pytest.importorskip("pyarrow.parquet", reason="the archive is an extra: install pyarrow")
OLD = datetime(2026, 2, 10, 8, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
BEFORE = month_of(NOW) - 6
KINDS = ("orders", "lines", "moves")
POINTS = [
    *(f"{kind} {point}" for kind in KINDS for point in ("written", "verified", "published")),
    "registered",
    "dropped",
]


class World:
    """A shop with three finished orders of February and one that was refused.

    Parcels are born in March, and the second part of the split order in November.
    """

    def __init__(self, database, make_in, shop_in):
        self.database, self.make_in, self.shop_in = database, make_in, shop_in
        self.delivered = self.cancelled = self.split = self.merchant = 0

    async def run(self, work):
        return await self.database.run(OPERATOR, work)

    async def open(self):
        await self.run(self._open)
        return self

    async def _open(self, tx):
        for month in (BEFORE - 3, BEFORE - 2):
            await tx.fetch("SELECT lifecycle.open_month($1)", month)
        shop = await self.shop_in(tx, self.make_in(tx)).open()
        self.shop, self.merchant = shop, shop.merchant
        await shop.stock(9)
        await shop.stock(1, node=shop.b)
        self.delivered = await shop.order(key="T-1", at=OLD)
        self.cancelled = await shop.order(key="T-2", at=OLD)
        await cancel(
            tx, self.merchant, [self.cancelled], "remorse", "buyer", OLD,
            release=release_reservation, uncommit=uncommit_stock,
        )  # fmt: skip
        self.split = await shop.order(key="T-3", at=OLD, quantity=9)
        await self._refused(tx, shop)
        await shop.allocate(self.delivered, self.split)
        for order in (self.delivered, self.split):
            shown = await show(tx, self.merchant, order)
            assert len(shown.fulfilment_orders) == (2 if order == self.split else 1)
            for part in shown.fulfilment_orders:
                await self.deliver(tx, part.fulfilment_order_id)
        await tx.fetch("DELETE FROM outbox.batch")

    async def _refused(self, tx, shop):
        make = self.make_in(tx)
        order = msgspec.structs.replace(
            make.order("LAMP", key="T-4", quantity=900), ordered_at=OLD, paid_at=OLD
        )
        (answer,) = await receive(
            tx, self.merchant, [Wanted(order)], OLD, lending.RECEIPT, SoldOut(timedelta(0))
        )
        assert answer.outcome == "insufficient_stock"

    async def deliver(self, tx, part, at=OLD + timedelta(days=30)):
        """Rows that the later stages write; the parcel is born in the month after its order."""
        for event in ("released", "picked", "packed"):
            await move(tx, [Subject(self.merchant, part)], event, at)
        (parcel,) = await new_ids(tx, count=1, at=at)
        await create(
            tx, kind="parcel", merchant_ids=[self.merchant], subject_ids=[parcel],
            events=["packed"], due_at=[None], at=at,
        )  # fmt: skip
        await tx.fetch(
            "INSERT INTO warehouse.parcel (merchant_id, parcel_id, fulfilment_order_id, parcel_no,"
            " node_id, country, carton, weight_g, packer, packed_at)"
            " VALUES ($1, $2, $3, 1, $4, 'US', 'own', 900, 'kim', $5)",
            self.merchant, parcel, part, self.shop.a, at,
        )  # fmt: skip
        for event in ("label_bought", "manifested", "scanned", "delivered"):
            await move(tx, [Subject(self.merchant, parcel)], event, at)
        for event in ("handed_over", "delivered"):
            await move(tx, [Subject(self.merchant, part)], event, at)

    async def shown(self):
        """The documents of all orders, from wherever they are."""
        found = {}
        for order in (self.delivered, self.cancelled, self.split):
            shown = await self.run(lambda tx, order=order: show(tx, self.merchant, order))
            found[order] = None if shown is None else msgspec.json.encode(shown)
        return found

    async def left(self):
        """How many rows of February the database holds: receipts, lines, moves, subjects."""
        month = month_of(OLD)
        (row,) = await self.run(
            lambda tx: tx.fetch(
                "SELECT (SELECT count(*) FROM orders.receipt WHERE order_id / 10000000000000 = $1),"
                " (SELECT count(*) FROM orders.line WHERE order_id / 10000000000000 = $1),"
                " (SELECT count(*) FROM lifecycle.history WHERE subject_id / 10000000000000 = $1),"
                " (SELECT count(*) FROM lifecycle.subject WHERE subject_id / 10000000000000 = $1),"
                " (SELECT count(*) FROM orders.archive WHERE month = $1)",
                month,
            )
        )
        return tuple(row)

    async def archive(self, folder, **given):
        return await archive(self.database, folder, BEFORE, NOW, **given)


@pytest.fixture
async def world(database, make_in, shop_in):
    return await World(database, make_in, shop_in).open()


async def test_a_month_leaves_and_its_orders_are_shown_as_before(world, tmp_path):
    before, books = await world.shown(), await world.run(lending.audit)
    february, march = await world.archive(tmp_path)
    assert (february.month, february.outcome) == ("2026-02", "archived")
    assert (march.month, march.outcome) == ("2026-03", "archived")  # its parcels' moves
    assert await world.left() == (0, 0, 0, 0, 3)
    assert set((await world.shown()).values()) == {None}
    for order, document in before.items():
        for actor, whose in ((OPERATOR, None), (merchant(world.merchant), world.merchant)):
            found = await world.database.run(
                actor,
                lambda tx, o=order, w=whose: archived_document(tx, w, o, tmp_path),
            )
            assert found == document
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        f"{kind}-2026-0{month}.parquet" for kind in KINDS for month in (2, 3)
    )
    assert await world.archive(tmp_path) == []
    assert await world.run(lending.audit) == books


async def test_the_files_hold_every_row_and_are_registered(world, tmp_path):
    february = (await world.archive(tmp_path))[0]
    tables = {k: pq.read_table(tmp_path / f"{k}-2026-02.parquet").to_pylist() for k in KINDS}
    orders = tables["orders"]
    assert [o["channel_order_id"] for o in orders] == ["T-1", "T-2", "T-3", "T-4"]
    assert [o["status"] for o in orders] == ["delivered", "cancelled", "delivered", ""]
    assert [o["outcome"] for o in orders] == ["accepted"] * 3 + ["insufficient_stock"]
    assert orders[3]["document"] is None
    assert msgspec.json.decode(orders[3]["ship_to"])["city"] == "Austin"
    assert [(line["order_id"], line["quantity"], line["sku"]) for line in tables["lines"]] == [
        (world.delivered, 1, "LAMP"), (world.cancelled, 1, "LAMP"), (world.split, 9, "LAMP"),
    ]  # fmt: skip
    events = [m["event"] for m in tables["moves"] if m["subject_id"] == world.delivered]
    assert events[0] == "received"
    assert events[-1] == "delivered"
    rows = await world.run(
        lambda tx: tx.fetch("SELECT * FROM orders.archive WHERE month = $1", month_of(OLD))
    )
    assert {r["kind"]: r["rows"] for r in rows} == {k: len(t) for k, t in tables.items()}
    assert {f.kind: f.rows for f in february.files} == {k: len(t) for k, t in tables.items()}
    for row in rows:
        assert (tmp_path / row["file"]).stat().st_mode & 0o007 == 0
        content = (tmp_path / row["file"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (row["bytes"], row["sha256"])
    counted = await world.run(lambda tx: tx.fetch("SELECT * FROM orders.archived"))
    assert [tuple(r) for r in counted] == [(world.merchant, month_of(OLD), 3)]


class Killed(BaseException):
    pass


@pytest.mark.parametrize("point", POINTS)
async def test_killed_anywhere_nothing_is_lost_and_the_next_attempt_ends_it(world, tmp_path, point):
    before, rows = await world.shown(), await world.left()

    def kill(at):
        if at == point:
            raise Killed

    with pytest.raises(Killed):
        await world.archive(tmp_path, pause=kill)
    assert (await world.shown(), await world.left()) == (before, rows)
    february = (await world.archive(tmp_path))[0]
    assert february.outcome == "archived"
    assert await world.left() == (0, 0, 0, 0, 3)
    table = pq.read_table(tmp_path / "orders-2026-02.parquet").to_pylist()
    assert [row["channel_order_id"] for row in table] == ["T-1", "T-2", "T-3", "T-4"]
    assert not list(tmp_path.glob(".*.part"))


async def test_a_damaged_file_is_found_before_anything_is_given_up(world, tmp_path):
    rows = await world.left()

    honest = ArchiveFile._flush

    def forgetful(self, count):
        if self._kind == "lines":
            self._rows = self._rows[:-1]
            count = len(self._rows)
        honest(self, count)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ArchiveFile, "_flush", forgetful)
        with pytest.raises(Unavailable, match="does not hold what was written"):
            await world.archive(tmp_path)
    assert await world.left() == rows


UNDER_WAY = {
    "not finished": """
        UPDATE lifecycle.subject SET deadline_at = '2027-01-01', status = 'in_transit'
        WHERE kind = 'parcel'
    """,
    "open exceptions": """
        INSERT INTO tracking.exception (merchant_id, subject_id, kind, status, reason, opened_at)
        SELECT merchant_id, subject_id, kind, status, 'lost', '2026-03-20'
        FROM lifecycle.subject WHERE kind = 'parcel' LIMIT 1
    """,
    "not passed on yet": """
        INSERT INTO outbox.event (merchant_id, topic, subject_id, at)
        SELECT merchant_id, 'parcel.delivered', subject_id, '2026-03-20'
        FROM lifecycle.subject WHERE kind = 'parcel' LIMIT 1
    """,
    "received too lately": "UPDATE orders.receipt SET received_at = '2026-10-01'",
}


@pytest.mark.parametrize("why", UNDER_WAY)
async def test_a_month_waits_for_what_is_under_way(world, tmp_path, why):
    await world.run(lambda tx: tx.fetch(UNDER_WAY[why]))
    (february,) = await world.archive(tmp_path)  # March is not looked at
    assert february.outcome == "waits"
    assert [w.why for w in february.waits] == [why]
    assert (await world.left())[0] == 4
    assert not list(tmp_path.iterdir())


async def test_what_begins_while_the_files_are_written_makes_the_month_wait(world, tmp_path):
    sql = "UPDATE lifecycle.subject SET deadline_at = $1, status = $2 WHERE kind = 'parcel'"
    honest = module._write

    async def slow(*given):
        written = await honest(*given)
        await world.run(lambda tx: tx.fetch(sql, NOW, "in_transit"))
        return written

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_write", slow)
        (february,) = await world.archive(tmp_path)
    assert february.outcome == "waits"
    assert (await world.left())[0] == 4
    await world.run(
        lambda tx: tx.fetch(sql.replace("$1", "'infinity'").replace("$2", "'delivered'"))
    )
    assert (await world.archive(tmp_path))[0].outcome == "archived"


async def test_the_database_gives_up_no_month_that_the_archive_does_not_hold(world):
    await world.run(lambda tx: tx.fetch("DELETE FROM lifecycle.subject"))
    with pytest.raises(Exception, match="4 rows, of which 0 are archived"):
        await world.run(lambda tx: tx.fetch("SELECT lifecycle.drop_month($1)", month_of(OLD)))


async def test_a_dry_run_changes_nothing(world, tmp_path):
    rows = await world.left()
    done = await world.archive(tmp_path / "none", dry_run=True)
    assert [(m.month, m.outcome) for m in done] == [("2026-02", "ready"), ("2026-03", "ready")]
    assert await world.left() == rows
    assert not (tmp_path / "none").exists()


async def test_two_databases_do_not_share_a_folder(world, tmp_path):
    other = ArchiveFile(tmp_path, "orders-2026-02.parquet", "orders", "another/database")
    other.finish()
    other.publish()
    with pytest.raises(Misconfigured, match="another database"):
        await world.archive(tmp_path)


async def test_a_folder_that_cannot_be_written_to_is_told(world, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(Misconfigured, match="nothing was taken out"):
        await world.archive(tmp_path / "file")


def test_months_are_named_as_ids_have_them():
    assert (named(0), named(76), named(month_of(NOW))) == ("2020-01", "2026-05", "2026-11")
    assert month_of_id(76 * 10**13 + 5) == 76


async def test_each_day_the_worker_looks_and_what_goes_wrong_waits_for_the_next(world, tmp_path):
    (tmp_path / "file").touch()
    for folder, left in (
        (tmp_path / "file", 0),
        (tmp_path / "folder", 2),
        (tmp_path / "folder", 0),
    ):
        done = await world.run(lambda tx, f=folder: archive_daily(world.database, f, 6, tx, NOW))
        assert done == left
    assert await world.left() == (0, 0, 0, 0, 3)


async def test_a_backup_that_reads_for_long_is_waited_for_and_then_given_way_to(
    world, tmp_path, database_url
):
    reader = await asyncpg.connect(database_url)
    await reader.execute("BEGIN; LOCK TABLE orders.receipt IN ACCESS SHARE MODE")
    rows = await world.left()
    going = asyncio.create_task(world.archive(tmp_path))
    await asyncio.sleep(3)
    assert await world.left() == rows  # whoever else reads is not kept waiting
    assert not going.done()
    await reader.execute("ROLLBACK")
    await reader.close()
    assert (await going)[0].outcome == "archived"


KILLED = """
import asyncio, os, signal, sys
from datetime import datetime
from pathlib import Path
from penstock.db.transaction import Database
from penstock.orders.archive import archive

async def main(url, folder, before, now, point):
    async with await Database.open(url, connections_max=1) as database:
        kill = lambda at: at == point and os.kill(os.getpid(), signal.SIGKILL)
        at = datetime.fromisoformat(now)
        await archive(database, Path(folder), int(before), at, pause=kill)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize("point", ["lines written", "orders published", "registered", "dropped"])
async def test_a_process_that_is_gone_has_taken_nothing_with_it(
    world, tmp_path, database_url, point
):
    before, rows = await world.shown(), await world.left()
    given = (database_url, str(tmp_path), str(BEFORE), NOW.isoformat(), point)
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED, *given)
    assert await process.wait() == -signal.SIGKILL
    for _ in range(100):  # until the server has noticed
        try:
            await world.archive(tmp_path, dry_run=True)
            break
        except Unavailable:
            await asyncio.sleep(0.1)
    assert (await world.shown(), await world.left()) == (before, rows)
    assert (await world.archive(tmp_path))[0].outcome == "archived"
    assert await world.left() == (0, 0, 0, 0, 3)
    table = pq.read_table(tmp_path / "orders-2026-02.parquet").to_pylist()
    assert [row["channel_order_id"] for row in table] == ["T-1", "T-2", "T-3", "T-4"]
