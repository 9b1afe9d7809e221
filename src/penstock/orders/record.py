"""Write what receipt decided: promised, stored, counted, reserved, and brought to life."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from penstock.db.transaction import Transaction
from penstock.orders.decide import Decision, PoolSku
from penstock.orders.item import Answer, Item
from penstock.orders.pay import store_unpaid
from penstock.orders.ports import Admission, Ports, Promise
from penstock.orders.store import Decided, columns_of

_ENCODE = msgspec.json.Encoder().encode
_FULL = {
    "daily_cap": "the merchant's cap of orders for today is full",
    "tier": "the merchant's tier allows no more orders today",
    "volume_limit": "the merchant's volume is limited because of its score",
}
Taken = dict[int, tuple[int, tuple[tuple[int, int], ...]]]
"""By the identity of an accepted item of a stream: its order id, and (sku_id, units) a line."""


async def record(
    tx: Transaction,
    merchant_id: int,
    items: Sequence[Item],
    decisions: Sequence[Decision],
    now: datetime,
    admission: Admission,
    ports: Ports,
) -> Taken:
    """Write the decisions on one merchant's items, whose stock and day are locked, in one go."""
    if not items:
        return {}
    days = _days_later(items, decisions, admission, ports)
    if any(days):
        date_by_sla(items, ports.promise, days)
    order_ids = admission.order_ids[: len(items)]
    decided = list(zip(items, decisions, order_ids, strict=True))
    for item, decision, order_id in decided:
        item.answer = _answer(item, decision, order_id, admission)
    accepted = [one for one in decided if one[1].outcome == "accepted"]
    events, due_at = _born(decided, now, admission)
    columns = columns_of(decided, events)
    await ports.write(
        tx,
        merchant_id=merchant_id,
        at=now,
        day=now.date(),
        orders=len(accepted),
        handled=_ENCODE(handled).decode() if (handled := admission.handling.handled) else "",
        kind="fulfilment_order",
        due_at=due_at,
        **columns,
        merchant_ids=[merchant_id] * len(columns["events"]),
    )
    later = dict(zip(order_ids, days, strict=True)) if any(days) else {}
    await _on_terms(tx, merchant_id, accepted, later, now, ports, admission)
    return {
        id(item): (order_id, _taken_lines(item, decision))
        for item, decision, order_id in accepted
        if item.stream_id is not None
    }


def _taken_lines(item: Item, decision: Decision) -> tuple[tuple[int, int], ...]:
    return tuple((sku_id, got + waits) for (_, sku_id), got, waits in _granted(item, decision))


def _days_later(
    items: Sequence[Item], decisions: Sequence[Decision], admission: Admission, ports: Ports
) -> list[int]:
    """Return by how many days each is due later because the day's capacity is full.

    Accepted orders are counted by it in their order.
    """
    handling = admission.handling
    days = [0] * len(items)
    if not handling.declared:
        return days
    for i, (item, decision) in enumerate(zip(items, decisions, strict=True)):
        if decision.outcome != "accepted":
            continue
        position, capacity = handling.take(
            pool_id for (pool_id, _), got, waits in _granted(item, decision) if got + waits
        )
        rule = admission.terms.capacity(item.order.channel)
        if rule is not None:
            days[i] = ports.extend(
                position, capacity, days_per_fill=rule.days_per_fill, days_max=rule.days_max
            )
    return days


def _granted(item: Item, decision: Decision) -> Iterable[tuple[PoolSku, int, int]]:
    """Return for each line its place, the units reserved, and those that wait for stock."""
    return zip(item.places, decision.reserved, decision.backordered, strict=True)


def date_by_sla(items: Sequence[Item], promise: Promise, days_later: Sequence[int] = ()) -> None:
    """Date items by their SLAs, in one go those of one SLA and country: they share arithmetic."""
    lanes: dict[tuple[str, str], list[int]] = {}
    for i, item in enumerate(items):
        lanes.setdefault((item.sla, item.order.ship_to.country), []).append(i)
    for (sla, country), lane in lanes.items():
        later = [days_later[i] for i in lane] if days_later else []
        dates = promise(sla, country, [items[i].paid_at for i in lane], later)
        for i, dated in zip(lane, dates, strict=True):
            items[i].dated = dated


def _born(
    decided: Sequence[Decided], now: datetime, admission: Admission
) -> tuple[list[str], list[datetime | None]]:
    """Return by which event each comes to life and from when a worker may act; refused: by none.

    An unpaid order waits for its payment, a short one for stock, others for their hold, if that
    is not over: None is at once.
    """
    events: list[str] = []
    due_at: list[datetime | None] = []
    holds = {channel: admission.terms.hold(channel, admission.hold)
             for channel in {item.order.channel for item, _, _ in decided}}  # fmt: skip
    for item, decision, _ in decided:
        if decision.outcome != "accepted":
            events.append("")
            due_at.append(None)
        elif item.expires_at is not None:
            events.append("received_unpaid")
            due_at.append(item.expires_at)
        else:
            until = item.paid_at + holds[item.order.channel]
            born = "received_on_hold" if until > now else "received"
            events.append("received_short" if any(decision.backordered) else born)
            due_at.append(until if until > now else None)
    return events, due_at


async def _on_terms(
    tx: Transaction,
    merchant_id: int,
    accepted: Sequence[Decided],
    days: dict[int, int],
    now: datetime,
    ports: Ports,
    admission: Admission,
) -> None:
    """Keep the terms of what is not paid, and tell whose order is due later than usual."""
    unpaid = [(item, i, item.expires_at) for item, _, i in accepted if item.expires_at is not None]
    if unpaid:
        await store_unpaid(
            tx,
            merchant_id=merchant_id,
            order_ids=[order_id for _, order_id, _ in unpaid],
            expires_at=[expires_at for _, _, expires_at in unpaid],
            holds=[admission.terms.hold(x.order.channel, admission.hold) for x, _, _ in unpaid],
            slas=[item.sla for item, _, _ in unpaid],
            extra_days=[days.get(order_id, 0) for _, order_id, _ in unpaid],
        )
    later = [
        (order_id, days[order_id], item.dated.dispatch_by_at, item.dated.deliver_by_at)
        for item, _, order_id in accepted
        if days.get(order_id) and item.dated is not None
    ]
    if later:
        await ports.tell_extended(tx, merchant_id, later, now)


def _answer(item: Item, decision: Decision, order_id: int, admission: Admission) -> Answer:
    key = item.order.channel_order_id
    pointer = "" if decision.short_line < 0 else f"/lines/{decision.short_line}"
    if decision.outcome == "accepted":
        assert item.dated is not None
        said = ["only what was available was taken"] if pointer else []
        if item.expires_at is not None:
            until = f"{item.expires_at:%Y-%m-%d %H:%M:%S} UTC"
            said.append(f"reserved until {until}, to be paid by then")
        detail = "; ".join(said)
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
        return Answer(key, "daily_cap_reached", 0, _FULL[admission.limited_by])
    sku = item.order.lines[decision.short_line].sku
    return Answer(key, "insufficient_stock", 0, f"not enough stock of {sku!r}", pointer)
