"""A call survives a crash at any point, and the vendor's books show one effect."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from penstock.db.transaction import OPERATOR
from penstock.gateways.intent import Intent
from penstock.gateways.port import Outcome, Request
from penstock.lifecycle.advance import create, move, new_ids
from penstock.worker.identity import Identity
from penstock.worker.loop import Worker
from penstock.worker.step import Call, Due

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class Killed(BaseException):
    """The process dies here."""


class Books:
    """A vendor that counts its effects; `lose_answers` of them act and then fall silent."""

    def __init__(self, lose_answers=0):
        self.effects = {}
        self.asked = 0
        self.lose_answers = lose_answers

    async def send(self, vendor, effect, requests):
        answers = []
        for request in requests:
            self.effects[request.reference] = self.effects.get(request.reference, 0) + 1
            answers.append(Outcome(request.reference, "done", request.body))
        if self.lose_answers:
            self.lose_answers -= 1
            return [Outcome(r.reference, "unknown") for r in requests]
        return answers

    async def find(self, vendor, effect, references):
        self.asked += 1
        return [Outcome(r, "done" if r in self.effects else "absent") for r in references]


def label_call():
    async def prepare(tx, subjects, now):
        return [Intent(s, "swift", Request(f"ref-{s.subject_id}", b"{}")) for s in subjects]

    async def record(tx, settled, now):
        await move(tx, [s.intent.subject for s in settled], "label_bought", now)

    return Call("buy_label", Due("parcel", "awaiting_label"), "labels", prepare, record)


async def parcels(database, count):
    async def work(tx):
        await tx.fetch(
            "INSERT INTO vendors.vendor VALUES"
            " ('swift', 'Swift', 'carrier', 'books', 'http://127.0.0.1', 'UTC', $1)",
            NOW,
        )
        ids = await new_ids(tx, count=count, at=NOW)
        await create(
            tx,
            kind="parcel",
            merchant_ids=[1] * count,
            subject_ids=ids,
            events=["packed"] * count,
            due_at=[None] * count,
            at=NOW,
        )

    await database.run(OPERATOR, work)


async def statuses(database):
    rows = await database.run(
        OPERATOR, lambda tx: tx.fetch("SELECT status, count(*) FROM lifecycle.subject GROUP BY 1")
    )
    return {row[0]: row[1] for row in rows}


@pytest.mark.parametrize("where", ["intended", "called", "recorded"])
async def test_a_crash_at_any_point_leaves_one_effect(database, database_url, where):
    await parcels(database, 3)
    books = Books()
    armed = True

    def die(point):
        nonlocal armed
        if armed and point == where:
            armed = False
            raise Killed

    async with Identity(database_url) as first:
        worker = Worker(database, first, [label_call()], {"books": books}, pause=die)
        with pytest.raises(Killed):
            await worker.drain(NOW)
    async with Identity(database_url) as second:
        await Worker(database, second, [label_call()], {"books": books}).drain(NOW)
    assert set(books.effects.values()) == {1}
    assert len(books.effects) == 3
    assert await statuses(database) == {"labelled": 3}


async def test_an_answer_that_never_came_is_asked_after(database, database_url):
    await parcels(database, 2)
    books = Books(lose_answers=1)
    async with Identity(database_url) as identity:
        worker = Worker(database, identity, [label_call()], {"books": books})
        await worker.drain(NOW)
        assert await statuses(database) == {"awaiting_label": 2}
        await worker.drain(NOW + timedelta(minutes=2))
    assert books.asked == 1
    assert books.effects == dict.fromkeys(books.effects, 1)
    assert await statuses(database) == {"labelled": 2}


async def test_a_living_workers_calls_are_left_alone(database, database_url):
    await parcels(database, 1)
    books = Books()

    def die(point):
        raise Killed

    async with Identity(database_url) as first, Identity(database_url) as second:
        with pytest.raises(Killed):
            await Worker(database, first, [label_call()], {"books": books}, pause=die).drain(NOW)
        assert await Worker(database, second, [label_call()], {"books": books}).drain(NOW) == 0
    assert books.effects == {}


def test_an_intent_is_plain_data():
    intent = Intent(msgspec.UNSET, "swift", Request("r", b""))
    assert intent.request.reference == "r"
