"""A merchant says how many orders a day it, or one of its nodes, can handle."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import msgspec

from penstock.db.outbox import announce
from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.kernel.errors import FieldError, Invalid
from penstock.merchants.growth.in_force import policies_in_force
from penstock.merchants.growth.policy import Capacity

TOPIC = "merchants.capacity_declared"
ORDERS_MAX = 10_000_000


class HandlingCapacity(msgspec.Struct, frozen=True, kw_only=True):
    """So many `orders` a UTC day (None: none is declared) from a day on, at a node.

    `node_id` 0 is the merchant as a whole, which goes before the sum of its nodes.
    """

    orders: int | None
    effective_from: date
    because: str
    effective_to: date | None = None
    node_id: int = 0


@query
async def known_nodes(tx: Transaction, *, merchant_id: int, node_ids: list[int]) -> list[int]:
    """Tell at which of these nodes the merchant's stock lies."""


@query
async def store_capacities(
    tx: Transaction,
    *,
    merchant_id: int,
    node_ids: list[int],
    orders: list[int | None],
    effective_from: list[date],
    effective_to: list[date | None],
    because: list[str],
    declared_by: str,
    declared_at: datetime,
) -> int | None:
    """Insert declarations or replace those of the same first day; count new or changed ones."""


async def declare_capacity(
    tx: Transaction,
    merchant_id: int,
    capacities: Sequence[HandlingCapacity],
    now: datetime,
    *,
    by: str,
) -> int:
    """Store what a merchant declares; return how many declarations are new or changed.

    Of several that cover a day, the one that began last holds.

    Raises:
        Invalid: a number is out of range, the notice is too short, a node has none of the
            merchant's stock, or a node and first day are said twice.

    """
    rules = await policies_in_force(tx, "capacity", now.date())
    notice = max((rule.notice_days for rule in rules if isinstance(rule, Capacity)), default=0)
    nodes = set(
        await known_nodes(
            tx, merchant_id=merchant_id, node_ids=sorted({c.node_id for c in capacities})
        )
    )
    if wrong := problems(capacities, now.date() + timedelta(days=notice), nodes | {0}):
        raise Invalid(errors=wrong)
    changed = await store_capacities(
        tx,
        merchant_id=merchant_id,
        node_ids=[c.node_id for c in capacities],
        orders=[c.orders for c in capacities],
        effective_from=[c.effective_from for c in capacities],
        effective_to=[c.effective_to for c in capacities],
        because=[c.because for c in capacities],
        declared_by=by,
        declared_at=now,
    )
    if changed:
        await announce(
            tx,
            topic=TOPIC,
            merchant_ids=[merchant_id],
            subject_ids=[0],
            at=now,
            payloads=[msgspec.json.encode({"capacities": capacities}).decode()],
        )
    return changed or 0


def problems(
    capacities: Sequence[HandlingCapacity], earliest: date, nodes: set[int]
) -> tuple[FieldError, ...]:
    """Return every rule that the declarations break; `earliest` is the first day with notice."""
    wrong = []
    seen: set[tuple[int, date]] = set()
    for i, c in enumerate(capacities):
        place = f"/capacities/{i}"
        if c.orders is not None and not 0 <= c.orders <= ORDERS_MAX:
            detail = f"use a whole number from 0 to {ORDERS_MAX}, or null for none"
            wrong.append(FieldError(f"{place}/orders", "out_of_range", detail))
        if c.effective_from < earliest:
            detail = f"it can begin on {earliest} at the earliest: deadlines given stay"
            wrong.append(FieldError(f"{place}/effective_from", "too_short_notice", detail))
        if c.effective_to is not None and c.effective_to < c.effective_from:
            detail = f"it ends before it begins, on {c.effective_from}"
            wrong.append(FieldError(f"{place}/effective_to", "ends_too_early", detail))
        if c.node_id not in nodes:
            detail = f"the merchant has no stock at node {c.node_id}; use 0 for all of it"
            wrong.append(FieldError(f"{place}/node_id", "unknown_node", detail))
        if not c.because.strip() or not c.because.isprintable():
            wrong.append(FieldError(f"{place}/because", "required", "say in one line why"))
        if (c.node_id, c.effective_from) in seen:
            detail = "this node and first day are there already; say them once"
            wrong.append(FieldError(f"{place}/effective_from", "said_twice", detail))
        seen.add((c.node_id, c.effective_from))
    return tuple(wrong)
