"""A merchant's points, what changed them, the proofs, and an appeal, on a terminal."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from penstock.kernel.clock import VirtualClock

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


async def history(make):
    """A merchant of 40 orders ten days ago, every fourth handed over two days late."""
    merchant_id = await make.merchant()
    at = NOW - timedelta(days=10)
    for number in range(1, 41):
        await make.tx.fetch(
            "INSERT INTO experience.journey (merchant_id, fulfilment_order_id, order_ref, market,"
            " ordered_at, paid_at, accepted_at, dispatch_by_at, dispatched_at, deliver_by_at,"
            " delivered_at) VALUES ($1, $2, 'o-' || $2::bigint, 'US', $3, $3, $3, $4, $5, $6, $7)",
            merchant_id, number, at, at + timedelta(days=2),
            at + timedelta(days=4 if number % 4 == 0 else 1), at + timedelta(days=5),
            at + timedelta(days=4),
        )  # fmt: skip


@pytest.fixture
def served(made, monkeypatch, tmp_path):
    made(history)
    clock = tmp_path / "clock"
    VirtualClock(clock, NOW)
    monkeypatch.setenv("PENSTOCK_CLOCK_FILE", str(clock))


def test_points_are_traced_to_orders(penstock, served):
    ran = penstock("score explain merchant-1 --profile penstock_les --limit 3")
    assert ran.code == 0, ran.err
    for said in ("dispatched_in_time", "2 d late", "no final score yet", "3 of 10 orders shown"):
        assert said in " ".join(ran.out.split()), ran.out
    line = penstock("score explain merchant-1 --profile penstock_les --json").out
    told = json.loads(line)["explained"]
    assert sum(order["points"] for order in told["orders"]) == pytest.approx(told["shared"])
    none = penstock("score explain merchant-1 --profile penstock_les --as-of 2020-01-01")
    assert (none.code, "no order by" in none.err) == (2, True)
    wrong = penstock("score explain merchant-1 --profile penstock_les --metric x")
    assert (wrong.code, "dispatched_in_time" in wrong.err) == (2, True)


def test_changes_sum_up(penstock, served):
    ran = penstock("score changes merchant-1 --profile penstock_les --since 2026-11-12")
    assert ran.code == 0, ran.err
    assert "dispatched_in_time" in ran.out
    assert "entered" in ran.out
    line = penstock("score changes merchant-1 --profile penstock_les --since 2026-11-12 --json").out
    told = json.loads(line)
    assert sum(part["change"] for part in told["parts"]) == pytest.approx(told["change"])
    assert penstock("score changes merchant-1 --profile penstock_les --since 2026-11-20").code == 2


def test_a_day_that_was_not_scored_has_no_revisions(penstock, served):
    ran = penstock("score revisions merchant-1 --day 2026-11-12")
    assert (ran.code, "was not scored" in ran.out) == (0, True)


def test_the_evidence_is_written_where_it_is_wanted(penstock, served, tmp_path):
    ran = penstock("score evidence merchant-1 --out pack --limit 2")
    assert ran.code == 0, ran.err
    names = {file.name for file in (tmp_path / "pack").iterdir()}
    assert names == {"evidence.pdf", "orders.csv", "parcels.csv", "events.csv"}
    assert (tmp_path / "pack/evidence.pdf").read_bytes().startswith(b"%PDF-")
    (tmp_path / "file").write_text("x")
    refused = penstock("score evidence merchant-1 --out file/pack")
    assert (refused.code, "cannot write" in refused.err) == (2, True)


def test_where_nothing_was_lost_there_is_nothing_to_prove(penstock, served, tmp_path):
    ran = penstock("score evidence merchant-1 --out pack --metric receipt_time")
    assert ran.code != 0
    assert "nothing to prove" in ran.err
    assert not (tmp_path / "pack").exists()


FILE = (
    "score appeal file merchant-1 o-4 o-8 o-1 --profile penstock_les --scenario late_scan"
    " --statement 'scanned a day late' --key a-1"
)


def test_an_appeal_is_filed_and_decided(penstock, served, tmp_path):
    assert "no appeal" in penstock("score appeal list").out
    ran = penstock(FILE)
    assert ran.code == 0, ran.err
    assert "o-1: not counted" in ran.out
    assert "appeal 1 filed" in ran.out
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"\xff\xd8\xffx")
    assert penstock(f"score appeal add-file merchant-1 1 {photo} --title pallet").code == 0
    gone = penstock("score appeal add-file merchant-1 1 nowhere.jpg --title pallet")
    assert (gone.code, "cannot read" in gone.err) == (2, True)
    strange = penstock("score appeal decide merchant-1 1 grant --but o-9 --because so")
    assert (strange.code, "does not wait" in strange.err) == (2, True)
    decided = penstock("score appeal decide merchant-1 1 grant --but o-8 --because so")
    assert "1 granted, 1 refused" in decided.out
    assert "reopened: 1 orders wait" in penstock(
        "score appeal reopen merchant-1 1 --because 'a photograph'"
    ).out  # fmt: skip
    assert "is decided" in penstock("score appeal withdraw merchant-1 1 --because so").out
    listed = " ".join(penstock("score appeal list merchant-1").out.split())
    assert "decided" in listed
    assert penstock("score appeal withdraw merchant-1 9 --because so").code == 2
    nothing = penstock(FILE.replace("o-4 o-8 o-1", "o-1").replace("a-1", "a-2"))
    assert (nothing.code, "nothing was filed" in nothing.err) == (2, True)


def test_behind_the_last_page_there_is_no_more_and_not_none(penstock, served):
    ran = penstock("score explain merchant-1 --profile penstock_les --after 10")
    assert ran.code == 0
    assert "no order failed" not in ran.out
    assert "no more: 10 orders match" in ran.out


def test_a_merchant_without_a_score_is_told_once(penstock, served):
    VirtualClock(Path(os.environ["PENSTOCK_CLOCK_FILE"])).set(NOW + timedelta(days=400))
    ran = penstock("score explain merchant-1 --profile penstock_les")
    assert ran.code == 0
    assert "no score, as of" in ran.out
    assert "no_score" not in ran.out
