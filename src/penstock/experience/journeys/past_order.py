"""An order that another system fulfilled, as its history tells it."""

from datetime import datetime
from typing import Literal

import msgspec

Fault = Literal["seller", "buyer", "carrier", "platform", "unknown"]


BadCode = Literal["malformed", "bad_value", "duplicate", "orphan", "no_seller"]


class PastOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One merchant's part of a past order; `merchant` and `order_ref` are its natural key.

    All times are UTC. What the source does not tell is None; what it tells is not corrected, so
    clocks may run backwards. `merchant` is the source's own key. `status` is the source's word.
    """

    merchant: str
    order_ref: str
    market: str
    status: str
    ordered_at: datetime
    paid_at: datetime | None
    dispatch_by_at: datetime | None
    deliver_by_at: datetime | None
    dispatched_at: datetime | None
    delivered_at: datetime | None
    cancelled_at: datetime | None
    cancel_fault: Fault | None
    review_score: int | None
    reviewed_at: datetime | None
    consignee_region: str
    freight_minor: int
    currency: str


class BadRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row that cannot be used: where it stands (the line on which it begins), and why.

    `code`: `malformed` (not the columns of its header), `bad_value`, `duplicate`, `orphan` (its
    order is not in the history), or `no_seller` (an order without items belongs to no merchant).
    """

    file: str
    line: int
    code: BadCode
    detail: str
