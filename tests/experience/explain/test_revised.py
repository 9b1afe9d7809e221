"""What was known when: a late hand-over and an appeal, each a word of its own."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import msgspec

from penstock.experience.explain.explain import explain
from penstock.experience.explain.revised import revised
from penstock.experience.explain.told_at import told_at
from penstock.experience.profiles.load import load
from penstock.experience.profiles.profile import ORDERS
from penstock.experience.scores.points import Count
from penstock.experience.scores.score import score
from penstock.experience.tallies.supply import Supplied, supply_counts

DAY = datetime(2026, 11, 10, tzinfo=UTC)
MARKETPLACE, DOUYIN = load("marketplace"), load("douyin_2026_05")


async def said(tx, merchant, at, late, orders):
    counts = {
        ORDERS: Count(numerator=0, denominator=50),
        "late_dispatch": Count(numerator=late, denominator=orders, excluded=50 - orders),
    }
    word = score(MARKETPLACE, counts)
    await tx.fetch(
        "INSERT INTO experience.said VALUES ($1, 'marketplace', $2, $3, $4, $5, $6)",
        merchant, DAY.date(), at, word.status, word.points, msgspec.json.encode(word).decode(),
    )  # fmt: skip
    return word


async def test_each_word_tells_what_it_changed(tx, make):
    merchant = await make.merchant()
    words = [
        await said(tx, merchant, DAY + timedelta(days=n), late, orders)
        for n, (late, orders) in enumerate([(10, 50), (15, 50), (14, 49)], 1)
    ]
    told = await revised(tx, merchant=merchant, profile="marketplace", day=DAY.date())
    assert [row.points for row in told] == [word.points for word in words]
    assert told[0].metrics == ()
    for row, (then, now) in zip(told[1:], pairwise(words), strict=True):
        assert sum((m.points for m in row.metrics), Decimal(0)) == now.points - then.points
    ((late,), (appealed,)) = (row.metrics for row in told[1:])
    assert (late.numerator, late.denominator, late.excluded) == (5, 0, 0)
    assert (appealed.numerator, appealed.denominator, appealed.excluded) == (-1, -1, 1)
    assert await revised(tx, merchant=merchant, profile="penstock_les", day=DAY.date()) == []


async def test_what_was_supplied_for_the_day_is_in_the_explanation(tx, make):
    merchant = await make.merchant()
    code = next(metric.code for metric in DOUYIN.metrics if metric.supplied)
    rows = [
        Supplied(code=code, day=(DAY - timedelta(days=n)).date(), numerator=1, denominator=1000)
        for n in range(3)
    ]
    await supply_counts(tx, DOUYIN, merchant, rows, source="shop page", now=DAY)
    midnight = DAY - timedelta(hours=8)  # in Shanghai the day before has ended
    found = await told_at(tx, DOUYIN, merchant=merchant, as_of=midnight)
    assert found == {code: Count(numerator=2, denominator=2000)}
    await tx.fetch(
        "INSERT INTO experience.journey (merchant_id, fulfilment_order_id, order_ref, ordered_at)"
        " VALUES ($1, 1, 'o', $2)",
        merchant, DAY - timedelta(days=5),
    )  # fmt: skip
    told = await explain(tx, DOUYIN, merchant=merchant, as_of=midnight, known_to=DAY)
    (metric,) = [metric for metric in told.score.metrics if metric.code == code]
    assert metric.denominator == 2000
