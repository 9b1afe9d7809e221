"""Cancel orders, whole or one fulfilment order of them, up to the moment the floor has them."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.lifecycle.advance import Advanced, Subject, move
from penstock.orders.archived import archived_of
from penstock.orders.withdraw import Release, withdraw

Fault = Literal["seller", "buyer", "platform", "carrier"]
"""Whose fault a cancellation is, for the score."""
Uncommit = Callable[[Transaction, Sequence[tuple[int, int]], datetime], Awaitable[None]]
"""Frees what nodes keep for fulfilment orders (merchant_id, id)."""


class Cancelled(msgspec.Struct, frozen=True):
    """What became of the wish to cancel one fulfilment order.

    `cancelled`: now or before; `too_late`: the floor has it, or it has gone (`status` says where
    it is); `archived`: its month is archived, where nothing can be changed; `unknown`: this
    merchant has no such order. Of the last two both ids are the one that was given.
    """

    merchant_id: int
    order_id: int
    fulfilment_order_id: int
    outcome: Literal["cancelled", "too_late", "archived", "unknown"]
    status: str


class PartOfOrder(msgspec.Struct, frozen=True):
    """A fulfilment order of an order that is to be cancelled; id 0 where there is no order."""

    merchant_id: int
    order_id: int
    fulfilment_order_id: int


@query
async def parts_of_orders(
    tx: Transaction, *, merchant_id: int, order_ids: list[int]
) -> list[PartOfOrder]:
    """List the fulfilment orders of orders, the first of each bearing the order's id."""


@query
async def orders_of_parts(
    tx: Transaction, *, merchant_ids: list[int], fulfilment_order_ids: list[int]
) -> list[PartOfOrder]:
    """Find the orders of fulfilment orders."""


@query
async def store_cancellations(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    order_ids: list[int],
    fulfilment_order_ids: list[int],
    reason: str,
    fault: str,
    at: datetime,
) -> None:
    """Store why, and whose fault it was."""


async def cancel(
    tx: Transaction,
    merchant_id: int,
    order_ids: Sequence[int],
    reason: str,
    fault: Fault,
    now: datetime,
    *,
    release: Release,
    uncommit: Uncommit,
) -> list[Cancelled]:
    """Cancel all that can be cancelled of `order_ids`; one answer a fulfilment order.

    Their reserved stock is for sale again and their nodes keep nothing for them. Cancelling
    again changes nothing. Answers come by order as given, then by fulfilment order.
    """
    done: dict[PartOfOrder, Cancelled] = {}
    while True:
        # Whoever held an order's lock may have split it; what was split off is cancelled as well.
        parts = await parts_of_orders(tx, merchant_id=merchant_id, order_ids=list(order_ids))
        new = [part for part in parts if part not in done]
        if not new:
            return await _say_archived(tx, [done[part] for part in parts])
        answers = await _cancel(tx, new, reason, fault, now, release, uncommit)
        done.update(zip(new, answers, strict=True))


async def _say_archived(tx: Transaction, answers: list[Cancelled]) -> list[Cancelled]:
    """Tell what is archived from what never was."""
    unknown = [a.order_id for a in answers if a.outcome == "unknown"]
    archived = set(await archived_of(tx, order_ids=unknown)) if unknown else set()
    return [
        msgspec.structs.replace(a, outcome="archived") if a.order_id in archived else a
        for a in answers
    ]


async def cancel_parts(
    tx: Transaction,
    subjects: Sequence[Subject],
    reason: str,
    fault: Fault,
    now: datetime,
    *,
    release: Release,
    uncommit: Uncommit,
) -> list[Cancelled]:
    """Cancel single fulfilment orders, as when a short pick leaves one without stock."""
    parts = await orders_of_parts(
        tx,
        merchant_ids=[s.merchant_id for s in subjects],
        fulfilment_order_ids=[s.subject_id for s in subjects],
    )
    return await _cancel(tx, parts, reason, fault, now, release, uncommit)


async def _cancel(
    tx: Transaction,
    parts: Sequence[PartOfOrder],
    reason: str,
    fault: Fault,
    now: datetime,
    release: Release,
    uncommit: Uncommit,
) -> list[Cancelled]:
    known = [p for p in parts if p.fulfilment_order_id]
    subjects = [Subject(p.merchant_id, p.fulfilment_order_id) for p in known]
    moves = {(m.merchant_id, m.subject_id): m for m in await move(tx, subjects, "cancelled", now)}
    gone = [p for p in known if moves[p.merchant_id, p.fulfilment_order_id].outcome == "advanced"]
    if gone:
        await store_cancellations(
            tx,
            merchant_ids=[p.merchant_id for p in gone],
            order_ids=[p.order_id for p in gone],
            fulfilment_order_ids=[p.fulfilment_order_id for p in gone],
            reason=reason,
            fault=fault,
            at=now,
        )
        await uncommit(tx, [(p.merchant_id, p.fulfilment_order_id) for p in gone], now)
        await withdraw(tx, [Subject(p.merchant_id, p.order_id) for p in gone], now, release=release)
    return [_answer(p, moves.get((p.merchant_id, p.fulfilment_order_id))) for p in parts]


def _answer(part: PartOfOrder, moved: Advanced | None) -> Cancelled:
    part_id = part.fulfilment_order_id or part.order_id
    if moved is None or moved.outcome == "unknown":
        return Cancelled(part.merchant_id, part.order_id, part_id, "unknown", "")
    done = moved.to_status == "cancelled"
    outcome: Literal["cancelled", "too_late"] = "cancelled" if done else "too_late"
    return Cancelled(part.merchant_id, part.order_id, part_id, outcome, moved.to_status)
