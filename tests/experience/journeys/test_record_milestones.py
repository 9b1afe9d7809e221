"""Milestones told twice, late and in any order come to the same journeys."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.db.transaction import Transaction
from penstock.experience.journeys.record_milestones import Milestone, take_milestones

T0 = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
WORDS = ("ordered", "paid", "dispatch_by", "packed", "dispatched", "delivered", "cancelled",
         "returned", "exception")  # fmt: skip


def told(word: Any, hours: float, ref: str = "A-1", **about: Any) -> Milestone:
    return Milestone(order_ref=ref, milestone=word, at=T0 + timedelta(hours=hours), **about)


async def journeys(tx: Transaction) -> list[dict[str, Any]]:
    rows = await tx.fetch("SELECT * FROM experience.journeys ORDER BY merchant_id, order_ref")
    return [dict(row) for row in rows]


milestones = st.lists(
    st.builds(
        told,
        st.sampled_from(WORDS),
        st.integers(0, 9),
        st.sampled_from(("A-1", "A-2")),
        fault=st.sampled_from((None, "seller", "carrier")),
    ),
    min_size=1,
    max_size=12,
)


async def test_any_order_of_telling_comes_to_the_same(tx: Transaction) -> None:
    @settings(max_examples=30)
    @given(milestones, st.integers(0, 2**32))
    def same(rows: list[Milestone], seed: int) -> None:
        random = Random(seed)
        cases.append((rows, random.sample([*rows, *rows[:3]], len(rows) + len(rows[:3])), random))

    cases: list[tuple[list[Milestone], list[Milestone], Random]] = []
    same()
    for number, (rows, shuffled, random) in enumerate(cases):
        ways = []
        for way, order in enumerate((rows, shuffled)):
            merchant, left = 10 * number + way, list(order)
            while left:
                size = len(left) if way == 0 else random.randint(1, len(left))
                await take_milestones(tx, [(merchant, row) for row in left[:size]])
                left = left[size:]
            ways.append(
                [j | {"merchant_id": 0} for j in await journeys(tx) if j["merchant_id"] == merchant]
            )
        assert ways[0] == ways[1], rows


async def test_until_its_placing_is_told_an_order_is_set_aside(tx: Transaction) -> None:
    await take_milestones(tx, [(7, told("delivered", 80)), (7, told("paid", 1))])
    (row,) = await journeys(tx)
    assert (row["excluded"], row["ordered_at"], row["source"]) == (
        "unordered", T0 + timedelta(hours=1), "told",
    )  # fmt: skip
    await take_milestones(tx, [(7, told("ordered", 2, market="US", channel="own"))])
    (row,) = await journeys(tx)
    assert (row["excluded"], row["ordered_at"]) == (None, T0 + timedelta(hours=2))
    assert (row["market"], row["channel"]) == ("US", "own")


async def test_a_promise_told_first_is_no_other_order_than_one_told_last(tx: Transaction) -> None:
    promise, paid = told("dispatch_by", 1), told("paid", 4)
    for merchant, rows in ((7, [promise, paid]), (8, [paid, promise])):
        for row in rows:
            await take_milestones(tx, [(merchant, row)])
    await take_milestones(tx, [(9, promise), (9, paid)])
    assert {row["ordered_at"] for row in await journeys(tx)} == {T0 + timedelta(hours=1)}


async def test_the_earliest_stands_unless_it_is_corrected(tx: Transaction) -> None:
    rows = [told("ordered", 0), told("delivered", 90), told("delivered", 80)]
    first = await take_milestones(tx, [(7, row) for row in rows])
    assert (first.added, first.touched) == (1, 0)
    await take_milestones(tx, [(7, told("delivered", 85)), (7, told("cancelled", 9))])
    (row,) = await journeys(tx)
    assert row["delivered_at"] == T0 + timedelta(hours=80)
    assert row["cancel_fault"] == "unknown"
    await take_milestones(tx, [(7, told("delivered", 85))], correct=True)
    (row,) = await journeys(tx)
    assert row["delivered_at"] == T0 + timedelta(hours=85)
    assert row["cancelled_at"] == T0 + timedelta(hours=9), "what is not corrected stays"
