"""`penstock actions` and `penstock score --plot`: decide on acts, and draw a score."""

from datetime import UTC, datetime, timedelta

import pytest

from penstock.merchants.growth.act_on_score import Rule, Wish, act_on_score

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
RULE = Rule(
    policy="bands", kind="settlement_days", profile="penstock_les", approval="approve",
    silent_days=28,
)  # fmt: skip


async def proposed(make):
    merchant_id = await make.merchant()
    wish = Wish(
        merchant_id=merchant_id, day=NOW.date(), score=40.5, band="poor", before=None, wanted=31,
        because="bands: paid later",
    )  # fmt: skip
    (act,) = await act_on_score(make.tx, RULE, [wish], NOW)
    return act.action_id


def test_an_act_is_listed_decided_and_undone(penstock, made):
    assert "no acts" in penstock("actions list").out
    act = made(proposed)
    listed = penstock("actions list --merchant merchant-1 --state proposed", wide=True).out
    for told in (f"{act}", "none → 31", "proposed", "40.5", "2026-11-20"):
        assert told in listed
    for line, code, said in (
        (f"actions revert merchant-1 {act} --because x", 1, "not in effect"),
        (f"actions approve merchant-1 {act} --because ''", 1, "reason in one line"),
        (f"actions approve merchant-1 {act} --because late", 0, "approved and done"),
        (f"actions approve merchant-1 {act} --because late", 0, "so already"),
        (f"actions reject merchant-1 {act} --because late", 1, "does not wait"),
        (f"actions revert merchant-1 {act} --because strike", 0, "in force again"),
    ):
        ran = penstock(line)
        assert (ran.code, said in ran.out) == (code, True), line
    ran = penstock("actions approve merchant-1 999 --because x")
    assert ran.code == 2
    assert "penstock actions list" in ran.err


@pytest.fixture
def delivered(made):
    async def orders(make):
        merchant_id = await make.merchant()
        for n in range(1, 40):
            at = NOW - timedelta(days=9, hours=n)
            await make.tx.fetch(
                "INSERT INTO experience.journey (merchant_id, fulfilment_order_id, order_ref,"
                " ordered_at, paid_at, accepted_at, dispatch_by_at, deliver_by_at, dispatched_at,"
                " delivered_at) VALUES ($1, $2, 'T', $3, $3, $3, $4, $5, $4, $5)",
                merchant_id, n, at, at + timedelta(days=2), at + timedelta(days=5),
            )  # fmt: skip

    made(orders)


def test_a_score_is_drawn_into_a_file(penstock, delivered, tmp_path):
    at = "--profile penstock_les --merchant merchant-1 --as-of 2026-11-20"
    for name, begins in (("a.html", b"<!DOCTYPE html>"), ("a.svg", b"<svg"), ("a.PNG", b"\x89PNG")):
        ran = penstock(f"score {at} --plot {tmp_path / name}")
        assert ran.code == 0, ran.err
        assert (tmp_path / name).read_bytes().startswith(begins)
    for line, said in (
        (f"score {at} --plot {tmp_path / 'a.gif'}", "ends in .html, .svg or .png"),
        (f"score --profile penstock_les --plot {tmp_path / 'a.svg'}", "--merchant CODE"),
        (f"score {at} --plot {tmp_path / 'no/a.svg'}", "there is no folder"),
    ):
        ran = penstock(line)
        assert ran.code == 2
        assert said in " ".join(ran.err.split())


def test_a_merchant_of_whom_nothing_is_known_is_not_drawn(penstock, made, tmp_path):
    made(lambda make: make.merchant())
    file = tmp_path / "a.svg"
    ran = penstock(f"score --profile penstock_les --merchant merchant-1 --plot {file}")
    assert ran.code == 2
    assert "nothing to draw" in ran.err
    assert not file.exists()


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "99999999999999999999"])
def test_a_page_of_no_acts_is_refused(penstock, limit):
    ran = penstock(f"actions list --limit {limit}")
    assert (ran.code, "--limit is 1 to 1000" in ran.err) == (2, True)


def test_that_none_matches_is_not_that_there_are_none(penstock, made):
    made(proposed)
    assert penstock("actions list --state reverted").out == "no such act\n"
