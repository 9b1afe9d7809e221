"""`penstock score foresee`: a table of days, the save list, and one line for a pipe."""

import json
import signal
from datetime import UTC, datetime, timedelta

import pytest


async def journeys(make):
    """A merchant with orders up to now, the last ones still open and near their deadline."""
    now = datetime.now(UTC)
    merchant_id = await make.merchant()
    await make.merchant()
    for number in range(1, 121):
        at = now - timedelta(days=30) + timedelta(hours=6 * number)
        is_open = number > 114
        await make.tx.fetch(
            "INSERT INTO experience.journey (merchant_id, fulfilment_order_id, order_ref,"
            " ordered_at, paid_at, accepted_at, dispatch_by_at, dispatched_at, deliver_by_at,"
            " delivered_at) VALUES ($1, $2, 'o-' || $2::bigint, $3, $3, $3, $4, $5, $6, $7)",
            merchant_id, number, at, at + timedelta(hours=36),
            None if is_open or number % 5 == 0 else at + timedelta(hours=30),
            at + timedelta(days=4),
            at + timedelta(days=3) if number < 100 and number % 5 else None,
        )  # fmt: skip


@pytest.fixture
def open_orders(made):
    made(journeys)


def test_a_forecast_on_a_terminal_and_as_a_line(penstock, open_orders):
    ran = penstock("score foresee merchant-1 --profile penstock_les --save 3")
    assert ran.code == 0, ran.err
    assert "9 of 10 cases" in ran.out
    assert "(+30)" in ran.out
    assert "with a clock running" in ran.out
    told = json.loads(penstock("score foresee merchant-1 --profile penstock_les --json").out)
    assert told["merchant"] == "merchant-1"
    assert len(told["forecast"]["days"]) == 30


def test_what_cannot_be_foreseen_is_said_in_a_line(penstock, open_orders):
    assert "nothing to foresee" in penstock("score foresee merchant-2 --profile penstock_les").out
    for wrong in ("merchant-1 --profile nope", "nobody --profile penstock_les",
                  "merchant-1 --profile penstock_les --save 9999",
                  "merchant-1 --profile penstock_les --policy none.toml"):  # fmt: skip
        ran = penstock(f"score foresee {wrong}")
        assert ran.code == 2, wrong
        assert "Traceback" not in ran.err


def test_a_pipe_gets_a_line_of_json_where_nothing_can_be_foreseen(penstock, open_orders):
    ran = penstock("score foresee merchant-2 --profile penstock_les --json")
    told = json.loads(ran.out)
    assert (ran.code, told["forecast"]["days"], told["save"]) == (0, [], [])


def test_a_reckoning_is_ended_at_once(penstock, open_orders, monkeypatch):
    """Asyncio would only ask the task to end, and that hears nothing until it waits."""

    def reckon(*_, **__):
        signal.raise_signal(signal.SIGINT)
        pytest.fail("the computation went on")

    monkeypatch.setattr("penstock.cli.score_foresee.look_ahead", reckon)
    ran = penstock("score foresee merchant-1 --profile penstock_les")
    assert (ran.code, ran.err) == (130, "")
