"""Confirm what was picked, by scan; settle the orders that are complete, hand on the short ones."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.kernel.errors import FieldError, Invalid
from penstock.lifecycle.advance import advance

PickedOutcome = Literal["picked", "short", "wrong_sku", "too_many", "unknown", "repeated"]


class PickedLine(msgspec.Struct, frozen=True, kw_only=True):
    """What was found for one line: the SKU code that was scanned, and the units."""

    merchant_id: int
    fulfilment_order_id: int
    line_no: int
    sku: str
    picked: int


class PickConfirmation(msgspec.Struct, frozen=True, kw_only=True):
    """What a picker says of the batch in hand: its lines, or `complete` for all as wanted."""

    batch_id: int
    picker: str
    lines: tuple[PickedLine, ...] = ()
    complete: bool = False


class PickAnswer(msgspec.Struct, frozen=True):
    """What became of one line.

    `picked` and `short` are recorded. `wrong_sku` (another code was scanned) and `too_many` are
    not: pick again. `repeated`: said before, the first word stands. `unknown`: not in a batch of
    this picker; a `complete` for such a batch has one answer whose other numbers are 0.
    """

    batch_id: int
    merchant_id: int
    fulfilment_order_id: int
    line_no: int
    outcome: PickedOutcome


class ShortLine(msgspec.Struct, frozen=True):
    """A line of an order that has gone back to `open`: `missing` of `wanted` units."""

    merchant_id: int
    fulfilment_order_id: int
    line_no: int
    node_id: int
    sku_id: int
    wanted: int
    missing: int


class Settled(msgspec.Struct, frozen=True):
    """An order of which every line has been confirmed."""

    merchant_id: int
    fulfilment_order_id: int
    batch_id: int
    short: bool


Short = Callable[[Transaction, Sequence[ShortLine], datetime], Awaitable[None]]
"""Writes off what is missing, and finds each order another node or cancels it."""


@query
async def lock_batches(tx: Transaction, *, node_id: int, batch_ids: list[int]) -> None:
    """Lock batches in id order: one confirmation of a batch at a time."""


@query
async def confirm_lines(
    tx: Transaction,
    *,
    node_id: int,
    batch_ids: list[int],
    pickers: list[str],
    merchant_ids: list[int | None],
    fulfilment_order_ids: list[int | None],
    line_nos: list[int | None],
    skus: list[str | None],
    picked: list[int | None],
    now: datetime,
) -> list[PickAnswer]:
    """Check each line against its batch and record it; a null line_no means all, as wanted."""


@query
async def settle_orders(
    tx: Transaction, *, node_id: int, batch_ids: list[int], now: datetime
) -> list[Settled]:
    """Close the orders whose lines are all confirmed, and the batches whose orders are."""


@query
async def missing(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    fulfilment_order_ids: list[int],
    batch_ids: list[int],
) -> list[ShortLine]:
    """List the lines of which units were missing."""


async def confirm_pick(
    tx: Transaction,
    node_id: int,
    confirmations: Sequence[PickConfirmation],
    now: datetime,
    short: Short,
) -> list[PickAnswer]:
    """Record picks; an order whose lines are all confirmed is `picked`, or goes to `short`.

    A short order has been moved back to `open` when `short` gets its missing lines, all short
    orders in one call. Answers come in the order said, those of a `complete` by order and line.

    Raises:
        Invalid: a negative number of units, or `complete` beside lines.

    """
    _check(confirmations)
    batch_ids = sorted({c.batch_id for c in confirmations})
    await lock_batches(tx, node_id=node_id, batch_ids=batch_ids)
    said = [(c, line) for c in confirmations for line in ((None,) if c.complete else c.lines)]
    answers = await confirm_lines(
        tx,
        node_id=node_id,
        batch_ids=[c.batch_id for c, _ in said],
        pickers=[c.picker for c, _ in said],
        merchant_ids=[None if x is None else x.merchant_id for _, x in said],
        fulfilment_order_ids=[None if x is None else x.fulfilment_order_id for _, x in said],
        line_nos=[None if x is None else x.line_no for _, x in said],
        skus=[None if x is None else x.sku for _, x in said],
        picked=[None if x is None else x.picked for _, x in said],
        now=now,
    )
    await _settle(tx, node_id, batch_ids, now, short)
    return answers


async def _settle(
    tx: Transaction, node_id: int, batch_ids: list[int], now: datetime, short: Short
) -> None:
    settled = await settle_orders(tx, node_id=node_id, batch_ids=batch_ids, now=now)
    if not settled:
        return
    moved = await advance(
        tx,
        merchant_ids=[s.merchant_id for s in settled],
        subject_ids=[s.fulfilment_order_id for s in settled],
        events=["short_picked" if s.short else "picked" for s in settled],
        due_at=[None] * len(settled),
        at=[now] * len(settled),
    )
    assert all(m.outcome == "advanced" for m in moved), "an order on the floor was moved elsewhere"
    if shorts := [s for s in settled if s.short]:
        lines = await missing(
            tx,
            merchant_ids=[s.merchant_id for s in shorts],
            fulfilment_order_ids=[s.fulfilment_order_id for s in shorts],
            batch_ids=[s.batch_id for s in shorts],
        )
        await short(tx, lines, now)


def _check(confirmations: Sequence[PickConfirmation]) -> None:
    wrong = [
        FieldError(f"/confirmations/{i}/lines/{j}/picked", "out_of_range", "use 0 or more units")
        for i, confirmation in enumerate(confirmations)
        for j, line in enumerate(confirmation.lines)
        if line.picked < 0
    ]
    wrong += [
        FieldError(
            f"/confirmations/{i}/complete", "ambiguous", "give the lines, or complete without them"
        )
        for i, confirmation in enumerate(confirmations)
        if confirmation.complete and confirmation.lines
    ]
    if wrong:
        raise Invalid(errors=tuple(wrong))
