"""What is said of a day: provisional, then final, and said anew where something comes late."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from penstock.db.transaction import Transaction
from penstock.experience.measure.evaluate import evaluate
from penstock.experience.profiles.load import load
from penstock.experience.profiles.use_profile import use_profile
from penstock.experience.scores.points import Count
from penstock.experience.tallies.daily import OURS, daily_scores, score_days
from penstock.experience.tallies.day_counts import counts_of_days
from penstock.experience.tallies.fold import fold
from penstock.experience.tallies.supply import Supplied, supply_counts

T0 = datetime(2026, 10, 1, 10, tzinfo=UTC)
M = 7


def d(days: float) -> datetime:
    return T0 + timedelta(days=days)


async def journeys(tx: Transaction, numbers: range, **clocks: Any) -> None:
    """Sound orders, placed at T0, but for `clocks`."""
    row = {
        "ordered_at": T0, "paid_at": T0, "accepted_at": T0, "dispatch_by_at": d(2),
        "dispatched_at": d(1), "deliver_by_at": d(6), "delivered_at": d(4), **clocks,
    }  # fmt: skip
    names = list(row)
    marks = [f"${n}" for n in range(2, len(names) + 2)]
    await tx.fetch(
        f"INSERT INTO experience.journey AS j (merchant_id, fulfilment_order_id, order_ref,"
        f" {', '.join(names)}) SELECT {M}, n, n::text, {', '.join(marks)}"
        f" FROM unnest($1::bigint[]) AS n ON CONFLICT (merchant_id, fulfilment_order_id)"
        f" DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in names)}",
        list(numbers),
        *row.values(),
    )


async def works(tx: Transaction, now: datetime) -> None:
    """What the worker does at `now`."""
    while await fold(tx, now):
        pass
    await score_days(tx, now)


async def said(
    tx: Transaction, days: float, known_at: datetime | None = None
) -> tuple[str, Any] | None:
    day = d(days).date()
    found = await daily_scores(
        tx, merchant_id=M, profile=OURS, from_day=day, to_day=day, known_at=known_at
    )
    return (found[0].status, found[0].score) if found else None


async def test_a_days_score_is_provisional_until_the_lag_has_passed(tx: Transaction) -> None:
    await journeys(tx, range(40))
    for n in (1, 2, 6, 7, 8, 13, 14, 15):
        await works(tx, d(n))
        if n == 7:
            assert await said(tx, 6) == ("provisional", 100)
    assert await said(tx, 6) == ("final", 100)
    assert await said(tx, 6, known_at=d(13) - timedelta(seconds=1)) == ("provisional", 100)
    assert await said(tx, 8) == ("provisional", 100)
    assert await said(tx, 15) is None, "the day has not ended"
    assert await said(tx, -1) is None, "there was no order"
    assert await said(tx, 6, known_at=d(6)) is None, "nothing was known"


async def test_what_comes_late_corrects_a_day_and_leaves_what_was_said(tx: Transaction) -> None:
    await journeys(tx, range(40))
    for n in (1, 5, 8, 14, 20):
        await works(tx, d(n))
    before = await said(tx, 6)
    await journeys(tx, range(10), delivered_at=d(7), returned_at=d(9), return_fault="carrier")
    await works(tx, d(21))
    now = await said(tx, 6)
    assert before == ("final", 100)
    assert now is not None
    assert now[0] == "final"
    assert now[1] < 100
    assert await said(tx, 6, known_at=d(20)) == before
    end = datetime(2026, 10, 8, tzinfo=UTC)
    anew = (await evaluate(tx, load(OURS), as_of=end, known_to=d(21)))[M]
    assert (anew.status, anew.points) == now
    kept = await tx.fetch(
        "SELECT status, score FROM experience.scores WHERE day = $1 AND profile = $2",
        end.date() - timedelta(days=1),
        OURS,
    )
    assert [tuple(row) for row in kept] == [now]
    counts = {
        known: await counts_of_days(
            tx, load(OURS), merchants=[M], from_day=d(6).date(), to_day=d(6).date(), known_on=known
        )
        for known in (d(20).date(), d(21).date())
    }
    told = [c[M, d(6).date()]["delivered_in_time"] for c in counts.values() if c is not None]
    assert told == [Count(numerator=40, denominator=40), Count(numerator=30, denominator=40)]


async def test_working_twice_says_nothing_twice(tx: Transaction) -> None:
    await journeys(tx, range(40))
    for n in (2, 5, 5, 5.1, 5.2):
        await works(tx, d(n))
    rows = await tx.fetch("SELECT day, count(*) AS n FROM experience.sayings GROUP BY day")
    assert {row["n"] for row in rows} == {1}
    await works(tx, d(5.3))
    assert not await score_days(tx, d(5.4)), "nobody is due"


async def test_all_excluded_and_too_few_are_never_final(tx: Transaction) -> None:
    await journeys(tx, range(40), excluded="gift")
    await works(tx, d(20))
    assert await said(tx, 6) == ("no_score", None)
    await journeys(tx, range(1))
    await tx.fetch("UPDATE experience.journey SET excluded = NULL WHERE fulfilment_order_id = 0")
    await works(tx, d(21))
    assert await said(tx, 6) == ("provisional", 100), "one order does not pass the gate"
    await journeys(tx, range(40), delivered_at=d(0.5))
    await tx.fetch("UPDATE experience.journey SET excluded = NULL")
    await works(tx, d(22))
    assert await said(tx, 6) == ("no_score", None), "all were delivered before their dispatch"


async def test_supplied_counts_complete_a_score(tx: Transaction) -> None:
    profile = load("douyin_2026_05")
    await use_profile(tx, merchant_id=M, profile=profile.code, from_day=T0.date())
    assert await use_profile(tx, merchant_id=M, profile=profile.code, from_day=T0.date()) is None
    await journeys(tx, range(40), ordered_at=datetime(2026, 6, 1, tzinfo=UTC), **dict.fromkeys(
        ("paid_at", "accepted_at"), datetime(2026, 6, 1, tzinfo=UTC)))  # fmt: skip
    told = [
        Supplied(code=metric.code, day=date(2026, 6, 2), numerator=9, denominator=10)
        for metric in profile.metrics
        if metric.supplied
    ]
    now = datetime(2026, 6, 20, tzinfo=UTC)
    assert await supply_counts(tx, profile, M, told, source="shop page", now=now) == len(told)
    assert await supply_counts(tx, profile, M, told, source="shop page", now=now) == 0
    await works(tx, now)
    days = await daily_scores(
        tx, merchant_id=M, profile=profile.code, from_day=date(2026, 6, 1), to_day=date(2026, 7, 1)
    )
    missing = {row.day.day: set(row.detail.missing) for row in days}
    codes = {row.code for row in told}
    assert codes <= missing[1]
    assert not codes & missing[2]
    assert not codes & missing[18]
