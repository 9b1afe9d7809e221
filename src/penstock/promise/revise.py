"""A promise that broke is followed by a new one, with notice and a reason."""

from collections.abc import Awaitable
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction

BATCH = 5_000
"""The most promises that one turn makes anew; give it to the timed step, so that it goes on."""
AGAIN_AFTER = timedelta(hours=24)
"""An order's promise is made anew at most once in this time: a shopper is not told every hour."""
TOPIC = "promise.revised"


class Stage(msgspec.Struct, frozen=True):
    """Where an order may stick: what a shopper is told, what is allowed for beside the queue.

    `queues` if it stands in its node's queue; `slack` is time that the queue does not show.
    """

    status: str
    because: str
    queues: bool
    slack: timedelta


STAGES = (
    Stage("backordered", "waits for stock", True, timedelta(days=7)),
    Stage("held", "is held for checks", True, timedelta(hours=24)),
    Stage("open", "waits for a node", True, timedelta(hours=4)),
    Stage("allocated", "is in the node's queue", True, timedelta(0)),
    Stage("released", "is being picked", True, timedelta(0)),
    Stage("picked", "is being packed", True, timedelta(0)),
    Stage("packed", "waits for clearance, label or pick-up", False, timedelta(hours=12)),
)
"""The statuses before dispatch. No date of stock to come is known to this system, so a backorder
is allowed a week, and gets another one if that passes."""


class Announce(Protocol):
    """Puts events into the outbox, as `penstock.db.outbox.announce`."""

    def __call__(
        self,
        tx: Transaction,
        *,
        topic: str,
        merchant_ids: list[int],
        subject_ids: list[int],
        at: datetime,
        payloads: list[str],
    ) -> Awaitable[None]:
        """Write n events of one topic."""
        ...


class Revised(msgspec.Struct, frozen=True):
    """A new promise to a fulfilment order's consignee."""

    merchant_id: int
    fulfilment_order_id: int
    revision: int
    dispatch_by_at: datetime
    deliver_by_at: datetime
    because: str


@query
async def store_revisions(
    tx: Transaction,
    *,
    statuses: list[str],
    because: list[str],
    queues: list[bool],
    slacks: list[timedelta],
    again_after: timedelta,
    now: datetime,
    batch: int,
) -> list[Revised]:
    """Find the broken promises, the longest broken first, and write new ones."""


async def revise(tx: Transaction, now: datetime, *, announce: Announce) -> int:
    """Promise anew where dispatch was promised for a time that has passed; return how many.

    The new hand-over is the first cut-off of the node after its queue has drained (for an order
    without a node, the queue of all nodes); delivery moves by as much, because the way has not
    become shorter. What was promised first stays on the order, and is what the merchant is
    measured by. Each new promise is announced on the topic `promise.revised`.
    """
    revised = await store_revisions(
        tx,
        statuses=[s.status for s in STAGES],
        because=[s.because for s in STAGES],
        queues=[s.queues for s in STAGES],
        slacks=[s.slack for s in STAGES],
        again_after=AGAIN_AFTER,
        now=now,
        batch=BATCH,
    )
    if revised:
        await announce(
            tx,
            topic=TOPIC,
            merchant_ids=[r.merchant_id for r in revised],
            subject_ids=[r.fulfilment_order_id for r in revised],
            at=now,
            payloads=[_payload(r) for r in revised],
        )
    return len(revised)


def _payload(revised: Revised) -> str:
    said = msgspec.to_builtins(revised)
    return msgspec.json.encode({k: said[k] for k in _SAID}).decode()


_SAID = ("revision", "dispatch_by_at", "deliver_by_at", "because")
