"""Decide an appeal, order by order: what is granted no longer counts, from that moment on."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.experience.appeals.moves import AppealStatus, locked, move_appeal, plain
from penstock.experience.appeals.terms import terms_of
from penstock.kernel.errors import Conflict, FieldError, Invalid

SET_ASIDE = "appeal"
"""The mark of a journey that no metric counts because an appeal was granted."""


class OrderDecision(msgspec.Struct, frozen=True, kw_only=True):
    """What is decided on one fulfilment order of an appeal, and why."""

    fulfilment_order_id: int
    granted: bool
    because: str


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """How many orders of an appeal were granted and refused, and where it stands."""

    appeal_id: int
    status: AppealStatus
    granted: int
    refused: int
    again_by_at: datetime | None


@query
async def waiting_orders(tx: Transaction, *, merchant_id: int, appeal_id: int) -> list[int]:
    """List the fulfilment orders of an appeal that wait for a decision."""


@query
async def store_decision(
    tx: Transaction,
    *,
    merchant_id: int,
    appeal_id: int,
    fulfilment_order_ids: list[int],
    outcomes: list[str],
    because: list[str],
    decided_at: datetime,
    again_by_at: datetime | None,
) -> None:
    """Store what was decided on the orders of an appeal that is under lock."""


@query
async def set_aside(
    tx: Transaction,
    *,
    merchant_id: int,
    fulfilment_order_ids: list[int],
    aside: list[bool],
    mark: str,
) -> int | None:
    """Mark journeys as not counted, or take that same mark away; count those that changed.

    A journey that was marked for another reason keeps it.
    """


async def decide_appeal(
    tx: Transaction,
    merchant_id: int,
    appeal_id: int,
    decisions: Sequence[OrderDecision],
    now: datetime,
    *,
    because: str,
    by: str,
) -> Decided:
    """Decide every order of an appeal that waits; a granted one is set aside by every profile.

    The days concerned are scored anew like after any other change of a journey. Opened again, an
    order that had been granted and is now refused counts again.

    Raises:
        NotFound: no such appeal.
        Conflict: it does not wait for a decision.
        Invalid: an order is missing, named twice or not of this appeal, or no reason is given.

    """
    appeal = await locked(tx, merchant_id, appeal_id)
    if appeal.status not in {"filed", "reopened"}:
        raise Conflict(f"appeal {appeal_id} is {appeal.status}: nothing of it waits")
    said = plain(because, "/because")
    waiting = await waiting_orders(tx, merchant_id=merchant_id, appeal_id=appeal_id)
    _check(decisions, waiting)
    refused = sum(not decision.granted for decision in decisions)
    again_days = terms_of(appeal.profile).again_days
    once_more = refused and again_days and not appeal.reopened
    again_by_at = now + timedelta(days=again_days) if once_more else None
    ids = [decision.fulfilment_order_id for decision in decisions]
    await store_decision(
        tx,
        merchant_id=merchant_id,
        appeal_id=appeal_id,
        fulfilment_order_ids=ids,
        outcomes=["granted" if decision.granted else "refused" for decision in decisions],
        because=[decision.because.strip() or said for decision in decisions],
        decided_at=now,
        again_by_at=again_by_at,
    )
    await set_aside(
        tx,
        merchant_id=merchant_id,
        fulfilment_order_ids=ids,
        aside=[decision.granted for decision in decisions],
        mark=SET_ASIDE,
    )
    granted = len(decisions) - refused
    status = await move_appeal(
        tx, merchant_id, appeal_id, appeal.status, "decided", now, by=by, because=said,
        told={"granted": granted, "refused": refused},
    )  # fmt: skip
    return Decided(
        appeal_id=appeal_id,
        status=status,
        granted=granted,
        refused=refused,
        again_by_at=again_by_at,
    )


def _check(decisions: Sequence[OrderDecision], waiting: Sequence[int]) -> None:
    named = [decision.fulfilment_order_id for decision in decisions]
    missing = sorted(set(waiting) - set(named))
    strange = sorted(set(named) - set(waiting))
    detail = ""
    if strange:
        detail = f"{strange[0]} is not among the orders of this appeal that wait"
    elif len(named) != len(set(named)):
        detail = "decide on each order once"
    elif missing:
        detail = f"decide on every order: {len(missing)} are missing, the first {missing[0]}"
    elif any("\0" in decision.because for decision in decisions):
        detail = "a reason cannot have a NUL in it"
    if detail:
        raise Invalid(detail, errors=(FieldError("/orders", "out_of_range", detail),))
