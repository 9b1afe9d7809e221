"""Take an appeal back, or open a decided one again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.experience.appeals.decide_appeal import waiting_orders
from penstock.experience.appeals.moves import AppealStatus, Standing, locked, move_appeal, plain
from penstock.kernel.errors import Conflict, FieldError, Invalid


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """Where an appeal stands now, and how many of its orders wait for a decision."""

    appeal_id: int
    status: AppealStatus
    waiting: int


@query
async def withdraw_orders(tx: Transaction, *, merchant_id: int, appeal_id: int) -> int | None:
    """Give the orders that wait the outcome that stands without this wish; count them."""


@query
async def reopen_orders(
    tx: Transaction, *, merchant_id: int, appeal_id: int, fulfilment_order_ids: list[int] | None
) -> int | None:
    """Let orders wait again, those named or (None) all that were refused; count them."""


async def withdraw_appeal(
    tx: Transaction, merchant_id: int, appeal_id: int, now: datetime, *, because: str, by: str
) -> Settled:
    """Take back what waits; its orders may be appealed anew, or stay as they had been decided.

    One that was taken back already is left as it is.

    Raises:
        NotFound: no such appeal.
        Conflict: nothing of it waits.
        Invalid: no reason is given.

    """
    appeal = await locked(tx, merchant_id, appeal_id)
    said = plain(because, "/because")
    if appeal.status == "withdrawn":
        return Settled(appeal_id=appeal_id, status="withdrawn", waiting=0)
    status = await move_appeal(
        tx, merchant_id, appeal_id, appeal.status, "withdrawn", now, by=by, because=said, told={}
    )
    await withdraw_orders(tx, merchant_id=merchant_id, appeal_id=appeal_id)
    return Settled(appeal_id=appeal_id, status=status, waiting=0)


async def reopen_appeal(
    tx: Transaction,
    merchant_id: int,
    appeal_id: int,
    now: datetime,
    *,
    because: str,
    by: str,
    role: Literal["merchant", "operator"],
    orders: Sequence[int] | None = None,
) -> Settled:
    """Open a decided appeal again: for what was refused, or an operator for any of its `orders`.

    A merchant may do so once and within the channel's term. What had been granted stays set aside
    until it is decided otherwise. One that is open already is left as it is.

    Raises:
        NotFound: no such appeal.
        Conflict: it is not decided, or the merchant's second chance is over or used.
        Invalid: no reason is given, or no order of it can wait again.

    """
    appeal = await locked(tx, merchant_id, appeal_id)
    said = plain(because, "/because")
    if appeal.status == "reopened":
        left = await waiting_orders(tx, merchant_id=merchant_id, appeal_id=appeal_id)
        return Settled(appeal_id=appeal_id, status="reopened", waiting=len(left))
    if role == "merchant":
        _once_more(appeal, appeal_id, now)
        orders = None
    status = await move_appeal(
        tx, merchant_id, appeal_id, appeal.status, "reopened", now, by=by, because=said, told={}
    )
    wanted = None if orders is None else [order for order in orders if abs(order) < 2**63]
    waiting = await reopen_orders(
        tx, merchant_id=merchant_id, appeal_id=appeal_id, fulfilment_order_ids=wanted
    )
    if not waiting or (orders is not None and waiting != len(set(orders))):
        detail = "no order was refused" if orders is None else "name orders of this appeal"
        raise Invalid(detail, errors=(FieldError("/orders", "out_of_range", detail),))
    return Settled(appeal_id=appeal_id, status=status, waiting=waiting)


def _once_more(appeal: Standing, appeal_id: int, now: datetime) -> None:
    if appeal.status != "decided":
        return  # told by the moves
    if appeal.again_by_at is None:
        raise Conflict(f"appeal {appeal_id} is decided for good: there is no second one")
    if now > appeal.again_by_at:
        raise Conflict(f"appeal {appeal_id} could be opened again until {appeal.again_by_at:%F %R}")
