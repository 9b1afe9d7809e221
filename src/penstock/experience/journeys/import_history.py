"""Take in orders that another system fulfilled, so that they can be scored like our own."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.experience.journeys.past_order import PastOrder


class Written(msgspec.Struct, frozen=True):
    """How many journeys were new, and how many were known and have changed."""

    added: int
    changed: int


class Imported(msgspec.Struct, frozen=True):
    """How many past orders were new, changed, and known as they are."""

    added: int
    changed: int
    unchanged: int


@query
async def import_history(
    tx: Transaction,
    *,
    source: str,
    merchant_ids: Sequence[int],
    fulfilment_order_ids: Sequence[int],
    order_refs: Sequence[str],
    markets: Sequence[str],
    ordered_at: Sequence[datetime],
    paid_at: Sequence[datetime | None],
    dispatch_by_at: Sequence[datetime | None],
    deliver_by_at: Sequence[datetime | None],
    dispatched_at: Sequence[datetime | None],
    delivered_at: Sequence[datetime | None],
    cancelled_at: Sequence[datetime | None],
    cancel_faults: Sequence[str | None],
    review_scores: Sequence[int | None],
) -> list[Written]:
    """Write journeys given by parallel arrays; what they say wins over what was imported before."""


async def import_past_orders(
    tx: Transaction, source: str, orders: Sequence[tuple[int, PastOrder]]
) -> Imported:
    """Write a batch of (merchant, past order); the same batch again changes nothing.

    The merchants must exist. Of several rows of one order the last counts. A few thousand rows a
    batch keep the transaction short.
    """
    latest = {(merchant, order.order_ref): order for merchant, order in orders}
    rows = [(merchant, order) for (merchant, _), order in latest.items()]
    written = await import_history(
        tx,
        source=source,
        merchant_ids=[merchant for merchant, _ in rows],
        fulfilment_order_ids=[past_order_id(source, order.order_ref) for _, order in rows],
        order_refs=[order.order_ref for _, order in rows],
        markets=[order.market for _, order in rows],
        ordered_at=[order.ordered_at for _, order in rows],
        paid_at=[order.paid_at for _, order in rows],
        dispatch_by_at=[order.dispatch_by_at for _, order in rows],
        deliver_by_at=[order.deliver_by_at for _, order in rows],
        dispatched_at=[order.dispatched_at for _, order in rows],
        delivered_at=[order.delivered_at for _, order in rows],
        cancelled_at=[order.cancelled_at for _, order in rows],
        cancel_faults=[order.cancel_fault for _, order in rows],
        review_scores=[order.review_score for _, order in rows],
    )
    (result,) = written
    return Imported(result.added, result.changed, len(orders) - result.added - result.changed)


def past_order_id(source: str, order_ref: str) -> int:
    """Return the identity of a past order: negative, so that it is never one of our own.

    It is derived from what the source calls the order, so that a second import finds the first.
    """
    digest = hashlib.sha256(f"{source}\0{order_ref}".encode()).digest()
    return -1 - (int.from_bytes(digest[:8]) >> 1)
