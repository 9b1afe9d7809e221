"""Find what was answered before: the same order twice gets its first answer."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.orders.item import Answer, Item, refusal


class Known(msgspec.Struct, frozen=True):
    """An order that was answered before."""

    position: int
    order_id: int
    body_sha256: bytes
    outcome: str
    detail: str
    dispatch_by_at: datetime
    deliver_by_at: datetime


@query
async def known(
    tx: Transaction, *, merchant_id: int, channels: list[str], channel_order_ids: list[str]
) -> list[Known]:
    """Find the orders that were answered before, by their natural key."""


async def answer_known(tx: Transaction, merchant_id: int, items: Sequence[Item]) -> None:
    """Answer the items known by their natural key, and tie repetitions within the batch."""
    found = await known(
        tx,
        merchant_id=merchant_id,
        channels=[i.order.channel for i in items],
        channel_order_ids=[i.order.channel_order_id for i in items],
    )
    reused = "this channel_order_id came before with another body; send it unchanged"
    for row in found:
        item = items[row.position - 1]
        if row.body_sha256 != item.sha256:
            item.answer = refusal(item, "key_reused", reused, "/channel_order_id")
        else:
            item.answer = Answer(
                item.order.channel_order_id,
                row.outcome,
                row.order_id if row.outcome == "accepted" else 0,
                row.detail,
                "",
                row.dispatch_by_at if row.outcome == "accepted" else None,
                row.deliver_by_at if row.outcome == "accepted" else None,
            )
    first: dict[tuple[str, str], Item] = {}
    for item in items:
        twin = first.setdefault((item.order.channel, item.order.channel_order_id), item)
        if twin is item or item.answer is not None:
            continue
        if twin.sha256 == item.sha256:
            item.twin = twin
        else:
            item.answer = refusal(item, "key_reused", reused, "/channel_order_id")
