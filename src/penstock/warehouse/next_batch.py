"""Hand out the next batch: what to fetch, in walking order, for each of a set of pickers."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Literal

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.kernel.errors import FieldError, Invalid
from penstock.warehouse.walk import walk


class HandedOut(msgspec.Struct, frozen=True):
    """A batch and in whose hands it is."""

    batch_id: int
    picker: str
    style: Literal["single_sku", "mixed"]
    orders: int
    ship_by_at: datetime
    started_at: datetime


class ToPick(msgspec.Struct, frozen=True):
    """One line of one fulfilment order that nobody has confirmed yet."""

    batch_id: int
    merchant_id: int
    sku_id: int
    sku: str
    title: str
    bin: str
    fulfilment_order_id: int
    line_no: int
    quantity: int


class PickPart(msgspec.Struct, frozen=True, kw_only=True):
    """How many units of a stop belong to one line of one fulfilment order."""

    fulfilment_order_id: int
    line_no: int
    quantity: int


class PickLine(msgspec.Struct, frozen=True, kw_only=True):
    """One stop: `units` of a merchant's SKU from a bin, and for whom."""

    merchant_id: int
    sku_id: int
    sku: str
    title: str
    bin: str
    units: int
    parts: tuple[PickPart, ...]


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """A batch in a picker's hands; `lines` are the stops still to make, in walking order."""

    node_id: int
    batch_id: int
    picker: str
    style: Literal["single_sku", "mixed"]
    orders: int
    ship_by_at: datetime
    started_at: datetime
    lines: tuple[PickLine, ...]


@query
async def lock_pickers(tx: Transaction, *, node_id: int, pickers: list[str]) -> None:
    """Let each picker ask once at a time, so that asking twice at once gets one batch."""


@query
async def hand_out(
    tx: Transaction, *, node_id: int, pickers: list[str], now: datetime
) -> list[HandedOut]:
    """Leave each picker what it has in hand, give the others the most urgent free batches."""


@query
async def lines_to_pick(tx: Transaction, *, node_id: int, batch_ids: list[int]) -> list[ToPick]:
    """List what is unconfirmed of batches, by batch, merchant, SKU, order and line."""


async def next_batch(tx: Transaction, node_id: int, picker: str, now: datetime) -> Batch | None:
    """Hand `picker` the most urgent free batch of the node, or again the one it has in hand.

    None: nothing waits to be picked.
    """
    batches = await next_batches(tx, node_id, [picker], now)
    return batches[0] if batches else None


async def next_batches(
    tx: Transaction, node_id: int, pickers: Sequence[str], now: datetime
) -> list[Batch]:
    """Do what `next_batch` does for many pickers, the earlier named served first.

    Who gets nothing is not in the answer, which is otherwise in the order of `pickers`.

    Raises:
        Invalid: a picker without a name, or with one that nobody could type.

    """
    asking = list(pickers)
    wrong = tuple(
        FieldError(f"/pickers/{i}", "bad_name", "name the picker, in 1 to 64 printable characters")
        for i, picker in enumerate(asking)
        if not (0 < len(picker) <= 64 and picker.isprintable())
    )
    if wrong:
        raise Invalid(errors=wrong)
    await lock_pickers(tx, node_id=node_id, pickers=asking)
    handed = await hand_out(tx, node_id=node_id, pickers=asking, now=now)
    rows = await lines_to_pick(tx, node_id=node_id, batch_ids=[h.batch_id for h in handed])
    lines = {batch_id: stops(list(part)) for batch_id, part in groupby(rows, lambda r: r.batch_id)}
    return [
        Batch(
            node_id=node_id,
            batch_id=h.batch_id,
            picker=h.picker,
            style=h.style,
            orders=h.orders,
            ship_by_at=h.ship_by_at,
            started_at=h.started_at,
            lines=lines.get(h.batch_id, ()),
        )
        for h in handed
    ]


def stops(rows: Sequence[ToPick]) -> tuple[PickLine, ...]:
    """Gather lines, sorted by merchant and SKU, into one stop a SKU, and order the stops."""
    position = {name: i for i, name in enumerate(walk(row.bin for row in rows))}
    lines = []
    for _, same in groupby(rows, lambda row: (row.merchant_id, row.sku_id)):
        parts = list(same)
        lines.append(
            PickLine(
                merchant_id=parts[0].merchant_id,
                sku_id=parts[0].sku_id,
                sku=parts[0].sku,
                title=parts[0].title,
                bin=parts[0].bin,
                units=sum(part.quantity for part in parts),
                parts=tuple(
                    PickPart(
                        fulfilment_order_id=part.fulfilment_order_id,
                        line_no=part.line_no,
                        quantity=part.quantity,
                    )
                    for part in parts
                ),
            )
        )
    return tuple(sorted(lines, key=lambda line: position[line.bin]))
