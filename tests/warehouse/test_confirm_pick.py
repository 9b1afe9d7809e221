"""What a scan can say, and what becomes of the orders."""

import asyncio
from datetime import UTC, datetime

import pytest

from penstock.db.transaction import OPERATOR
from penstock.kernel.errors import Invalid
from penstock.lifecycle.advance import Subject, move
from penstock.warehouse.confirm_pick import (
    PickConfirmation,
    PickedLine,
    ShortLine,
    confirm_pick,
)
from penstock.warehouse.next_batch import next_batch
from penstock.warehouse.release import release

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class Shorts:
    """What was handed on as short, and how the order stood when it was."""

    def __init__(self):
        self.rows = []
        self.statuses = []

    async def __call__(self, tx, rows, now):
        self.rows += rows
        for row in rows:
            (found,) = await tx.fetch(
                "SELECT status FROM lifecycle.subject WHERE merchant_id = $1 AND subject_id = $2",
                row.merchant_id, row.fulfilment_order_id,
            )  # fmt: skip
            self.statuses.append(found[0])


def line(floor, order_id, line_no, sku, picked):
    return PickedLine(
        merchant_id=floor.merchant_id,
        fulfilment_order_id=order_id,
        line_no=line_no,
        sku=sku,
        picked=picked,
    )


async def started(tx, floor, *orders):
    await floor.sku("LAMP")
    await floor.sku("BULB")
    ids = [await floor.order(*lines) for lines in orders]
    await release(tx, NOW)
    batch = await next_batch(tx, floor.node_id, "ada", NOW)
    return batch.batch_id, ids


async def say(tx, floor, batch_id, *lines, picker="ada", short=None, complete=False):
    said = PickConfirmation(batch_id=batch_id, picker=picker, lines=lines, complete=complete)
    answers = await confirm_pick(tx, floor.node_id, [said], NOW, short or Shorts())
    return [answer.outcome for answer in answers]


async def closed(tx, batch_id):
    (row,) = await tx.fetch("SELECT picked_at FROM warehouse.batch WHERE batch_id = $1", batch_id)
    return row[0] is not None


async def test_an_order_is_picked_when_its_last_line_is(tx, floor):
    batch_id, (one, two) = await started(
        tx, floor, [("LAMP", 2), ("BULB", 1)], [("LAMP", 1), ("BULB", 5)]
    )
    assert await say(tx, floor, batch_id, line(floor, one, 0, "LAMP", 2)) == ["picked"]
    assert await floor.status(one, two) == ["released", "released"]
    assert await say(tx, floor, batch_id, line(floor, one, 1, "BULB", 1)) == ["picked"]
    assert await floor.status(one, two) == ["picked", "released"]
    assert not await closed(tx, batch_id)
    said = [line(floor, two, 0, "LAMP", 1), line(floor, two, 1, "BULB", 5)]
    assert await say(tx, floor, batch_id, *said) == ["picked", "picked"]
    assert await floor.status(one, two) == ["picked", "picked"]
    assert await closed(tx, batch_id)


async def test_saying_it_again_changes_nothing(tx, floor):
    batch_id, (one, two) = await started(tx, floor, [("LAMP", 2)], [("LAMP", 1), ("BULB", 1)])
    first = line(floor, one, 0, "LAMP", 2)
    assert await say(tx, floor, batch_id, first, first) == ["picked", "repeated"]
    assert await say(tx, floor, batch_id, line(floor, one, 0, "LAMP", 1)) == ["repeated"]
    assert await say(tx, floor, batch_id, complete=True) == ["repeated", "picked", "picked"]
    assert await say(tx, floor, batch_id, complete=True) == ["repeated"] * 3
    assert await floor.status(one, two) == ["picked", "picked"]
    (moves,) = await tx.fetch("SELECT count(*) FROM lifecycle.history WHERE event = 'picked'")
    assert moves[0] == 2
    picks = await tx.fetch("SELECT picked, picker FROM warehouse.pick ORDER BY picked")
    assert [tuple(pick) for pick in picks] == [(1, "ada"), (1, "ada"), (2, "ada")]


async def test_only_the_right_scan_counts(tx, floor):
    batch_id, (one,) = await started(tx, floor, [("LAMP", 2)])
    right, wrong = line(floor, one, 0, "LAMP", 2), line(floor, one, 0, "BULB", 2)
    outcomes = await say(tx, floor, batch_id, wrong, line(floor, one, 0, "LAMP", 3))
    assert outcomes == ["wrong_sku", "too_many"]
    assert await floor.status(one) == ["released"]
    assert await say(tx, floor, batch_id, wrong, right, wrong) == [
        "wrong_sku", "picked", "wrong_sku",
    ]  # fmt: skip
    assert await say(tx, floor, batch_id, wrong) == ["repeated"]
    assert await floor.status(one) == ["picked"]


