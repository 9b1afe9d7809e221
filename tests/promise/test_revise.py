"""A broken promise is made anew once a day, from the queue, with notice."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from penstock.db.outbox import announce
from penstock.lifecycle.advance import new_ids
from penstock.promise.revise import AGAIN_AFTER, STAGES, revise

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATE = NOW - HOUR


class Orders:
    """Orders in a status, promised for a time; the node's clock is UTC, it closes at 17:00."""

    def __init__(self, tx, make):
        self.tx, self.make = tx, make

    async def open(self, *, backlog=0, zone="UTC"):
        await self.tx.fetch("DELETE FROM lifecycle.subject")
        self.merchant_id = await self.make.merchant()
        self.node_id = await self.make.node(zone=zone)
        await self.tx.fetch(
            "INSERT INTO allocation.backlog VALUES ($1, $2, $3)", self.node_id, backlog, NOW
        )
        return self

    async def add(self, count=1, *, status="allocated", dispatch_by=LATE, node=True):
        ids = await new_ids(self.tx, count=count, at=NOW)
        await self.tx.fetch(
            "INSERT INTO orders.receipt SELECT $1, id, 'test', 'T-' || id, 'accepted', '',"
            " 'US', 'USD', 0, 0, 'available', NULL, '', '{}', $3, $3, $3, $3, $4"
            " FROM unnest($2::bigint[]) AS id",
            self.merchant_id, ids, dispatch_by, dispatch_by + 4 * DAY,
        )  # fmt: skip
        if node:
            await self.tx.fetch(
                "INSERT INTO allocation.fulfilment_order"
                " (merchant_id, fulfilment_order_id, order_id, node_id)"
                " SELECT $1, id, id, $3 FROM unnest($2::bigint[]) AS id",
                self.merchant_id, ids, self.node_id,
            )  # fmt: skip
        await self.tx.fetch(
            "INSERT INTO lifecycle.subject SELECT $1, id, 'fulfilment_order', $3::text, $4, $4,"
            " CASE WHEN $3 IN ('delivered', 'cancelled') THEN 'infinity' ELSE $4::timestamptz END"
            " FROM unnest($2::bigint[]) AS id",
            self.merchant_id, ids, status, NOW,
        )  # fmt: skip
        return ids

    async def revisions(self):
        rows = await self.tx.fetch(
            "SELECT revision, dispatch_by_at, deliver_by_at, because FROM promise.revision"
            " WHERE merchant_id = $1 ORDER BY fulfilment_order_id, revision",
            self.merchant_id,
        )
        return [tuple(row) for row in rows]


@pytest.fixture
def orders(tx, make):
    return Orders(tx, make)


async def test_the_first_cut_off_after_the_queue_and_delivery_as_much_later(tx, orders):
    shop = await orders.open(backlog=1000)  # two hours at 500 an hour
    await shop.add()
    assert await revise(tx, NOW, announce=announce) == 1
    moved = NOW + 5 * HOUR - LATE
    assert await shop.revisions() == [
        (1, NOW + 5 * HOUR, LATE + 4 * DAY + moved, "is in the node's queue")
    ]


async def test_a_longer_queue_misses_todays_cut_off(tx, orders):
    shop = await orders.open(backlog=2500)  # five hours: ready at 17:00 sharp, which is too late
    await shop.add()
    await revise(tx, NOW, announce=announce)
    ((_, dispatch_by_at, _, _),) = await shop.revisions()
    assert dispatch_by_at == NOW + 5 * HOUR + DAY


async def test_the_cut_off_is_on_the_nodes_clock(tx, orders):
    shop = await orders.open(zone="Asia/Tokyo")  # it is 21:00 there
    await shop.add()
    await revise(tx, NOW, announce=announce)
    ((_, dispatch_by_at, _, _),) = await shop.revisions()
    assert dispatch_by_at == datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.status)
async def test_every_status_before_dispatch_says_why(tx, orders, stage):
    shop = await orders.open()
    await shop.add(status=stage.status, node=stage.status not in {"backordered", "held", "open"})
    assert await revise(tx, NOW, announce=announce) == 1
    ((_, dispatch_by_at, _, because),) = await shop.revisions()
    assert because == stage.because
    assert dispatch_by_at > NOW + stage.slack


async def test_what_is_gone_or_not_late_is_left_alone(tx, orders):
    shop = await orders.open()
    for status in ("shipped", "delivered", "cancelled"):
        await shop.add(status=status)
    await shop.add(dispatch_by=NOW)
    assert await revise(tx, NOW, announce=announce) == 0


async def test_at_most_once_a_day_and_again_if_that_breaks_too(tx, orders):
    shop = await orders.open()
    await shop.add()
    made = [
        await revise(tx, NOW + hours * HOUR, announce=announce) for hours in (0, 0, 1, 6, 23, 24)
    ]
    assert made == [1, 0, 0, 0, 0, 1]
    first, second = await shop.revisions()
    assert (first[0], second[0]) == (1, 2)
    assert second[1] > first[1] >= NOW
    assert second[2] - second[1] == first[2] - first[1] == 4 * DAY
    assert AGAIN_AFTER == DAY


async def test_notice_is_given(tx, orders):
    shop = await orders.open()
    (order_id,) = await shop.add()
    await revise(tx, NOW, announce=announce)
    (row,) = await tx.fetch(
        "SELECT subject_id, at, payload FROM outbox.events"
        " WHERE topic = 'promise.revised' AND merchant_id = $1",
        shop.merchant_id,
    )
    assert tuple(row[:2]) == (order_id, NOW)
    assert json.loads(row[2]) == {
        "revision": 1,
        "dispatch_by_at": "2026-11-20T17:00:00Z",
        "deliver_by_at": "2026-11-24T17:00:00Z",
        "because": "is in the node's queue",
    }


async def test_thousands_are_quick(tx, orders):
    shop = await orders.open()
    await shop.add(4000)
    await shop.add(2000, node=False, status="open")
    await tx.fetch("SET LOCAL plan_cache_mode = force_custom_plan")  # not that of empty tables
    made = [await revise(tx, NOW, announce=announce) for _ in range(3)]
    assert made == [5000, 1000, 0]
