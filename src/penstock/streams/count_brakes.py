"""Count on the brakes what receipt took and turned away; the second half of `brake.py`."""

from collections.abc import Sequence
from datetime import datetime

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.streams.brake import Brake, BrakeAsk, Verdict, takes_of


@query
async def count_on_brakes(
    tx: Transaction,
    *,
    merchant_id: int,
    brake_ids: list[int],
    orders: list[int],
    units: list[int],
    turned_away: list[int],
    now: datetime,
) -> None:
    """Add to the counters of brakes; a new minute begins at nothing."""


@query
async def count_turned_away(
    tx: Transaction,
    *,
    merchant_id: int,
    stream_ids: list[int],
    outcomes: list[str],
    orders: list[int],
    now: datetime,
) -> None:
    """Add orders that were refused without being stored to the counts of this minute."""


@query
async def store_bought(
    tx: Transaction,
    *,
    merchant_id: int,
    stream_ids: list[int],
    buyer_ids: list[str],
    order_ids: list[int],
    sku_ids: list[int],
    units: list[int],
) -> None:
    """Remember what buyers bought of streams that have a limit."""


async def count_brakes(
    tx: Transaction,
    merchant_id: int,
    brakes: Sequence[Brake],
    asks: Sequence[BrakeAsk],
    verdicts: Sequence[Verdict],
    order_ids: Sequence[int],
    now: datetime,
) -> None:
    """Count what became of a batch; `order_ids` has 0 where an order was not accepted.

    To be called in the transaction that read the brakes, with the merchant's receipt held by it,
    else two batches would count on the same past. Without brakes it does nothing.
    """
    if not brakes:
        return
    await _count(tx, merchant_id, brakes, asks, verdicts, order_ids, now)
    limited = {b.stream_id for b in brakes if b.kind == "buyer_limit"}
    rows = [
        (ask.stream_id, ask.buyer_id, order_id, sku, units)
        for ask, order_id in zip(asks, order_ids, strict=True)
        if order_id and ask.buyer_id and ask.stream_id is not None and ask.stream_id in limited
        for sku in dict.fromkeys(sku for sku, _ in ask.lines)
        if (units := sum(u for s, u in ask.lines if s == sku))
    ]
    if rows:
        await store_bought(
            tx,
            merchant_id=merchant_id,
            stream_ids=[row[0] for row in rows],
            buyer_ids=[row[1] for row in rows],
            order_ids=[row[2] for row in rows],
            sku_ids=[row[3] for row in rows],
            units=[row[4] for row in rows],
        )


async def _count(
    tx: Transaction,
    merchant_id: int,
    brakes: Sequence[Brake],
    asks: Sequence[BrakeAsk],
    verdicts: Sequence[Verdict],
    order_ids: Sequence[int],
    now: datetime,
) -> None:
    takes = takes_of(asks, brakes, [bool(order_id) for order_id in order_ids])
    away: dict[int, int] = {}
    refused: dict[tuple[int, str], int] = {}
    for ask, verdict in zip(asks, verdicts, strict=True):
        if verdict.brake is not None and ask.stream_id is not None:
            key = ask.stream_id, verdict.outcome
            refused[key] = refused.get(key, 0) + 1
            away[verdict.brake.brake_id] = away.get(verdict.brake.brake_id, 0) + 1
    counted = sorted(
        (takes.keys() | away.keys()) - {0}
    )  # tickets and limits have no row to count on
    if counted:
        await count_on_brakes(
            tx,
            merchant_id=merchant_id,
            brake_ids=counted,
            orders=[takes.get(brake_id, (0, 0))[0] for brake_id in counted],
            units=[takes.get(brake_id, (0, 0))[1] for brake_id in counted],
            turned_away=[away.get(brake_id, 0) for brake_id in counted],
            now=now,
        )
    if refused:
        await count_turned_away(
            tx,
            merchant_id=merchant_id,
            stream_ids=[stream_id for stream_id, _ in refused],
            outcomes=[outcome for _, outcome in refused],
            orders=list(refused.values()),
            now=now,
        )