async def test_what_is_in_other_hands_is_unknown(tx, floor):
    batch_id, (one,) = await started(tx, floor, [("LAMP", 2)])
    mine = line(floor, one, 0, "LAMP", 2)
    assert await say(tx, floor, batch_id, mine, picker="bob") == ["unknown"]
    assert await say(tx, floor, batch_id, line(floor, one, 7, "LAMP", 2)) == ["unknown"]
    assert await say(tx, floor, batch_id, line(floor, one + 1, 0, "LAMP", 2)) == ["unknown"]
    assert await say(tx, floor, batch_id + 1, mine) == ["unknown"]
    assert await say(tx, floor, batch_id + 1, complete=True) == ["unknown"]
    other = await floor.another()
    assert await say(tx, other, batch_id, mine) == ["unknown"]
    assert await floor.status(one) == ["released"]
    assert await tx.fetch("SELECT FROM warehouse.pick") == []


async def test_a_short_order_leaves_the_floor_when_all_of_it_is_known(tx, floor):
    batch_id, (one, two) = await started(tx, floor, [("LAMP", 3), ("BULB", 2)], [("LAMP", 1)])
    short = Shorts()
    assert await say(tx, floor, batch_id, line(floor, one, 0, "LAMP", 1), short=short) == ["short"]
    assert short.rows == []
    assert await floor.status(one) == ["released"]
    rest = [line(floor, two, 0, "LAMP", 1), line(floor, one, 1, "BULB", 0)]
    assert await say(tx, floor, batch_id, *rest, short=short) == ["picked", "short"]
    assert short.rows == [
        ShortLine(floor.merchant_id, one, 0, floor.node_id, floor.skus["LAMP"], 3, 2),
        ShortLine(floor.merchant_id, one, 1, floor.node_id, floor.skus["BULB"], 2, 2),
    ]
    assert short.statuses == ["open", "open"]
    assert await floor.status(one, two) == ["open", "picked"]
    assert await closed(tx, batch_id)
    assert await say(tx, floor, batch_id, *rest, short=short) == ["repeated", "repeated"]
    assert len(short.rows) == 2


async def test_only_missing_lines_are_handed_on(tx, floor):
    batch_id, (one,) = await started(tx, floor, [("LAMP", 3), ("BULB", 2)])
    short = Shorts()
    said = [line(floor, one, 0, "LAMP", 3), line(floor, one, 1, "BULB", 1)]
    assert await say(tx, floor, batch_id, *said, short=short) == ["picked", "short"]
    assert [(row.line_no, row.missing) for row in short.rows] == [(1, 1)]


async def test_a_short_order_can_come_back_and_be_picked(tx, floor):
    batch_id, (one,) = await started(tx, floor, [("LAMP", 3)])
    await say(tx, floor, batch_id, line(floor, one, 0, "LAMP", 2))
    await tx.fetch(
        "UPDATE allocation.fulfilment_line SET quantity = 2 WHERE fulfilment_order_id = $1", one
    )
    await move(tx, [Subject(floor.merchant_id, one)], "allocated", NOW)
    assert await release(tx, NOW) == 1
    again = await next_batch(tx, floor.node_id, "ada", NOW)
    assert again.batch_id != batch_id
    assert await say(tx, floor, batch_id, line(floor, one, 0, "LAMP", 2)) == ["repeated"]
    assert await say(tx, floor, again.batch_id, complete=True) == ["picked"]
    assert await floor.status(one) == ["picked"]


async def test_several_batches_in_one_call(tx, floor):
    await floor.sku("HIT")
    orders = [await floor.order(("HIT", 1)) for _ in range(25)]
    await release(tx, NOW)
    said = []
    for picker in ("ada", "bob"):
        batch = await next_batch(tx, floor.node_id, picker, NOW)
        said.append(PickConfirmation(batch_id=batch.batch_id, picker=picker, complete=True))
    answers = await confirm_pick(tx, floor.node_id, said, NOW, Shorts())
    assert [a.outcome for a in answers] == ["picked"] * 25
    assert [a.batch_id for a in answers] == [said[0].batch_id] * 20 + [said[1].batch_id] * 5
    assert await floor.status(*orders) == ["picked"] * 25


async def test_an_impossible_confirmation_is_refused(tx, floor):
    batch_id, (one,) = await started(tx, floor, [("LAMP", 2)])
    with pytest.raises(Invalid) as refused:
        await say(tx, floor, batch_id, line(floor, one, 0, "LAMP", -1), complete=True)
    assert [(e.pointer, e.code) for e in refused.value.errors] == [
        ("/confirmations/0/lines/0/picked", "out_of_range"),
        ("/confirmations/0/complete", "ambiguous"),
    ]
    assert await floor.status(one) == ["released"]


async def test_at_once_one_confirmation_counts(database, floor_in):
    async def world(tx):
        floor = await floor_in(tx).open()
        batch_id, _ = await started(tx, floor, [("LAMP", 2)], [("BULB", 1)])
        return floor, batch_id

    floor, batch_id = await database.run(OPERATOR, world)

    async def confirm(tx):
        answers = await say(tx, floor, batch_id, complete=True)
        await asyncio.sleep(0.05)
        return answers

    both = await asyncio.gather(*[database.run(OPERATOR, confirm) for _ in range(2)])
    assert sorted(both) == [["picked"] * 2, ["repeated"] * 2]
