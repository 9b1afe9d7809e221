"""The questionnaire from invitation to result: once, in time, and nobody's but one's own."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from penstock.db.transaction import OPERATOR, merchant
from penstock.experience.drivers.questionnaire import shipped
from penstock.experience.surveys.answer import answer, invitation_of
from penstock.experience.surveys.invite import TOPIC, Round, invite
from penstock.experience.surveys.results import (
    SHOWN_FROM,
    shoppers_answers,
    survey_results,
)
from penstock.kernel.errors import Conflict, Invalid, NotFound

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SHOPPERS = [item.code for item in shipped().items("shopper")]
SPRING = Round(round="spring", audience="shopper")


def draw(count):
    draw.number += 1
    return hashlib.sha256(str(draw.number).encode()).digest()[:count]


draw.number = 0


async def delivered(tx, merchant_id, orders, days_ago=1):
    for number in range(1, orders + 1):
        await tx.fetch(
            "INSERT INTO experience.journey (merchant_id, fulfilment_order_id, order_ref,"
            " ordered_at, delivered_at) VALUES ($1, $2, 'o-' || $2::bigint, $3, $4)",
            merchant_id, number, NOW - timedelta(days=9), NOW - timedelta(days=days_ago),
        )  # fmt: skip


def token(invited):
    return invited.path.removeprefix("/surveys/")


async def test_nobody_is_asked_twice_in_a_round(tx, make):
    who = await make.merchant()
    await delivered(tx, who, 2)
    first = await invite(tx, SPRING, who, NOW, draw=draw)
    assert [one.name for one in first] == ["o-1", "o-2"]
    assert await invite(tx, SPRING, who, NOW, draw=draw) == []
    (events,) = await tx.fetch("SELECT count(*) FROM outbox.events WHERE topic = $1", TOPIC)
    assert events[0] == 2
    autumn = Round(round="autumn", audience="shopper")
    assert len(await invite(tx, autumn, who, NOW, draw=draw)) == 2


async def test_only_those_who_have_had_their_parcel_of_late_are_asked(tx, make):
    who = await make.merchant()
    await delivered(tx, who, 3, days_ago=8)
    assert await invite(tx, SPRING, who, NOW, draw=draw) == []


async def test_the_secret_is_not_kept_and_another_one_opens_nothing(tx, make):
    who = await make.merchant()
    (one,) = await invite(tx, Round(round="r", audience="merchant"), who, NOW, draw=draw)
    secret = token(one).rpartition("-")[2]
    (row,) = await tx.fetch("SELECT i::text AS told FROM experience.invitation AS i")
    assert secret not in row["told"]
    await invitation_of(tx, token(one))
    whose, number, _ = token(one).split("-")
    for wrong in (
        token(one)[:-1] + ("0" if token(one)[-1] != "0" else "1"),
        f"{int(whose) + 1}-{number}-{secret}", f"{whose}-{int(number) + 1}-{secret}",
        "", "1", "1-1", f"{whose}-{number}-", f"{whose}-{number}-{secret}0",
        f"{'9' * 30}-1-{secret}", f"{whose}-{number}-{secret}\n", "\u0661-\u0661-" + secret,
    ):  # fmt: skip
        with pytest.raises(NotFound):
            await invitation_of(tx, wrong)


async def test_it_is_answered_once_and_in_time(tx, make):
    who = await make.merchant()
    await delivered(tx, who, 2)
    first, second = await invite(tx, SPRING, who, NOW, draw=draw)
    await answer(tx, token(first), {SHOPPERS[0]: 7}, NOW)
    with pytest.raises(Conflict, match="has been answered"):
        await answer(tx, token(first), {SHOPPERS[0]: 1}, NOW)
    with pytest.raises(Conflict, match="is over"):
        await answer(tx, token(second), {SHOPPERS[0]: 1}, first.expires_at)
    assert await shoppers_answers(tx, [who]) == {who: [{SHOPPERS[0]: 7}]}


@pytest.mark.parametrize("wrong", [{}, {"other": 3}, {SHOPPERS[0]: 0}, {SHOPPERS[0]: 8}])
async def test_answers_that_make_no_sense_use_up_nothing(tx, make, wrong):
    who = await make.merchant()
    await delivered(tx, who, 1)
    (one,) = await invite(tx, SPRING, who, NOW, draw=draw)
    with pytest.raises(Invalid):
        await answer(tx, token(one), wrong, NOW)
    assert (await invitation_of(tx, token(one))).state(NOW) == "open"


async def test_results_are_scored_and_few_shoppers_are_not_shown_to_their_merchant(tx, make):
    who = await make.merchant()
    await delivered(tx, who, SHOWN_FROM + 1)
    invited = await invite(tx, SPRING, who, NOW, draw=draw)
    everything = {item.code: 2 if item.reversed else 6 for item in shipped().items("shopper")}
    for number, one in enumerate(invited[:-1], start=1):
        (told,) = await survey_results(tx, merchant=who, round=None, shown_from=SHOWN_FROM)
        assert told.answered == number - 1
        assert told.withheld
        assert not told.dimensions
        await answer(tx, token(one), everything, NOW)
    (told,) = await survey_results(tx, merchant=who, round="spring", shown_from=SHOWN_FROM)
    assert (told.asked, told.answered, told.withheld) == (SHOWN_FROM + 1, SHOWN_FROM, "")
    assert {d.mean for d in told.dimensions} == {6.0}
    assert len(told.dimensions) == 9
    assert await survey_results(tx, merchant=who, round="winter", shown_from=1) == []


async def test_a_merchant_sees_its_own_and_writes_none(database, make_in):
    async def ask(tx):
        make = make_in(tx)
        ours, theirs = await make.merchant(), await make.merchant()
        await delivered(tx, ours, 1)
        await delivered(tx, theirs, 1)
        for who in (ours, theirs):
            await invite(tx, SPRING, who, NOW, draw=draw)
        return ours, theirs

    ours, _ = await database.run(OPERATOR, ask)
    seen = await database.run(
        merchant(ours), lambda tx: survey_results(tx, merchant=None, round=None, shown_from=1)
    )
    assert [one.asked for one in seen] == [1]
    for sql in (
        "INSERT INTO experience.answer VALUES ($1, 1, 'x', 1)",
        "UPDATE experience.invitation SET answered_at = sent_at WHERE merchant_id = $1",
    ):
        with pytest.raises(Exception, match="permission denied"):
            await database.run(merchant(ours), lambda tx, sql=sql: tx.fetch(sql, ours))


async def test_a_round_needs_a_name_and_shoppers_a_merchant(tx):
    for odd in (Round(round="", audience="merchant"), Round(round="a\0", audience="merchant"),
                Round(round="x" * 41, audience="merchant"), SPRING):  # fmt: skip
        with pytest.raises(Invalid):
            await invite(tx, odd, None, NOW, draw=draw)
