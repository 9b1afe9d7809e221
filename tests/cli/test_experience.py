"""Scores on a terminal: whole metric names, means in their unit, and no table of nothing."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

AT = datetime(2026, 11, 10, 12, 0, tzinfo=UTC)
METRICS = (
    "kept_orders", "receipt_time", "dispatched_in_time", "transit_in_time", "delivered_in_time",
    "delivered_sound",
)  # fmt: skip


async def journeys(make):
    """Two merchants, the first with two orders that were delivered in time."""
    for merchant in range(2):
        merchant_id = await make.merchant()
        for number in range(1, 3 - merchant):
            await make.tx.fetch(
                "INSERT INTO experience.journey (merchant_id, fulfilment_order_id, order_ref,"
                " ordered_at, paid_at, accepted_at, dispatch_by_at, dispatched_at, deliver_by_at,"
                " delivered_at) VALUES ($1, $2, 'o-' || $2::bigint, $3, $3, $3, $4, $3, $4, $3)",
                merchant_id, number, AT, AT + timedelta(days=2),
            )  # fmt: skip


@pytest.fixture
def scored(made):
    made(journeys)


def test_without_merchants_there_is_no_empty_table(penstock):
    ran = penstock("score --profile penstock_les")
    assert ran.code == 0
    assert "there is nothing to score" in ran.out
    assert "merchant  score" not in ran.out


def test_one_merchant_has_each_metric_whole(penstock, scored):
    ran = penstock("score --profile penstock_les --merchant merchant-1 --as-of 2026-11-12")
    assert ran.code == 0
    for metric in METRICS:
        assert metric in ran.out
    assert "mean of 2" in ran.out
    assert "100.00 points" in ran.out
    assert "200/2" not in ran.out
    assert "…" not in ran.out


def test_of_many_the_worst_metric_is_told(penstock, scored):
    ran = penstock("score --profile penstock_les --as-of 2026-11-12")
    assert "merchant-1" in ran.out
    assert "merchant-2" in ran.out
    assert "--merchant CODE" in ran.out
    rows = [json.loads(r) for r in penstock(
        "score --profile penstock_les --as-of 2026-11-12 --json"
    ).out.splitlines()]  # fmt: skip
    assert [row["merchant"] for row in rows] == ["merchant-1", "merchant-2"]
    assert isinstance(rows[0]["score"], int | float)


def test_a_day_that_has_not_come_is_refused_as_over_http(penstock):
    ran = penstock("score --profile penstock_les --as-of 2999-01-01")
    assert ran.code == 2
    assert "has not come" in ran.err
    assert ran.err.count("\n") == 1


def test_history_is_imported_twice_as_once(penstock):
    samples = Path(__file__).parents[1] / "experience/samples/olist"
    first = penstock(f"history import {samples}")
    assert (first.code, " past orders added" in first.out) == (0, True)
    again = penstock(f"history import {samples}")
    assert "0 past orders added, 0 changed" in again.out
    refused = penstock("history import nowhere")
    assert (refused.code, "is no folder" in refused.err) == (2, True)


@pytest.mark.parametrize("days", ["-1", "3661", "1000000000", "99999999999999999999"])
def test_a_window_that_cannot_be_is_refused(penstock, scored, days):
    ran = penstock(f"score --profile penstock_les --window-days {days}")
    assert (ran.code, ran.out) == (2, "")
    assert "--window-days is 1 to 3660, or 0" in ran.err


@pytest.mark.parametrize("day", ["0001-01-01", "1999-12-31"])
@pytest.mark.parametrize(
    "command", ["score", "score explain merchant-1", "score changes merchant-1",
                "score evidence merchant-1 --out x", "score --plot x.png --merchant merchant-1"],
)  # fmt: skip
def test_a_day_before_all_orders_is_refused(penstock, scored, command, day):
    ran = penstock(f"{command} --profile penstock_les --as-of {day}")
    assert ran.code == 2
    assert "lies before all orders; use a day from 2000-01-01 on" in ran.err


def test_a_picture_without_a_folder_is_refused_before_it_is_drawn(penstock, scored):
    ran = penstock("score --profile penstock_les --plot no/x.png --merchant merchant-1")
    assert ran.code == 2
    assert "there is no folder no for x.png" in ran.err
