"""Receipt: the synchronous transaction. Accepted means reserved and durable."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import msgspec

from penstock.channels.order import NewOrder
from penstock.db.transaction import Transaction
from penstock.lifecycle.advance import create, new_ids
from penstock.orders.decide import Ask, Decision, PoolSku, decide
from penstock.orders.item import Answer, Dated, Item, answers_of, digest, refusal, still_open
from penstock.orders.known import answer_known
from penstock.orders.look import look_up
from penstock.orders.place import resolve
from penstock.orders.sold_out import SoldOut
from penstock.orders.store import store_decided


class Admission(Protocol):
    """The merchant's standing today."""

    @property
    def status(self) -> str:
        """`approved`, or why it may not sell."""
        ...

    @property
    def orders_left(self) -> int:
        """Orders that the cap still allows today."""
        ...

    @property
    def hold(self) -> timedelta:
        """The remorse hold before allocation."""
        ...


Promise = Callable[[str, str, Sequence[datetime]], Sequence[Dated]]
"""(SLA code, country, times of payment) to one dated promise each."""


class Wanted(msgspec.Struct, frozen=True):
    """An order that asks, and the Idempotency-Key and digest of the request that brought it."""

    order: NewOrder
    key: str = ""
    body_sha256: bytes = b""


class Ports(msgspec.Struct, frozen=True):
    """What receipt needs of other stages, handed in by `journey.py`."""

    admission: Callable[[Transaction, int, datetime], Awaitable[Admission | None]]
    count: Callable[[Transaction, int, datetime, int], Awaitable[None]]
    lock_stock: Callable[[Transaction, int, set[PoolSku]], Awaitable[dict[PoolSku, int]]]
    take_stock: Callable[
        [Transaction, int, Sequence[tuple[int, int, int, int, int]], datetime], Awaitable[None]
    ]
    bodies_of: Callable[
        [Transaction, int, Sequence[str], Sequence[bytes], datetime], Awaitable[dict[str, bytes]]
    ]
    promise: Promise
    archive_folder: Path | None = None


async def receive(
    tx: Transaction,
    merchant_id: int,
    wanted: Sequence[Wanted],
    now: datetime,
    ports: Ports,
    sold_out: SoldOut,
) -> list[Answer]:
    """Take one merchant's orders in the order given: dedupe, reserve, store; one answer each.

    The orders are valid in themselves (`validate`). The same order twice, in this batch or ever
    before, gets its first answer; the same key with another body is `key_reused`. What `sold_out`
    remembers is refused without a lock, and without a record: it may be sent again.
    """
    items = [Item(w.order, digest(w.order), w.order.paid_at or w.order.ordered_at) for w in wanted]
    await _answer_reused(tx, merchant_id, wanted, items, now, ports)
    found = await look_up(tx, merchant_id, items)
    await answer_known(merchant_id, items, found.known, ports.archive_folder)
    for item in still_open(items):
        line = sold_out.line_of(merchant_id, item.order, now)
        if line >= 0:
            item.answer = _sold_out(item, line)
    if not still_open(items):
        return answers_of(items)
    admission = await ports.admission(tx, merchant_id, now)
    if admission is None or admission.status != "approved":
        for item in still_open(items):
            item.answer = refusal(item, "merchant_not_approved", "the merchant may not sell yet")
        return answers_of(items)
    resolve(still_open(items), found)
    asking = still_open(items)
    if asking:
        asks = [
            Ask(
                item.order.policy,
                item.places,
                tuple([line.quantity for line in item.order.lines]),
            )
            for item in asking
        ]
        wanted = {place for ask in asks for place in ask.places}
        available = await ports.lock_stock(tx, merchant_id, wanted)
        decisions = decide(asks, available, admission.orders_left)
        for item, decision in zip(asking, decisions, strict=True):
            short = decision.short_line
            if short >= 0 and not available.get(item.places[short]):
                sold_out.note(merchant_id, item.order, short, now)
        await _write(tx, merchant_id, asking, decisions, now, admission, ports)
    return answers_of(items)


