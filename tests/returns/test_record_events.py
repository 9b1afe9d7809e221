"""A processor's events: in any order, late and twice, they end where the ordered ones do."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.gateways.effects import VendorEvent
from penstock.kernel.errors import NotFound
from penstock.returns.processor_event import read_grades
from penstock.returns.record_events import record_events

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=5)


TWO_LINES = {"order": (3, 2), "lines": ((0, 2), (1, 1))}


def event(shop, number, code, *, at="2026-11-23T10:00:00+00:00", detail="", key="K0", **said):
    return VendorEvent(event_id=f"{shop.code}-{number}", topic="return", about=f"{shop.code}/{key}",
                       code=code, occurred_at=at, detail=detail, **said)  # fmt: skip


def way(shop):
    return [
        event(shop, 1, "DROPPED_OFF", at="2026-11-21T10:00:00Z"),
        event(shop, 2, "AT_DOCK", at="2026-11-23T10:00:00Z"),
        event(shop, 3, "GRADED", at="2026-11-24T10:00:00Z", detail="0=A 1=missing"),
    ]


async def ended(tx, shop):
    (rma,) = await tx.fetch(
        "SELECT received_at FROM returns.rma WHERE merchant_id = $1", shop.merchant_id
    )
    lines = await tx.fetch(
        "SELECT grade FROM returns.rma_line WHERE merchant_id = $1 ORDER BY line_no",
        shop.merchant_id,
    )
    return await shop.statuses(), rma[0], [line[0] for line in lines]


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("together", [True, False])
async def test_any_order_ends_alike(tx, delivered, order, together):
    shop = await delivered.shop()
    await shop.announced(["K0"], **TWO_LINES)
    events = [way(shop)[i] for i in order]
    for batch in [events] if together else [[e] for e in events]:
        await record_events(tx, "boomerang", batch, LATER)
    assert await ended(tx, shop) == (
        {"graded": 1}, datetime(2026, 11, 23, 10, tzinfo=UTC), ["A", "missing"],
    )  # fmt: skip


async def test_a_grade_before_the_receipt_is_held(tx, delivered):
    shop = await delivered.shop()
    await shop.announced(["K0"], **TWO_LINES)
    sent, received, graded = way(shop)
    outcomes = [
        (await record_events(tx, "boomerang", [e], LATER))[0].outcome
        for e in (graded, graded, received, sent)
    ]
    assert outcomes == ["held", "repeated", "applied", "too_late"]
    assert (await shop.statuses()) == {"graded": 1}


async def test_twice_changes_nothing(tx, delivered):
    shop = await delivered.shop()
    await shop.announced(["K0"], **TWO_LINES)
    first = await record_events(tx, "boomerang", [*way(shop), *way(shop)], LATER)
    assert [a.outcome for a in first] == ["applied"] * 3 + ["repeated"] * 3
    moves = await tx.fetch("SELECT count(*) FROM lifecycle.history")
    again = await record_events(tx, "boomerang", way(shop), LATER)
    assert [a.outcome for a in again] == ["repeated"] * 3
    assert await tx.fetch("SELECT count(*) FROM lifecycle.history") == moves


async def test_a_move_lies_neither_in_the_future_nor_before_the_one_it_follows(tx, delivered):
    shop = await delivered.shop()
    await shop.announced(["K0"], **TWO_LINES)
    await record_events(
        tx,
        "boomerang",
        [
            event(shop, 1, "AT_DOCK", at="2026-01-01T00:00:00Z"),
            event(shop, 2, "GRADED", at="2026-11-26T10:00:00Z", detail="A"),
        ],
        LATER,
    )
    rows = await tx.fetch(
        "SELECT at FROM lifecycle.history WHERE merchant_id = $1 AND kind = 'return'"
        " AND event IN ('received', 'graded') ORDER BY history_id",
        shop.merchant_id,
    )
    assert [row[0] for row in rows] == [NOW, LATER]


async def test_what_cannot_be_used_says_why_and_may_come_corrected(tx, delivered):
    shop = await delivered.shop()
    await shop.announced(["K0"], **TWO_LINES)
    sent = [
        event(shop, 1, "GRADED", detail="D"),
        event(shop, 2, "GRADED", detail="0=A"),
        event(shop, 3, "AT_DOCK", at="soon"),
        event(shop, 4, "AT_DOCK", at="2027-01-01T00:00:00Z"),
        event(shop, 5, "OPENED"),
        event(shop, 6, "QUEUED"),
        event(shop, 7, "AT_DOCK", key="K\0"),
    ]
    answers = await record_events(tx, "boomerang", sent, LATER)
    assert [a.outcome for a in answers] == [
        "bad_grade", "bad_grade", "bad_time", "bad_time", "unknown_code", "noted",
        "unknown_return",
    ]  # fmt: skip
    again = await record_events(
        tx, "boomerang", [event(shop, 3, "AT_DOCK"), event(shop, 2, "GRADED", detail="A")], LATER
    )
    assert [a.outcome for a in again] == ["applied", "applied"]
    other = await record_events(tx, "swift", [event(shop, 9, "AT_DOCK")], LATER)
    assert [a.outcome for a in other] == ["unknown_code"]
    with pytest.raises(NotFound):
        await record_events(tx, "nobody", [], LATER)


async def test_a_time_without_an_offset_is_on_the_vendors_clock(tx, delivered):
    shop = await delivered.shop()
    await shop.announced(["K0"], **TWO_LINES)
    await tx.fetch("UPDATE vendors.vendor SET zone = 'Asia/Shanghai' WHERE vendor = 'boomerang'")
    await record_events(
        tx, "boomerang", [event(shop, 1, "received", at="2026-11-23T10:00:00")], LATER
    )
    _, received_at, _ = await ended(tx, shop)
    assert received_at == datetime(2026, 11, 23, 2, tzinfo=UTC)


async def test_thousands_at_once(tx, delivered, fresh_plans):
    shop = await delivered.shop()
    await shop.announced([f"K{n}" for n in range(1000)])
    events = [
        event(shop, f"{n}-{code}", code, key=f"K{n}", detail="B")
        for n in range(1000)
        for code in ("graded", "received", "in_transit")
    ]
    answers = await record_events(tx, "boomerang", events, LATER)
    assert {a.outcome for a in answers} == {"applied"}
    assert await shop.statuses() == {"graded": 1000}


@given(st.dictionaries(st.integers(0, 99), st.sampled_from(["A", "B", "C", "missing"]), min_size=1))
def test_grades_are_read_as_they_are_written(grades):
    text = " ".join(f"{line}={grade}" for line, grade in grades.items())
    assert read_grades(text) == {str(line): grade for line, grade in grades.items()}


@pytest.mark.parametrize("text", ["", "D", "A B", "x=A", "0=A 00=B", "=A", "0=", "*=A A"])
def test_what_is_no_grade_is_not_guessed(text):
    assert read_grades(text) is None


def test_one_grade_stands_for_every_line():
    assert read_grades("A") == read_grades("*=A") == {"*": "A"}
    assert read_grades("1=missing, B") == {"1": "missing", "*": "B"}
