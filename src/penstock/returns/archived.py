"""An order that is archived is told from one that never was: nothing of it can come back."""

from collections.abc import Sequence

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.returns.returnable import NewReturn, ReturnAnswer, refused


@query
async def archived(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    order_ids: list[int],
    channels: list[str],
    channel_order_ids: list[str],
    fulfilment_order_ids: list[int],
) -> list[int]:
    """Find the requests, by their place from 0, whose order is of a month that is archived."""


async def say_archived(
    tx: Transaction, asking: Sequence[tuple[int, NewReturn]], answers: dict[int, ReturnAnswer]
) -> None:
    """Answer `archived` where `unknown_order` would not be the truth; `asking` has their places."""
    lost = [(i, w) for i, w in asking if i in answers and answers[i].outcome == "unknown_order"]
    if not lost:
        return
    found = await archived(
        tx,
        merchant_ids=[w.merchant_id for _, w in lost],
        order_ids=[w.order_id for _, w in lost],
        channels=[w.channel for _, w in lost],
        channel_order_ids=[w.channel_order_id for _, w in lost],
        fulfilment_order_ids=[w.fulfilment_order_id for _, w in lost],
    )
    for position in found:
        i, wanted = lost[position]
        detail = "the order is archived: its time for returns is over"
        answers[i] = refused(wanted, "archived", detail)
