"""One order on its way through receipt, and the answer it will get."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from penstock.channels.order import NewOrder
from penstock.orders.decide import Ask, PoolSku

_ENCODE = msgspec.json.Encoder().encode


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one order. `order_id` is 0 where nothing was stored.

    Outcomes: `accepted`; stored refusals `insufficient_stock`, `daily_cap_reached`; refusals that
    a later or corrected try may overcome: `unknown_sku`, `sku_not_approved`, `market_not_served`,
    `wrong_currency`, `unknown_stream`, `merchant_not_approved`, `key_reused`, `not_paid`,
    `sold_out`, `paused`, `throttled`, `stream_cap_reached`, `buyer_limit_reached`,
    `ticket_required`, `archive_unreadable`; and of a payment that came too late, `expired`,
    `cancelled`.
    """

    channel_order_id: str
    outcome: str
    order_id: int = 0
    detail: str = ""
    pointer: str = ""
    dispatch_by_at: datetime | None = None
    deliver_by_at: datetime | None = None


class Dated(msgspec.Struct, frozen=True):
    """A promise: handed over by, delivered by."""

    dispatch_by_at: datetime
    deliver_by_at: datetime


class Shared(msgspec.Struct, frozen=True, eq=False):
    """What will be stored of orders and may be common to many, whatever is decided.

    It is known by identity, as a `Kind` is: to look one up behind the lock costs next to nothing.
    """

    columns: tuple[Any, ...]


class Kind(msgspec.Struct, frozen=True, eq=False):
    """What orders that are alike have in common: on a stream nearly all, and a batch has few kinds.

    `lines` are what will be stored of each line whatever is decided: number, pool, SKU, units, and
    price.
    """

    ask: Ask
    shared: Shared
    lines: tuple[tuple[int, int, int, int, int], ...]


_NOT_YET = Kind(Ask("", (), ()), Shared(()), ())


class Item(msgspec.Struct):
    """One order on its way through receipt; `answer` is set as soon as it is known.

    `twin` is the first item of the same order in its batch, which this one repeats or pays. `own`
    is what will be stored of it alone, beside what its `kind` has (`store.write_down`).
    """

    order: NewOrder
    sha256: bytes
    paid_at: datetime
    stream_id: int | None = None
    places: tuple[PoolSku, ...] = ()
    sla: str = ""
    dated: Dated | None = None
    expires_at: datetime | None = None
    own: tuple[Any, ...] = ()
    kind: Kind = _NOT_YET
    answer: Answer | None = None
    twin: "Item | None" = None

    @property
    def to_pay(self) -> Answer | None:
        """What its twin was answered, where it waits to pay that one."""
        if self.answer is not None or self.twin is None or self.twin.sha256 == self.sha256:
            return None
        return self.twin.answer

    @property
    def lines(self) -> tuple[tuple[int, int], ...]:
        """(sku_id, units) of each line, once its place is known."""
        return tuple(
            [
                (sku_id, line.quantity)
                for (_, sku_id), line in zip(self.places, self.order.lines, strict=True)
            ]
        )


def unpaid_digest(order: NewOrder) -> bytes:
    """Return the digest that a paid order had before it was paid."""
    return digest(msgspec.structs.replace(order, paid_at=None))


def digest(order: NewOrder) -> bytes:
    """Return the SHA-256 of what the order says, whatever white space it came in."""
    return hashlib.sha256(_ENCODE(order)).digest()


def still_open(items: Sequence[Item]) -> list[Item]:
    """Return the items without an answer that are not tied to another one in this batch."""
    return [item for item in items if item.answer is None and item.twin is None]


def answers_of(items: Sequence[Item]) -> list[Answer]:
    """Return one answer an item, in the order of the request."""
    answers = []
    for item in items:
        answer = item.twin.answer if item.answer is None and item.twin is not None else item.answer
        assert answer is not None
        answers.append(answer)
    return answers


def refusal(item: Item, outcome: str, detail: str, pointer: str = "") -> Answer:
    """Return the answer that refuses an item without storing it."""
    return Answer(item.order.channel_order_id, outcome, detail=detail, pointer=pointer)
