"""Receipt: the synchronous transaction. Accepted means reserved and durable."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from penstock.channels.order import NewOrder
from penstock.db.transaction import Transaction
from penstock.orders.decide import decide
from penstock.orders.item import Answer, Item, answers_of, digest, refusal, still_open
from penstock.orders.known import answer_known, tie
from penstock.orders.look import Look, look_up
from penstock.orders.pay import Payment, pay
from penstock.orders.place import resolve
from penstock.orders.ports import Admission, Passage, Ports
from penstock.orders.record import Taken, date_by_sla, record
from penstock.orders.sold_out import SoldOut
from penstock.orders.store import write_down

HELD_BACK = {
    "paused": "no orders are taken here for the moment; send it again later",
    "throttled": "orders come faster than they are let in; send it again in a minute",
    "stream_cap_reached": "all that was to be sold here has been sold",
    "buyer_limit_reached": "this buyer has as many units as one buyer may have",
    "ticket_required": "this is sold by ticket: draw one for the stream and send it with the order",
}
"""Why a stream did not let an order through. None is recorded, so each may be sent again."""


class Wanted(msgspec.Struct, frozen=True):
    """An order that asks, and the Idempotency-Key and digest of the request that brought it."""

    order: NewOrder
    key: str = ""
    body_sha256: bytes = b""


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
    before, gets its first answer; the same key with another body is `key_reused`, unless all that
    is new in it is its payment, which is then taken. What `sold_out` remembers is refused without
    a lock, and without a record: it may be sent again.
    """
    items = [Item(w.order, digest(w.order), w.order.paid_at or w.order.ordered_at) for w in wanted]
    await _answer_reused(tx, merchant_id, wanted, items, now, ports)
    found = await look_up(tx, merchant_id, items)
    paid = await answer_known(merchant_id, items, found.known, ports.archive_folder)
    if paid:
        await _pay(tx, merchant_id, paid, now, ports)
    for item in still_open(items):
        line = sold_out.line_of(merchant_id, item.order, now)
        if line >= 0:
            item.answer = _sold_out(item, line)
    asking = still_open(items)
    if not asking:
        return answers_of(items)
    _prepare(asking, found, ports)
    admission = await ports.admission(tx, merchant_id, now, len(items))
    if admission is None or admission.status != "approved":
        for item in asking:
            item.answer = refusal(item, "merchant_not_approved", "the merchant may not sell yet")
        return answers_of(items)
    _refuse_unpaid(items, admission, found, now, ports)
    streamed = [item for item in still_open(items) if item.stream_id is not None]
    passage = await _let_through(tx, merchant_id, streamed, now, ports) if streamed else None
    asking = still_open(items)
    taken = await _decide(tx, merchant_id, asking, now, admission, ports, sold_out)
    if passage is not None:
        await passage.count(tx, [taken.get(id(item), (0, ())) for item in streamed], now)
    paid = [(i, first) for i in items if (first := i.to_pay) and first.outcome == "accepted"]
    if paid:
        await _pay(tx, merchant_id, paid, now, ports)
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


async def _pay(
    tx: Transaction,
    merchant_id: int,
    paid: Sequence[tuple[Item, Answer]],
    now: datetime,
    ports: Ports,
) -> None:
    """Take the payments that came with orders which were received unpaid, each once."""
    payments = [Payment(order_id=first.order_id, paid_at=item.paid_at) for item, first in paid]
    answers = await pay(tx, merchant_id, payments, now, promise=ports.promise)
    dated = {answer.order_id: answer for answer in answers if answer.outcome == "paid"}
    for (item, first), answer in zip(paid, answers, strict=True):
        if answer.outcome not in {"paid", "repeated"}:
            item.answer = refusal(item, answer.outcome, answer.detail)
            continue
        dates = dated.get(answer.order_id, first)
        item.answer = msgspec.structs.replace(
            first,
            detail="",
            dispatch_by_at=dates.dispatch_by_at,
            deliver_by_at=dates.deliver_by_at,
        )


def _prepare(items: Sequence[Item], found: Look, ports: Ports) -> None:
    """Do what no decision changes before the lock, at which the merchant's next batch waits."""
    resolve(items, found)
    resolved = still_open(items)
    date_by_sla(resolved, ports.promise)
    write_down(resolved)


def _refuse_unpaid(
    items: Sequence[Item], admission: Admission, found: Look, now: datetime, ports: Ports
) -> None:
    """Give unpaid orders the time that their stock is kept for them, or refuse them.

    What was to pay a refused one is then the first of its order that asks.
    """
    for item in still_open(items):
        order = item.order
        if order.paid_at is not None:
            continue
        kept = admission.terms.reservation(order.channel, order.stream)
        if kept:
            item.expires_at = now + kept
        else:
            detail = "the order is not paid yet; send it again, with paid_at, when it is"
            item.answer = refusal(item, "not_paid", detail, "/paid_at")
    later = [i for i in items if (first := i.to_pay) and first.outcome == "not_paid"]
    for item in later:
        item.twin = None
    if later:
        tie(later)
        _prepare(still_open(later), found, ports)


async def _let_through(
    tx: Transaction, merchant_id: int, items: Sequence[Item], now: datetime, ports: Ports
) -> Passage:
    """Ask the streams; what they hold back is refused, and not recorded."""
    asking = [(item.stream_id, item.lines, item.order.buyer_id, item.order.tickets)
              for item in items]  # fmt: skip
    passage = await ports.let_through(tx, merchant_id, asking, now)
    for item, verdict in zip(items, passage.verdicts, strict=True):
        if verdict.outcome:
            pointer = "" if verdict.line < 0 else f"/lines/{verdict.line}/sku"
            item.answer = refusal(item, verdict.outcome, HELD_BACK[verdict.outcome], pointer)
    return passage


async def _decide(
    tx: Transaction,
    merchant_id: int,
    items: Sequence[Item],
    now: datetime,
    admission: Admission,
    ports: Ports,
    sold_out: SoldOut,
) -> Taken:
    """Lock the stock of those who were let through, share it out, and record what came of it."""
    asks = [item.kind.ask for item in items]
    places = {place for ask in set(asks) for place in ask.places}
    available = await ports.lock_stock(tx, merchant_id, places) if places else {}
    decisions = decide(asks, available, admission.orders_left)
    for item, decision in zip(items, decisions, strict=True):
        short = decision.short_line
        if short >= 0 and not available.get(item.places[short]):
            sold_out.note(merchant_id, item.order, short, now)
    return await record(tx, merchant_id, items, decisions, now, admission, ports)


def _sold_out(item: Item, line: int) -> Answer:
    sku = item.order.lines[line].sku
    detail = f"{sku!r} is sold out; nothing was recorded, so this order may be sent again"
    return refusal(item, "sold_out", detail, f"/lines/{line}/sku")
