"""Lift, drivers and the questionnaire on a terminal."""

import json
from datetime import UTC, datetime, timedelta

import pytest


@pytest.fixture
def shop(made):
    """A merchant with 40 orders delivered in the week before now, by another system."""
    now = datetime.now(UTC)

    async def journeys(make):
        merchant_id = await make.merchant()
        for number in range(1, 41):
            at = now - timedelta(days=3, minutes=number)
            await make.tx.fetch(
                "INSERT INTO experience.journey (merchant_id, fulfilment_order_id, order_ref,"
                " market, ordered_at, paid_at, dispatch_by_at, dispatched_at, deliver_by_at,"
                " delivered_at) VALUES ($1, $2, 'o-' || $2::bigint, 'US', $3, $3, $4, $5, $6, $6)",
                merchant_id, number, at, at + timedelta(hours=6),
                at + timedelta(hours=3 if number % 3 else 9), at + timedelta(days=1),
            )  # fmt: skip

    made(journeys)


def test_a_history_without_a_floor_is_told_what_cannot_be_said(penstock, shop):
    ran = penstock("score lift merchant-1 --weeks 2", wide=True)
    assert ran.code == 0, ran.err
    assert "40 orders of the last 2 weeks" in ran.out
    assert "nothing can be said of:" in ran.out
    assert "pickers: no walk of a picker is on record" in ran.out
    told = json.loads(penstock("score lift merchant-1 --json").out)
    assert told["lifted"] == []
    assert {one["kind"] for one in told["not_told"]} == {
        "pickers", "carrier", "second_node", "sync", "cut_off",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("score lift nobody", "no merchant 'nobody'"),
        ("score lift merchant-1 --weeks 0", "weeks must be from 1"),
        ("score lift merchant-1 --assume pay=3", "there is no 'pay'"),
        ("score lift merchant-1 --assume late_percent", "write name=number"),
        ("score drivers nobody", "no merchant 'nobody'"),
        ("score survey send shopper --round a", "name the merchant"),
        ("score survey send merchant --round a --valid-days 0", "--valid-days is 1 to 90"),
    ],
)
def test_what_is_wrong_is_one_line(penstock, shop, line, said):
    ran = penstock(line)
    assert ran.code == 2
    assert said in " ".join(ran.err.split())


def test_drivers_say_what_the_data_do_not_bear(penstock, shop):
    ran = penstock("score drivers --weeks 4", wide=True)
    assert ran.code == 0, ran.err
    assert "merchant-1" in ran.out
    assert "late hand-over on returned" in ran.out
    assert "merchant-weeks of 10 orders or more: 30 are needed" in ran.out
    told = json.loads(penstock("score drivers merchant-1 --json").out)
    assert told["fair_points"][0]["points"]["pick_and_pack"] > 0


def test_a_round_goes_out_once_and_its_results_are_read(penstock, shop):
    ran = penstock("score survey results")
    assert "nobody was asked yet" in ran.out
    sent = penstock("score survey send shopper --round spring --merchant merchant-1 --json")
    rows = [json.loads(row) for row in sent.out.splitlines()]
    assert len(rows) == 40
    assert all(row["path"].startswith("/surveys/") for row in rows)
    again = penstock("score survey send shopper --round spring --merchant merchant-1")
    assert "0 invited" in again.out
    told = json.loads(penstock("score survey results --round spring --json").out)
    assert (told["asked"], told["answered"]) == (40, 0)
    assert "nobody has answered yet" in penstock("score survey results").out
