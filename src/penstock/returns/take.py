"""Write the returns that were decided to be taken."""

from collections.abc import Sequence
from datetime import datetime

from penstock.db.query import query
from penstock.db.transaction import Retry, Transaction
from penstock.gateways.reference import reference
from penstock.lifecycle.advance import create, new_ids
from penstock.returns.returnable import Candidate, NewReturn

Taken = tuple[NewReturn, Sequence[Candidate]]
"""A request and the delivered lines that it means, one at least."""


@query
async def store_returns(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    return_ids: list[int],
    request_keys: list[str],
    references: list[str],
    body_sha256: list[bytes],
    order_ids: list[int],
    fulfilment_order_ids: list[int],
    countries: list[str],
    currencies: list[str],
    reasons: list[str],
    node_ids: list[int],
    delivered_at: list[datetime],
    requested_at: datetime,
) -> list[int]:
    """Insert returns; answer the ids that are new, so a lost race shows."""


@query
async def store_lines(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    return_ids: list[int],
    fulfilment_order_ids: list[int],
    line_nos: list[int],
    sku_ids: list[int],
    quantities: list[int],
    unit_price_minor: list[int],
) -> None:
    """Insert the lines of returns and count their units; the CHECK is the second guard."""


async def take(tx: Transaction, taken: Sequence[Taken], now: datetime) -> list[int]:
    """Store requests as returns in status `requested`, whose lines are locked; return their ids.

    Raises:
        Retry: another transaction took one of the keys first; the runner repeats the batch.

    """
    if not taken:
        return []
    ids = await new_ids(tx, count=len(taken), at=now)
    heads = [(wanted, lines[0]) for wanted, lines in taken]
    fresh = await store_returns(
        tx,
        merchant_ids=[wanted.merchant_id for wanted, _ in heads],
        return_ids=ids,
        request_keys=[wanted.request_key for wanted, _ in heads],
        references=[reference(h.merchant, wanted.request_key) for wanted, h in heads],
        body_sha256=[wanted.sha256 for wanted, _ in heads],
        order_ids=[head.order_id for _, head in heads],
        fulfilment_order_ids=[head.fulfilment_order_id for _, head in heads],
        countries=[head.country for _, head in heads],
        currencies=[head.currency for _, head in heads],
        reasons=[wanted.reason for wanted, _ in heads],
        node_ids=[head.node_id for _, head in heads],
        delivered_at=[h.delivered_at for _, h in heads if h.delivered_at is not None],
        requested_at=now,
    )
    if len(fresh) < len(ids):
        raise Retry
    await _store_lines(tx, taken, ids)
    await create(
        tx,
        kind="return",
        merchant_ids=[wanted.merchant_id for wanted, _ in heads],
        subject_ids=ids,
        events=["requested"] * len(ids),
        due_at=[None] * len(ids),
        at=now,
    )
    return ids


async def _store_lines(tx: Transaction, taken: Sequence[Taken], ids: Sequence[int]) -> None:
    rows = [
        (return_id, c, next(x.quantity for x in wanted.lines if x.line_no == c.line_no))
        for (wanted, lines), return_id in zip(taken, ids, strict=True)
        for c in lines
    ]
    await store_lines(
        tx,
        merchant_ids=[c.merchant_id for _, c, _ in rows],
        return_ids=[return_id for return_id, _, _ in rows],
        fulfilment_order_ids=[c.fulfilment_order_id for _, c, _ in rows],
        line_nos=[c.line_no for _, c, _ in rows],
        sku_ids=[c.sku_id for _, c, _ in rows],
        quantities=[quantity for _, _, quantity in rows],
        unit_price_minor=[c.unit_price_minor for _, c, _ in rows],
    )
