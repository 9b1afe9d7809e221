"""Bring parcels to life: the orders move first, so that each is packed by one bench only."""

from collections.abc import Callable, Sequence
from datetime import datetime

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.lifecycle.advance import Subject, create, move, new_ids
from penstock.warehouse.packing import ParcelPlan, PlannedOrder

Key = tuple[int, int]
"""(merchant_id, fulfilment_order_id)."""
CrossesBorder = Callable[[str, str], bool]
"""Whether goods from one country (ISO 3166-1 alpha-2) to another must be declared."""
_Parcel = tuple[PlannedOrder, int, ParcelPlan]


@query
async def store_parcels(
    tx: Transaction,
    *,
    node_id: int,
    merchant_ids: list[int],
    parcel_ids: list[int],
    fulfilment_order_ids: list[int],
    parcel_nos: list[int],
    countries: list[str],
    cartons: list[str],
    weights_g: list[int],
    packers: list[str],
    line_merchant_ids: list[int],
    line_parcel_ids: list[int],
    line_nos: list[int],
    sku_ids: list[int],
    quantities: list[int],
    now: datetime,
) -> None:
    """Store parcels and their lines, and take their orders off the list of the benches."""


async def make_parcels(
    tx: Transaction,
    node_id: int,
    orders: Sequence[PlannedOrder],
    now: datetime,
    crosses_border: CrossesBorder,
) -> dict[Key, tuple[int, ...]]:
    """Move orders to `packed` and give them their parcels; return the new parcels' ids by order.

    An order that another transaction has packed meanwhile does not move and is not in the answer.
    """
    planned = {(order.merchant_id, order.fulfilment_order_id): order for order in orders}
    moved = await move(tx, [Subject(*key) for key in planned], "packed", now)
    ours = [planned[m.merchant_id, m.subject_id] for m in moved if m.outcome == "advanced"]
    parcels = [(order, no, plan) for order in ours for no, plan in enumerate(order.parcels, 1)]
    if not parcels:
        return {}
    ids = await new_ids(tx, count=len(parcels), at=now)
    await create(
        tx,
        kind="parcel",
        merchant_ids=[order.merchant_id for order, _, _ in parcels],
        subject_ids=ids,
        events=[
            "packed_abroad" if crosses_border(order.from_country, order.to_country) else "packed"
            for order, _, _ in parcels
        ],
        due_at=[None] * len(ids),
        at=now,
    )
    await _store(tx, node_id, parcels, ids, now)
    made: dict[Key, tuple[int, ...]] = {}
    for (order, _, _), parcel_id in zip(parcels, ids, strict=True):
        key = (order.merchant_id, order.fulfilment_order_id)
        made[key] = (*made.get(key, ()), parcel_id)
    return made


async def _store(
    tx: Transaction,
    node_id: int,
    parcels: Sequence[_Parcel],
    ids: Sequence[int],
    now: datetime,
) -> None:
    contents = [
        (order.merchant_id, parcel_id, line, count)
        for (order, _, plan), parcel_id in zip(parcels, ids, strict=True)
        for line, count in zip(order.lines, plan.counts, strict=True)
        if count
    ]
    await store_parcels(
        tx,
        node_id=node_id,
        merchant_ids=[order.merchant_id for order, _, _ in parcels],
        parcel_ids=list(ids),
        fulfilment_order_ids=[order.fulfilment_order_id for order, _, _ in parcels],
        parcel_nos=[no for _, no, _ in parcels],
        countries=[order.to_country for order, _, _ in parcels],
        cartons=[plan.carton for _, _, plan in parcels],
        weights_g=[plan.weight_g for _, _, plan in parcels],
        packers=[order.packer for order, _, _ in parcels],
        line_merchant_ids=[merchant_id for merchant_id, _, _, _ in contents],
        line_parcel_ids=[parcel_id for _, parcel_id, _, _ in contents],
        line_nos=[line.line_no for _, _, line, _ in contents],
        sku_ids=[line.sku_id for _, _, line, _ in contents],
        quantities=[count for _, _, _, count in contents],
        now=now,
    )
