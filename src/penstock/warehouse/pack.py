"""Pack picked orders into parcels, which from here on have a life of their own."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Literal

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.kernel.errors import Conflict
from penstock.warehouse.cartonize import Carton, Unit
from penstock.warehouse.packing import OrderLine, PlannedOrder, plan_parcels
from penstock.warehouse.store_parcels import CrossesBorder, Key, make_parcels

PackedOutcome = Literal["packed", "repeated", "weight_mismatch", "not_picked", "unknown"]


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """A picked order on the bench; `weight_g` is what the scale says of all its parcels."""

    merchant_id: int
    fulfilment_order_id: int
    packer: str
    weight_g: int | None = None


class PackAnswer(msgspec.Struct, frozen=True):
    """What became of one order, and its parcels where it was packed now.

    `repeated`: packed before. `weight_mismatch`: open it and count. `not_picked`: the floor has
    not picked it yet. `unknown`: no order of this node.
    """

    merchant_id: int
    fulfilment_order_id: int
    outcome: PackedOutcome
    parcel_ids: tuple[int, ...] = ()


class Packable(msgspec.Struct, frozen=True):
    """A line of an order of the node, with where the order stands and goes."""

    merchant_id: int
    fulfilment_order_id: int
    status: str
    packed: bool
    from_country: str
    to_country: str
    line_no: int
    sku_id: int
    quantity: int
    length_mm: int
    width_mm: int
    height_mm: int
    weight_g: int


@query
async def packable(
    tx: Transaction, *, node_id: int, merchant_ids: list[int], fulfilment_order_ids: list[int]
) -> list[Packable]:
    """Describe the named orders of a node, by merchant, order and line."""


@query
async def cartons(tx: Transaction) -> list[Carton]:
    """List the cartons on the shelf."""


async def pack(
    tx: Transaction,
    node_id: int,
    packs: Sequence[Pack],
    now: datetime,
    crosses_border: CrossesBorder,
) -> list[PackAnswer]:
    """Choose cartons and make parcels of picked orders; one answer each, in the order given.

    A parcel waits for its label, or first for its declaration where it crosses a border. After a
    `weight_mismatch` the same order may be tried again, in the same call too.

    Raises:
        Conflict: no cartons have been set up.

    """
    shelf = await cartons(tx)
    if not shelf:
        raise Conflict("no cartons are set up: add the cartons that the benches use, then pack")
    bench = await _on_bench(tx, node_id, packs)
    judged: list[PackedOutcome] = []
    planned: dict[Key, PlannedOrder] = {}
    for p in packs:
        key = _key(p)
        outcome, order = _judge(p, bench.get(key, []), shelf)
        if key in planned:
            outcome = "repeated"
        elif order is not None:
            planned[key] = order
        judged.append(outcome)
    parcel_ids = await make_parcels(tx, node_id, list(planned.values()), now, crosses_border)
    return [_answer(_key(p), outcome, parcel_ids) for p, outcome in zip(packs, judged, strict=True)]


def _key(p: Pack) -> Key:
    return p.merchant_id, p.fulfilment_order_id


async def _on_bench(
    tx: Transaction, node_id: int, packs: Sequence[Pack]
) -> dict[Key, list[Packable]]:
    named = sorted({_key(p) for p in packs})
    rows = await packable(
        tx,
        node_id=node_id,
        merchant_ids=[merchant_id for merchant_id, _ in named],
        fulfilment_order_ids=[order_id for _, order_id in named],
    )
    by_order = groupby(rows, lambda row: (row.merchant_id, row.fulfilment_order_id))
    return {key: list(lines) for key, lines in by_order}


def _judge(
    p: Pack, rows: Sequence[Packable], shelf: Sequence[Carton]
) -> tuple[PackedOutcome, PlannedOrder | None]:
    if not rows:
        return "unknown", None
    if rows[0].packed:
        return "repeated", None
    if rows[0].status != "picked":
        return "not_picked", None
    lines = tuple(
        OrderLine(
            row.line_no,
            row.sku_id,
            row.quantity,
            Unit(row.length_mm, row.width_mm, row.height_mm, row.weight_g),
        )
        for row in rows
    )
    parcels = plan_parcels(lines, shelf, p.weight_g)
    if parcels is None:
        return "weight_mismatch", None
    return "packed", PlannedOrder(
        merchant_id=p.merchant_id,
        fulfilment_order_id=p.fulfilment_order_id,
        packer=p.packer,
        from_country=rows[0].from_country,
        to_country=rows[0].to_country,
        lines=lines,
        parcels=parcels,
    )


def _answer(key: Key, outcome: PackedOutcome, parcel_ids: dict[Key, tuple[int, ...]]) -> PackAnswer:
    if outcome != "packed":
        return PackAnswer(*key, outcome)
    if key in parcel_ids:
        return PackAnswer(*key, outcome, parcel_ids[key])
    return PackAnswer(*key, "repeated")  # another bench was quicker
