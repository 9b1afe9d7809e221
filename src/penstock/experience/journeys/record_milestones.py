"""Take in milestones of orders that a merchant ships outside Penstock, as they come to be known.

They may be told twice, late and in any order: of each milestone the earliest time stands, so that
it comes to the same. Nothing that was told is erased; a correction replaces it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.experience.journeys.import_history import past_order_id

SOURCE: Final = "told"
MILESTONES_MAX: Final = 50_000
"""Milestones taken in by one request."""

Word = Literal[
    "ordered", "paid", "accepted", "dispatch_by", "deliver_by", "transit_by", "allocated",
    "released", "picked", "packed", "labelled", "cleared", "dispatched", "scanned", "delivered",
    "cancelled", "returned", "lost", "exception",
]  # fmt: skip
Fault = Literal["seller", "buyer", "carrier", "platform", "customs", "weather", "unknown"]


class Milestone(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that happened to an order, or by when it was promised (`…_by`).

    `order_ref` is what the merchant's own system calls the order. `at` has an offset. `fault` goes
    with a cancellation, a return or an exception: unknown where it is left out.
    """

    order_ref: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    milestone: Word
    at: Annotated[datetime, msgspec.Meta(tz=True)]
    fault: Fault | None = None
    market: Annotated[str, msgspec.Meta(pattern="^([A-Z]{2})?$")] = ""
    channel: Annotated[str, msgspec.Meta(max_length=40)] = ""


class Recorded(msgspec.Struct, frozen=True):
    """How many orders were new, and how many known ones the milestones were about."""

    added: int
    touched: int


_WITH_FAULT: Final = {"cancelled", "returned", "exception"}


@query
async def record_milestones(
    tx: Transaction,
    *,
    merchant_ids: Sequence[int],
    fulfilment_order_ids: Sequence[int],
    order_refs: Sequence[str],
    milestones: Sequence[str],
    at: Sequence[datetime],
    faults: Sequence[str | None],
    markets: Sequence[str],
    channels: Sequence[str],
    correct: bool,
) -> list[Recorded]:
    """Write milestones given by parallel arrays into the journeys of their orders.

    An order of which its placing (`ordered`) is not told yet is set aside from every score, as
    `unordered`.
    """


async def take_milestones(
    tx: Transaction, told: Sequence[tuple[int, Milestone]], *, correct: bool = False
) -> Recorded:
    """Take in (merchant, milestone) pairs; with `correct` they replace what was told before."""
    (result,) = await record_milestones(
        tx,
        merchant_ids=[merchant for merchant, _ in told],
        fulfilment_order_ids=[past_order_id(SOURCE, row.order_ref) for _, row in told],
        order_refs=[row.order_ref for _, row in told],
        milestones=[row.milestone for _, row in told],
        at=[row.at for _, row in told],
        faults=[
            row.fault or ("unknown" if row.milestone in _WITH_FAULT else None) for _, row in told
        ],
        markets=[row.market for _, row in told],
        channels=[row.channel for _, row in told],
        correct=correct,
    )
    return result
