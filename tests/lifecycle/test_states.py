"""The data of statuses and moves is sound, and the database's tables equal it."""

import itertools
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock.lifecycle.advance import Subject, advance, create, move, new_ids
from penstock.lifecycle.states import BORN, STATUSES, TRANSITIONS, problems

NOW = __import__("datetime").datetime(2026, 1, 1, tzinfo=__import__("datetime").UTC)


def test_every_status_is_reached_and_left_unless_terminal():
    assert problems() == []


async def test_the_tables_equal_the_data(tx):
    statuses = await tx.fetch("SELECT kind, status, waits_for, patience FROM lifecycle.status")
    assert {tuple(row) for row in statuses} == {
        (s.kind, s.status, s.waits_for, s.patience) for s in STATUSES
    }
    moves = await tx.fetch("SELECT kind, from_status, event, to_status FROM lifecycle.transition")
    assert {tuple(row) for row in moves} == {
        (t.kind, t.from_status, t.event, t.to_status) for t in TRANSITIONS
    }


async def born(tx, kind, count=1):
    event = next(t.event for t in TRANSITIONS if t.kind == kind and t.from_status == BORN)
    ids = await new_ids(tx, count=count, at=NOW)
    await create(
        tx,
        kind=kind,
        merchant_ids=[7] * count,
        subject_ids=ids,
        events=[event] * count,
        due_at=[None] * count,
        at=NOW,
    )
    return [Subject(7, subject_id) for subject_id in ids]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
async def test_only_legal_moves_move(tx, data):
    kind = data.draw(st.sampled_from(["fulfilment_order", "parcel", "return"]))
    (subject,) = await born(tx, kind)
    (row,) = await tx.fetch(
        "SELECT status FROM lifecycle.subject WHERE subject_id = $1", subject.subject_id
    )
    status = row[0]
    table = {(t.from_status, t.event): t.to_status for t in TRANSITIONS if t.kind == kind}
    events = sorted({t.event for t in TRANSITIONS if t.from_status != BORN})
    for _ in range(data.draw(st.integers(1, 6))):
        event = data.draw(st.sampled_from(events))
        (answer,) = await move(tx, [subject], event, NOW)
        legal = (status, event) in table
        assert answer.outcome == ("advanced" if legal else "illegal")
        status = table.get((status, event), status)
        assert answer.to_status == status
    history = await tx.fetch(
        "SELECT from_status, to_status FROM lifecycle.history WHERE subject_id = $1"
        " ORDER BY history_id",
        subject.subject_id,
    )
    assert history[-1]["to_status"] == status
    assert all(a["to_status"] == b["from_status"] for a, b in itertools.pairwise(history))
    (count,) = await tx.fetch(
        "SELECT count(*) FROM outbox.events WHERE subject_id = $1", subject.subject_id
    )
    assert count[0] == len(history)


async def test_a_batch_names_the_refused(tx):
    first, second = await born(tx, "return", 2)
    answers = await advance(
        tx,
        merchant_ids=[7, 7, 7],
        subject_ids=[first.subject_id, second.subject_id, 10**12],
        events=["approved", "settled", "approved"],
        due_at=[NOW + timedelta(hours=1), None, None],
        at=[NOW] * 3,
    )
    assert [a.outcome for a in answers] == ["advanced", "illegal", "unknown"]
