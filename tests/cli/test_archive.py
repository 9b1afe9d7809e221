"""`penstock archive`, and what the other commands say of orders that have left."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from penstock import lending

pytest.importorskip("pyarrow", reason="the archive is an extra: install pyarrow")
AT = "2026-02-10T11:00:00Z"
CSV = (
    "channel,channel_order_id,currency,ordered_at,paid_at,name,line1,city,country,sku,quantity,"
    f"unit_price\nweb,W-1,USD,{AT},{AT},Ada,1 High St,Austin,US,LAMP,1,19.99\n"
)


class Moved:
    """A clock that stands in February until it is moved."""

    def __init__(self):
        self.at = datetime(2026, 2, 10, 12, 0, tzinfo=UTC)

    def now(self):
        return self.at


@pytest.fixture
def clock(monkeypatch):
    moved = Moved()
    monkeypatch.setattr("penstock.cli.session.clock_of", lambda _: moved)
    return moved


@pytest.fixture
def order(penstock, sells, made, clock, monkeypatch):
    """An order of February, cancelled then; it is November now."""
    monkeypatch.setenv("PENSTOCK_ARCHIVE_FOLDER", "archive")
    Path("orders.csv").write_text(CSV)
    told = json.loads(penstock("orders import orders.csv --merchant merchant-1 --json").out)
    (order_id,) = [o["order_id"] for o in told["orders"]]

    async def end(make):
        await lending.cancel_orders(make.tx, sells, [order_id], "remorse", "buyer", clock.now())
        await make.tx.fetch("DELETE FROM outbox.batch")

    made(end)
    clock.at = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    return order_id


def test_a_month_leaves_and_its_order_is_still_shown(penstock, order):
    shown = penstock(f"orders show {order} --json").out
    assert "2026-02 ready" in " ".join(penstock("archive --dry-run").out.split())
    ran = penstock("archive")
    assert (ran.code, "orders-2026-02.parquet" in ran.out) == (0, True)
    assert penstock(f"orders show {order} --json").out == shown
    assert penstock("orders show W-1 --json").out == shown
    assert "cancelled: remorse (buyer)" in penstock("orders show W-1").out
    assert "1 orders of that time are archived" in " ".join(penstock("orders list").out.split())
    again = json.loads(penstock("orders import orders.csv --merchant merchant-1 --json").out)
    assert (again["counts"], again["orders"][0]["order_id"]) == ({"unchanged": 1}, order)
    assert "no month to archive" in penstock("archive").out
    Path("archive/orders-2026-02.parquet").unlink()
    lost = penstock(f"orders show {order}")
    assert (lost.code, "orders-2026-02.parquet is missing" in " ".join(lost.err.split())) == (
        2,
        True,
    )


def test_what_is_kept_and_what_waits_is_told(penstock, order, made):
    assert "no month to archive" in penstock("archive --keep-months 9").out
    assert "no month to archive" in penstock("archive --before 2026-02").out
    (ready,) = json.loads(penstock("archive --before 2026-03 --dry-run --json").out)
    assert (ready["month"], ready["outcome"]) == ("2026-02", "ready")
    sql = "UPDATE lifecycle.subject SET status = 'shipped', deadline_at = '2027-01-01'"
    made(lambda make: make.tx.fetch(sql))
    ran = penstock("archive")
    assert f"2026-02 waits: 1 not finished, such as {order}" in " ".join(ran.out.split())
    assert not Path("archive").exists()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("archive --before May", "--before May: name a month such as 2026-05."),
        ("archive --keep-months -1", "--keep-months -1: keep none, or some."),
    ],
)
def test_a_wrong_option_is_one_clear_line(penstock, order, line, told):
    ran = penstock(line)
    assert (ran.code, told in ran.err) == (2, True)


def test_without_a_folder_it_says_what_to_set(penstock, clock, monkeypatch):
    monkeypatch.delenv("PENSTOCK_ARCHIVE_FOLDER", raising=False)
    ran = penstock("archive")
    assert (ran.code, "PENSTOCK_ARCHIVE_FOLDER" in ran.err) == (2, True)


def test_without_pyarrow_it_says_what_to_install(penstock, order, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    ran = penstock("archive")
    assert (ran.code, "pip install 'penstock[archive]'" in " ".join(ran.err.split())) == (2, True)
