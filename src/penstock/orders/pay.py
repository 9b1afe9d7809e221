"""Payment of orders that were received unpaid: they go on, unless they have expired."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Literal, Protocol

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.lifecycle.advance import Advanced, advance
from penstock.orders.expire import EXPIRED
from penstock.orders.validate import AHEAD_MAX, BEHIND_MAX

REFERENCE_LENGTH = 255


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """What was paid when; `reference` is the payer's own, for those who look it up later."""

    order_id: int
    paid_at: datetime
    reference: str = ""


class Paid(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one payment; the dates are those of the promise that it begins.

    `paid`: the order goes on. `repeated`: it was paid before, and that payment stands. `expired`,
    `cancelled`: too late, its stock is given back; refund it, or send a new order. `unknown`: the
    merchant has no such order. `invalid`: `detail` says why.
    """

    order_id: int
    outcome: Literal["paid", "repeated", "expired", "cancelled", "unknown", "invalid"]
    status: str = ""
    detail: str = ""
    dispatch_by_at: datetime | None = None
    deliver_by_at: datetime | None = None


class Dates(Protocol):
    """A promise: handed over by, delivered by."""

    @property
    def dispatch_by_at(self) -> datetime:
        """The last second for hand-over."""
        ...

    @property
    def deliver_by_at(self) -> datetime:
        """The last second for delivery."""
        ...


Promise = Callable[[str, str, Sequence[datetime], Sequence[int]], Sequence[Dates]]
"""(SLA code, country, times of payment, days of extension) to one dated promise each."""


class Unpaid(msgspec.Struct, frozen=True):
    """An order that was received unpaid, with the terms of that moment; they never change."""

    order_id: int
    country: str
    hold: timedelta
    sla: str
    extra_days: int
    short: bool


class Settled(msgspec.Struct, frozen=True):
    """Where an order stands, whether it is paid, and what ended it if something has."""

    order_id: int
    status: str
    paid: bool
    ended_because: str


@query
async def store_unpaid(
    tx: Transaction,
    *,
    merchant_id: int,
    order_ids: list[int],
    expires_at: list[datetime],
    holds: list[timedelta],
    slas: list[str],
    extra_days: list[int],
) -> None:
    """Store the terms of orders that are received unpaid; receipt calls it."""


@query
async def unpaid(tx: Transaction, *, merchant_id: int, order_ids: list[int]) -> list[Unpaid]:
    """Find which orders were received unpaid."""


@query
async def store_payments(
    tx: Transaction,
    *,
    merchant_id: int,
    order_ids: list[int],
    references: list[str],
    paid_at: list[datetime],
    dispatch_by_at: list[datetime],
    deliver_by_at: list[datetime],
    confirmed_at: datetime,
) -> None:
    """Write payments and the promises that they begin; who moved the orders calls it."""


@query
async def settled(tx: Transaction, *, merchant_id: int, order_ids: list[int]) -> list[Settled]:
    """Tell where orders stand."""


async def pay(
    tx: Transaction,
    merchant_id: int,
    payments: Sequence[Payment],
    now: datetime,
    *,
    promise: Promise,
) -> list[Paid]:
    """Confirm payments of one merchant's orders; one answer each, in order. Twice is once.

    The move out of `reserved` decides: of a payment, a cancellation and the expiry that come
    together exactly one gets it. A payment that comes after the expiry's time and before the
    expiry is in time, for the stock is still there. Deadlines count from the payment; the remorse
    hold begins with it.
    """
    answers = {i: _invalid(p, d) for i, p in enumerate(payments) if (d := _problem(p, now))}
    first: dict[int, Payment] = {}
    for i, p in enumerate(payments):
        if i not in answers:
            first.setdefault(p.order_id, p)
    known = {u.order_id: u for u in await unpaid(tx, merchant_id=merchant_id, order_ids=[*first])}
    due = [(known[order_id], p) for order_id, p in first.items() if order_id in known]
    moved = await _go_on(tx, merchant_id, due, now)
    paid = [(u, p) for (u, p), m in zip(due, moved, strict=True) if m.outcome == "advanced"]
    dates = await _store(tx, merchant_id, paid, now, promise)
    stands = {s.order_id: s for s in await settled(tx, merchant_id=merchant_id, order_ids=[*first])}
    for i, p in enumerate(payments):
        if i not in answers:
            fresh = dates.get(p.order_id) if first[p.order_id] is p else None
            answers[i] = _answer(p.order_id, stands.get(p.order_id), fresh)
    return [answers[i] for i in range(len(payments))]


async def _go_on(
    tx: Transaction, merchant_id: int, due: Sequence[tuple[Unpaid, Payment]], now: datetime
) -> list[Advanced]:
    """Move what is still reserved: to wait for stock, to be held, or to be allocated."""
    if not due:
        return []
    held_until = [p.paid_at + u.hold for u, p in due]
    return await advance(
        tx,
        merchant_ids=[merchant_id] * len(due),
        subject_ids=[u.order_id for u, _ in due],
        events=[
            "paid_short" if u.short else "paid_on_hold" if until > now else "paid"
            for (u, _), until in zip(due, held_until, strict=True)
        ],
        due_at=[
            None if u.short else max(until, now)
            for (u, _), until in zip(due, held_until, strict=True)
        ],
        at=[now] * len(due),
    )


async def _store(
    tx: Transaction,
    merchant_id: int,
    paid: Sequence[tuple[Unpaid, Payment]],
    now: datetime,
    promise: Promise,
) -> dict[int, Dates]:
    """Promise anew from the payment, those of one SLA and country in one go, and write it."""
    lanes: dict[tuple[str, str], list[tuple[Unpaid, Payment]]] = {}
    for u, p in paid:
        lanes.setdefault((u.sla, u.country), []).append((u, p))
    dates: dict[int, Dates] = {}
    for (sla, country), lane in lanes.items():
        given = promise(sla, country, [p.paid_at for _, p in lane], [u.extra_days for u, _ in lane])
        dates |= {u.order_id: d for (u, _), d in zip(lane, given, strict=True)}
    if paid:
        await store_payments(
            tx,
            merchant_id=merchant_id,
            order_ids=[u.order_id for u, _ in paid],
            references=[p.reference for _, p in paid],
            paid_at=[p.paid_at for _, p in paid],
            dispatch_by_at=[dates[u.order_id].dispatch_by_at for u, _ in paid],
            deliver_by_at=[dates[u.order_id].deliver_by_at for u, _ in paid],
            confirmed_at=now,
        )
    return dates


def _answer(order_id: int, stands: Settled | None, dates: Dates | None) -> Paid:
    if stands is None:
        return Paid(order_id, "unknown")
    if dates is not None:
        return Paid(
            order_id,
            "paid",
            stands.status,
            dispatch_by_at=dates.dispatch_by_at,
            deliver_by_at=dates.deliver_by_at,
        )
    if stands.paid:
        return Paid(order_id, "repeated", stands.status)
    if stands.ended_because == EXPIRED:
        return Paid(order_id, "expired", stands.status, "the reservation had expired; refund it")
    return Paid(order_id, "cancelled", stands.status, "the order was cancelled; refund it")


def _problem(payment: Payment, now: datetime) -> str:
    if payment.paid_at.utcoffset() is None:
        return "paid_at needs an offset"
    if not now - BEHIND_MAX <= payment.paid_at <= now + AHEAD_MAX:
        return f"paid_at {payment.paid_at:%Y-%m-%d} is no time at which this was paid; correct it"
    if len(payment.reference) > REFERENCE_LENGTH or not (payment.reference + "x").isprintable():
        return f"use a reference of at most {REFERENCE_LENGTH} printable characters"
    if not 0 < payment.order_id < 2**63:
        return "order_id is the number that receipt has answered"
    return ""


def _invalid(payment: Payment, detail: str) -> Paid:
    return Paid(payment.order_id, "invalid", detail=detail)
