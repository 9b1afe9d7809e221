"""An appeal's whole life, on rows: what may be filed, what a decision does to the score, twice."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import get_args

import pytest

from penstock.db.transaction import OPERATOR
from penstock.experience.appeals.add_file import FILE_MAX_BYTES, FILES_MAX, add_file, files_of
from penstock.experience.appeals.decide_appeal import OrderDecision, decide_appeal
from penstock.experience.appeals.file_appeal import NewAppeal, file_appeal
from penstock.experience.appeals.moves import MOVES, AppealStatus, Event
from penstock.experience.appeals.settle_appeal import reopen_appeal, withdraw_appeal
from penstock.experience.appeals.show_appeals import STATUSES, show_appeals
from penstock.experience.appeals.terms import answer_by, scenarios, terms_of
from penstock.experience.measure.evaluate import evaluate
from penstock.experience.profiles.load import load, shipped
from penstock.kernel.errors import Conflict, Invalid, KeyReused, NotFound, TooLarge

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TIKTOK, DOUYIN = load("tiktok_shop_us"), load("douyin_2026_05")
SAID = {"because": "the scan of the terminal proves it", "by": "operator test"}


def ago(days):
    return NOW - timedelta(days=days)


async def order(make, merchant, number, *, late_by=1.0, ordered=None, parts=1):
    """An order that was handed over late (or not) by so many days."""
    ordered = ordered or ago(10)
    for part in range(parts):
        await make.tx.fetch(
            "INSERT INTO experience.journey (merchant_id, fulfilment_order_id, order_ref, market,"
            " ordered_at, paid_at, accepted_at, dispatch_by_at, dispatched_at, scanned_at,"
            " deliver_by_at, delivered_at)"
            " VALUES ($1, $2, $3, 'US', $4, $4, $4, $5, $6, $6, $7, $7)",
            merchant, number * 10 + part, f"o-{number}", ordered, ordered + timedelta(days=2),
            ordered + timedelta(days=2 + late_by), ordered + timedelta(days=6),
        )  # fmt: skip


def appeal(*numbers, key="k", **changed):
    return NewAppeal(
        **{
            "request_key": key,
            "scenario": "late_scan",
            "statement": "handed over on the day, scanned in the hub a day later",
            "orders": tuple(f"o-{n}" for n in numbers),
        }
        | changed
    )


async def filed(tx, merchant, *numbers, profile=TIKTOK, now=NOW, **changed):
    return await file_appeal(tx, profile, merchant, appeal(*numbers, **changed), now, by="shop")


def decisions(orders, *, granted=True):
    return [OrderDecision(fulfilment_order_id=o, granted=granted, because="") for o in orders]


async def late(tx, merchant, profile=TIKTOK):
    """How many orders the late-dispatch metric counts as late, of how many, and set aside."""
    scored = (await evaluate(tx, profile, as_of=NOW, known_to=NOW, merchant=merchant))[merchant]
    (metric,) = [m for m in scored.metrics if m.code == "LDR"]
    return metric.numerator, metric.denominator, metric.excluded


async def topics(tx, merchant):
    rows = await tx.fetch(
        "SELECT topic FROM outbox.events WHERE merchant_id = $1 ORDER BY event_id", merchant
    )
    return [row["topic"] for row in rows]


async def test_what_is_granted_no_longer_counts_and_what_is_refused_does(tx, make):
    merchant = await make.merchant()
    for number in range(1, 5):
        await order(make, merchant, number, late_by=0 if number == 4 else 1)
    assert await late(tx, merchant) == (3, 4, 0)
    answer = await filed(tx, merchant, 1, 2)
    assert [o.outcome for o in answer.orders] == ["filed", "filed"]
    assert await late(tx, merchant) == (3, 4, 0), "nothing is granted by asking"
    chosen = [*decisions([10]), *decisions([20], granted=False)]
    said = await decide_appeal(tx, merchant, answer.appeal_id, chosen, NOW, **SAID)
    assert (said.granted, said.refused, said.status) == (1, 1, "decided")
    assert await late(tx, merchant) == (2, 3, 1)
    assert await topics(tx, merchant) == ["experience.appeal_filed", "experience.appeal_decided"]
    (shown,) = await show_appeals(tx, NOW, merchant=merchant)
    assert {o.order: (o.outcome, o.because) for o in shown.orders} == {
        "o-1": ("granted", SAID["because"]), "o-2": ("refused", SAID["because"]),
    }  # fmt: skip
    assert [(m.event, m.by) for m in shown.moves] == [
        ("filed", "shop"), ("decided", "operator test"),
    ]  # fmt: skip


async def test_each_order_named_is_answered_and_only_some_are_filed(tx, make):
    merchant = await make.merchant()
    await order(make, merchant, 1)
    await order(make, merchant, 2, late_by=0)
    await order(make, merchant, 3, ordered=ago(40))
    await order(make, merchant, 4, parts=2)
    wide = TIKTOK.over(0)
    answer = await filed(tx, merchant, 1, 2, 3, 4, 5, 1, profile=wide)
    assert {o.order: o.outcome for o in answer.orders} == {
        "o-1": "filed", "o-2": "not_counted", "o-3": "too_late", "o-4": "filed",
        "o-5": "unknown_order",
    }  # fmt: skip
    assert answer.orders[2].until == ago(40) + timedelta(days=2 + 30)
    (shown,) = await show_appeals(tx, NOW, merchant=merchant)
    assert sorted(o.fulfilment_order_id for o in shown.orders) == [10, 40, 41]
    nothing = await filed(tx, merchant, 1, 2, key="other")
    assert (nothing.appeal_id, [o.outcome for o in nothing.orders]) == (
        None, ["appealed_before", "not_counted"],
    )  # fmt: skip
    assert len(await show_appeals(tx, NOW, merchant=merchant)) == 1
    stranger = await make.merchant()
    assert [o.outcome for o in (await filed(tx, stranger, 1)).orders] == ["unknown_order"]


async def test_the_same_appeal_twice_is_one(tx, make):
    merchant = await make.merchant()
    await order(make, merchant, 1)
    first, again = [await filed(tx, merchant, 1) for _ in range(2)]
    assert first.appeal_id == again.appeal_id
    assert [o.outcome for o in again.orders] == ["filed"]
    assert len(await topics(tx, merchant)) == 1
    with pytest.raises(KeyReused):
        await filed(tx, merchant, 1, statement="something else")


async def test_a_second_chance_is_once_within_its_days_and_for_what_was_refused(tx, make):
    merchant = await make.merchant()
    await order(make, merchant, 1)
    await order(make, merchant, 2)
    number = (await filed(tx, merchant, 1, 2)).appeal_id
    chosen = [*decisions([10]), *decisions([20], granted=False)]
    said = await decide_appeal(tx, merchant, number, chosen, NOW, **SAID)
    assert said.again_by_at == NOW + timedelta(days=15)
    again = {"because": "a photograph", "by": "shop", "role": "merchant"}
    with pytest.raises(Conflict, match="until"):
        await reopen_appeal(tx, merchant, number, NOW + timedelta(days=16), **again)
    opened = await reopen_appeal(tx, merchant, number, NOW + timedelta(days=3), **again)
    assert (opened.status, opened.waiting) == ("reopened", 1)
    told = await topics(tx, merchant)
    assert await reopen_appeal(tx, merchant, number, NOW + timedelta(days=3), **again) == opened
    assert await topics(tx, merchant) == told
    assert await late(tx, merchant) == (1, 1, 1), "what was granted stays set aside"
    said = await decide_appeal(
        tx, merchant, number, decisions([20], granted=False), NOW + timedelta(days=4), **SAID
    )
    assert said.again_by_at is None
    with pytest.raises(Conflict, match="for good"):
        await reopen_appeal(tx, merchant, number, NOW + timedelta(days=5), **again)


async def test_an_operator_mends_a_wrong_decision(tx, make):
    merchant = await make.merchant()
    await order(make, merchant, 1)
    number = (await filed(tx, merchant, 1)).appeal_id
    await decide_appeal(tx, merchant, number, decisions([10]), NOW, **SAID)
    assert await late(tx, merchant) == (0, 0, 1)
    mend = {"because": "the wrong shop", "by": "operator", "role": "operator"}
    with pytest.raises(Invalid, match="orders of this appeal"):
        await reopen_appeal(tx, merchant, number, NOW, **mend, orders=[99])
    # what the caller's transaction would have rolled back
    await withdraw_appeal(tx, merchant, number, NOW, because="undo", by="operator")
    opened = await reopen_appeal(tx, merchant, number, NOW, **mend, orders=[10])
    assert opened.waiting == 1
    await decide_appeal(tx, merchant, number, decisions([10], granted=False), NOW, **SAID)
    assert await late(tx, merchant) == (1, 1, 0)


async def test_a_mark_for_another_reason_is_left_alone(tx, make):
    merchant = await make.merchant()
    await order(make, merchant, 1)
    number = (await filed(tx, merchant, 1)).appeal_id
    await tx.fetch("UPDATE experience.journey SET excluded = 'sample'")
    await decide_appeal(tx, merchant, number, decisions([10], granted=False), NOW, **SAID)
    rows = await tx.fetch("SELECT excluded FROM experience.journey")
    assert [row["excluded"] for row in rows] == ["sample"]


async def test_what_is_withdrawn_can_be_appealed_anew(tx, make):
    merchant = await make.merchant()
    await order(make, merchant, 1)
    number = (await filed(tx, merchant, 1)).appeal_id
    settled = await withdraw_appeal(tx, merchant, number, NOW, because="a mistake", by="shop")
    assert settled.status == "withdrawn"
    again = await withdraw_appeal(tx, merchant, number, NOW, because="a mistake", by="shop")
    assert (again, len(await topics(tx, merchant))) == (settled, 2)
    with pytest.raises(Conflict):
        await decide_appeal(tx, merchant, number, [], NOW, **SAID)
    anew = await filed(tx, merchant, 1, key="anew")
    assert anew.appeal_id != number
    assert [o.outcome for o in anew.orders] == ["filed"]


async def test_a_decision_is_whole_or_refused(tx, make):
    merchant = await make.merchant()
    await order(make, merchant, 1)
    await order(make, merchant, 2)
    number = (await filed(tx, merchant, 1, 2)).appeal_id
    for chosen in ([], decisions([10]), decisions([10, 10]), decisions([10, 20, 30])):
        with pytest.raises(Invalid):
            await decide_appeal(tx, merchant, number, chosen, NOW, **SAID)
    for silent in ("", "  ", "\0", "x" * 3000):
        with pytest.raises(Invalid):
            await decide_appeal(
                tx, merchant, number, decisions([10, 20]), NOW, because=silent, by="x"
            )
    for wrong in (number + 1, 0, -1, 2**70):
        with pytest.raises(NotFound):
            await decide_appeal(tx, merchant, wrong, [], NOW, **SAID)
    assert (await late(tx, merchant))[2] == 0


async def test_what_cannot_be_meant_is_refused(tx, make):
    merchant = await make.merchant()
    for wrong in (
        appeal(), appeal(*range(1001)), appeal(1, scenario="luck"), appeal(1, statement=" "),
        appeal(1, key=""), appeal(1, key="k" * 101), appeal(1, orders=("o\0",)),
    ):  # fmt: skip
        with pytest.raises(Invalid):
            await file_appeal(tx, TIKTOK, merchant, wrong, NOW, by="shop")
    for page in ({"status": "lost"}, {"limit": 0}, {"after": -1}, {"limit": 501}):
        with pytest.raises(Invalid):
            await show_appeals(tx, NOW, **page)


async def test_files_are_known_by_their_content(tx, make):
    merchant = await make.merchant()
    await order(make, merchant, 1)
    number = (await filed(tx, merchant, 1)).appeal_id
    photo = b"\xff\xd8\xff" + b"a photograph"
    for _ in range(2):
        added = await add_file(tx, merchant, number, "the pallet", photo, NOW)
    assert (added.media_type, added.bytes) == ("image/jpeg", len(photo))
    assert [f.content for f in await files_of(tx, merchant_id=merchant, appeal_id=number)] == [
        photo
    ]
    for title, content, problem in (
        ("t", b"MZ", Invalid), (" ", photo, Invalid), ("t", b"%PDF-" * FILE_MAX_BYTES, TooLarge),
    ):  # fmt: skip
        with pytest.raises(problem):
            await add_file(tx, merchant, number, title, content, NOW)
    for extra in range(1, FILES_MAX):
        await add_file(tx, merchant, number, "more", photo + bytes([extra]), NOW)
    with pytest.raises(TooLarge):
        await add_file(tx, merchant, number, "one too many", photo + b"z", NOW)


async def test_an_answer_that_is_due_is_told(tx, make):
    merchant = await make.merchant()
    await order(make, merchant, 1)
    due = (await filed(tx, merchant, 1)).answer_by_at
    for now, overdue in ((due, False), (due + timedelta(seconds=1), True)):
        (shown,) = await show_appeals(tx, now, merchant=merchant, status="filed")
        assert shown.overdue == overdue
    assert not await show_appeals(tx, due, merchant=merchant, status="decided")


async def test_two_appeals_of_one_order_at_once_are_one(database, make_in):
    async def prepare(tx):
        make = make_in(tx)
        merchant = await make.merchant()
        await order(make, merchant, 1)
        return merchant

    merchant = await database.run(OPERATOR, prepare)

    async def one(key):
        return await database.run(OPERATOR, lambda tx: filed(tx, merchant, 1, key=key))

    answers = await asyncio.gather(one("a"), one("b"), one("c"))
    assert sorted(a.orders[0].outcome for a in answers) == [
        "appealed_before", "appealed_before", "filed",
    ]  # fmt: skip


def test_the_moves_are_whole():
    assert set(MOVES.values()) == set(get_args(AppealStatus)) == set(STATUSES)
    assert {event for _, event in MOVES} == set(get_args(Event))
    for status, event in product(STATUSES, get_args(Event)):
        if status == "withdrawn" or event == "filed":
            assert (status, event) not in MOVES


def test_terms_are_the_channels_own():
    assert (terms_of("tiktok_shop_us").file_days, terms_of("tiktok_shop_us").again_days) == (30, 15)
    assert (terms_of("douyin_2026_05").file_days, terms_of("douyin_2026_05").again_days) == (7, 0)
    assert terms_of("penstock_les").assumed
    friday = datetime(2026, 9, 25, 3, tzinfo=UTC)
    # 5 working days in China: 28-30 September, then the National Day week off
    assert answer_by(terms_of("douyin"), DOUYIN, friday) > datetime(2026, 10, 8, tzinfo=UTC)
    assert answer_by(terms_of("tiktok_shop"), TIKTOK, friday) == datetime(
        2026, 10, 2, 7, tzinfo=UTC
    )
    assert {"late_scan", "early_pickup", "absent_pickup", "full_pickup"} <= scenarios().keys()


@pytest.mark.parametrize("code", shipped())
def test_every_profile_sets_aside_what_an_appeal_was_granted_for(code):
    profile = load(code)
    for metric in profile.metrics:
        if not metric.supplied:
            words = profile.exclusions if metric.exclusions is None else metric.exclusions
            assert {"flagged", "flagged_appeal"} & set(words), metric.code
