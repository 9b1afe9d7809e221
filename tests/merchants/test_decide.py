"""The operator decides; what is not legal is refused, and nothing is decided twice."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from penstock.merchants.admit import day_admission
from penstock.merchants.decide import LEGAL, Decision, decide

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
STATUSES = ("applied", "approved", "rejected", "suspended")
HOUR = timedelta(hours=1)


def yes(merchant_id, *, cap=100, hold=HOUR, because="checked"):
    return Decision(merchant_id=merchant_id, verdict="approved", because=because, daily_cap=cap,
                    hold=hold)  # fmt: skip


async def test_approval_gives_a_cap_and_a_hold(tx, make):
    merchant_id = await make.merchant(status="applied", cap=0)
    (answer,) = await decide(tx, [yes(merchant_id)], NOW)
    assert (answer.outcome, answer.status) == ("decided", "approved")
    admission = await day_admission(tx, merchant_id, NOW)
    assert (admission.status, admission.orders_left, admission.hold) == ("approved", 100, HOUR)


async def test_approving_again_changes_the_cap_and_the_same_again_nothing(tx, make):
    merchant_id = await make.merchant(status="applied")
    outcomes = [
        (await decide(tx, [yes(merchant_id, cap=cap)], NOW + n * HOUR))[0].outcome
        for n, cap in enumerate((100, 100, 200))
    ]
    assert outcomes == ["decided", "repeated", "decided"]
    (row,) = await tx.fetch(
        "SELECT daily_cap, decided_at, decided_because FROM merchants.merchant"
        " WHERE merchant_id = $1",
        merchant_id,
    )
    assert tuple(row) == (200, NOW + 2 * HOUR, "checked")


async def test_a_merchants_age_counts_from_its_first_approval(tx, make):
    merchant_id = await make.merchant(status="applied")
    stop = Decision(merchant_id=merchant_id, verdict="suspended", because="fraud")
    for n, decision in enumerate(
        (yes(merchant_id), yes(merchant_id, cap=7), stop, yes(merchant_id))
    ):
        await decide(tx, [decision], NOW + n * HOUR)
        rows = await tx.fetch(
            "SELECT approved_at FROM merchants.merchant WHERE merchant_id = $1", merchant_id
        )
        assert rows[0][0] == NOW


@pytest.mark.parametrize(("status", "verdict"), list(product(STATUSES, LEGAL)))
async def test_only_legal_verdicts_are_taken(tx, make, status, verdict):
    merchant_id = await make.merchant(status=status)
    decision = Decision(merchant_id=merchant_id, verdict=verdict, because="why", daily_cap=7)
    (answer,) = await decide(tx, [decision], NOW)
    legal = status in LEGAL[verdict]
    assert (answer.outcome, answer.status) == (
        ("decided", verdict) if legal else ("not_allowed", status)
    )


async def test_suspension_leaves_the_cap(tx, make):
    merchant_id = await make.merchant(cap=50)
    stop = Decision(merchant_id=merchant_id, verdict="suspended", because="fraud")
    await decide(tx, [stop], NOW)
    admission = await day_admission(tx, merchant_id, NOW)
    assert (admission.status, admission.orders_left) == ("suspended", 50)


async def test_each_gets_its_answer_in_order(tx, make):
    one, two = await make.merchant(status="applied"), await make.merchant(status="applied")
    no = Decision(merchant_id=one, verdict="rejected", because="no papers")
    answers = await decide(
        tx, [yes(two), yes(999_999_999), yes(two, cap=-1), yes(one, because=" "), no, yes(two)], NOW
    )
    assert [(a.merchant_id, a.outcome) for a in answers] == [
        (two, "decided"), (999_999_999, "unknown_merchant"), (two, "invalid"), (one, "invalid"),
        (one, "decided"), (two, "repeated"),
    ]  # fmt: skip
