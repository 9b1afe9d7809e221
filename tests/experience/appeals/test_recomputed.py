"""A granted appeal changes the stored scores of the days concerned, and what was said stays."""

from datetime import UTC, datetime, timedelta

from penstock.experience.appeals.decide_appeal import OrderDecision, decide_appeal
from penstock.experience.appeals.file_appeal import NewAppeal, file_appeal
from penstock.experience.explain.revised import revised
from penstock.experience.profiles.load import load
from penstock.experience.tallies.daily import score_days
from penstock.experience.tallies.fold import fold

T0 = datetime(2026, 10, 1, 10, tzinfo=UTC)
LES = load("penstock_les")


def d(days):
    return T0 + timedelta(days=days)


async def works(tx, now):
    """What the worker does."""
    while await fold(tx, now):
        pass
    await score_days(tx, now)


async def test_past_days_are_scored_anew_without_the_order(tx, make):
    merchant = await make.merchant()
    for number in range(40):
        await tx.fetch(
            "INSERT INTO experience.journey (merchant_id, fulfilment_order_id, order_ref,"
            " ordered_at, paid_at, accepted_at, dispatch_by_at, dispatched_at, deliver_by_at,"
            " delivered_at) VALUES ($1, $2, 'o-' || $2::bigint, $3, $3, $3, $4, $5, $6, $7)",
            merchant, number, T0, d(2), d(1 if number else 3), d(6), d(4),
        )  # fmt: skip
    for day in (1, 9, 17):
        await works(tx, d(day))
    asked = {"merchant": merchant, "profile": LES.code, "day": d(9).date()}
    before = await revised(tx, **asked)
    assert before[-1].status == "final"
    assert before[-1].points < 100
    new = NewAppeal(
        request_key="k", scenario="late_scan", statement="scanned a day late", orders=("o-0",)
    )
    filed = await file_appeal(tx, LES, merchant, new, d(18), by="shop")
    granted = OrderDecision(fulfilment_order_id=0, granted=True, because="")
    await decide_appeal(
        tx, merchant, filed.appeal_id, [granted], d(19), because="the scan says so", by="operator"
    )
    await works(tx, d(20))
    after = await revised(tx, **asked)
    assert after[:-1] == before, "what was said is not unsaid"
    assert (after[-1].points, after[-1].known_at) == (100, d(20))
    late = next(m for m in after[-1].metrics if m.code == "dispatched_in_time")
    assert (late.denominator, late.excluded) == (-1, 1)
    assert sum(m.points for m in after[-1].metrics) == 100 - before[-1].points