async def _answer_reused(
    tx: Transaction,
    merchant_id: int,
    wanted: Sequence[Wanted],
    items: Sequence[Item],
    now: datetime,
    ports: Ports,
) -> None:
    """Refuse what comes under an Idempotency-Key that stands for another body."""
    keyed = [(w, item) for w, item in zip(wanted, items, strict=True) if w.key]
    if not keyed:
        return
    keys = [w.key for w, _ in keyed]
    said = await ports.bodies_of(tx, merchant_id, keys, [w.body_sha256 for w, _ in keyed], now)
    for w, item in keyed:
        if said[w.key] != w.body_sha256:
            detail = "this Idempotency-Key was used before with a different body"
            item.answer = refusal(item, "key_reused", detail)


async def _write(
    tx: Transaction,
    merchant_id: int,
    items: Sequence[Item],
    decisions: Sequence[Decision],
    now: datetime,
    admission: Admission,
    ports: Ports,
) -> None:
    _promise(items, ports.promise)
    ids = await new_ids(tx, count=len(items), at=now)
    decided = list(zip(items, decisions, ids, strict=True))
    for item, decision, order_id in decided:
        item.answer = _answer(item, decision, order_id)
    await store_decided(tx, merchant_id, decided, now)
    accepted = [(i, d, order_id) for i, d, order_id in decided if d.outcome == "accepted"]
    if not accepted:
        return
    await ports.count(tx, merchant_id, now, len(accepted))
    takes = [
        (order_id, line_no, pool_id, sku_id, units)
        for item, decision, order_id in accepted
        for line_no, ((pool_id, sku_id), units) in enumerate(
            zip(item.places, decision.reserved, strict=True)
        )
        if units
    ]
    await ports.take_stock(tx, merchant_id, takes, now)
    born = "received_on_hold" if admission.hold else "received"
    await create(
        tx,
        kind="fulfilment_order",
        merchant_ids=[merchant_id] * len(accepted),
        subject_ids=[order_id for _, _, order_id in accepted],
        events=["received_short" if any(d.backordered) else born for _, d, _ in accepted],
        due_at=now + admission.hold,
        at=now,
    )


def _promise(items: Sequence[Item], promise: Promise) -> None:
    """Date the items, those of one SLA and country in one go, for they share the arithmetic."""
    lanes: dict[tuple[str, str], list[Item]] = {}
    for item in items:
        lanes.setdefault((item.sla, item.order.ship_to.country), []).append(item)
    for (sla, country), lane in lanes.items():
        dates = promise(sla, country, [item.paid_at for item in lane])
        for item, dated in zip(lane, dates, strict=True):
            item.dated = dated


def _sold_out(item: Item, line: int) -> Answer:
    sku = item.order.lines[line].sku
    detail = f"{sku!r} is sold out; nothing was recorded, so this order may be sent again"
    return refusal(item, "sold_out", detail, f"/lines/{line}/sku")


def _answer(item: Item, decision: Decision, order_id: int) -> Answer:
    key = item.order.channel_order_id
    pointer = "" if decision.short_line < 0 else f"/lines/{decision.short_line}"
    if decision.outcome == "accepted":
        assert item.dated is not None
        detail = "" if not pointer else "only what was available was taken"
        return Answer(
            key,
            "accepted",
            order_id,
            detail,
            pointer,
            item.dated.dispatch_by_at,
            item.dated.deliver_by_at,
        )
    if decision.outcome == "daily_cap_reached":
        return Answer(key, "daily_cap_reached", 0, "the merchant's cap of orders for today is full")
    sku = item.order.lines[decision.short_line].sku
    return Answer(key, "insufficient_stock", 0, f"not enough stock of {sku!r}", pointer)
