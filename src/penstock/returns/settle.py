"""The end of a return: goods go where their grade sends them, money where the policy says."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.lifecycle.advance import Subject, move
from penstock.returns.split import Posting, Settling, split
from penstock.returns.vocabulary import DISPOSITIONS

Back = tuple[int, int, int, int, int]
"""Units fit for sale: (merchant_id, node_id, sku_id, quantity, return_id)."""
Restock = Callable[[Transaction, Sequence[Back], datetime], Awaitable[object]]
Post = Callable[[Transaction, Sequence[Posting], datetime], Awaitable[object]]


class Restocked(msgspec.Struct, frozen=True):
    """Units of one line that are as new, and the node that they left."""

    merchant_id: int
    node_id: int
    sku_id: int
    quantity: int
    return_id: int


@query
async def dispose(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    return_ids: list[int],
    grades: list[str],
    dispositions: list[str],
) -> list[Restocked]:
    """Give each line the disposition of its grade; answer those that go back on sale."""


@query
async def settling(
    tx: Transaction, *, merchant_ids: list[int], return_ids: list[int]
) -> list[Settling]:
    """Work out refunds, and find who delivered, who processed and who pays which share."""


@query
async def store_settlements(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    return_ids: list[int],
    refund_minor: list[int],
    settled_at: datetime,
) -> None:
    """Write down what was refunded and when."""


async def settle(
    tx: Transaction,
    subjects: Sequence[Subject],
    now: datetime,
    *,
    restock: Restock,
    post: Post,
) -> None:
    """Settle graded returns: dispose, restock, refund, share the fee, close.

    Units that came back are refunded at the price paid, whatever their grade; of those missing,
    the policy's percentage, half a minor unit rounded up. Shares by `split`.
    """
    merchant_ids = [s.merchant_id for s in subjects]
    return_ids = [s.subject_id for s in subjects]
    back = await dispose(
        tx,
        merchant_ids=merchant_ids,
        return_ids=return_ids,
        grades=list(DISPOSITIONS),
        dispositions=list(DISPOSITIONS.values()),
    )
    rows = await settling(tx, merchant_ids=merchant_ids, return_ids=return_ids)
    await store_settlements(
        tx,
        merchant_ids=[r.merchant_id for r in rows],
        return_ids=[r.return_id for r in rows],
        refund_minor=[r.refund_minor for r in rows],
        settled_at=now,
    )
    if back:
        units = [(b.merchant_id, b.node_id, b.sku_id, b.quantity, b.return_id) for b in back]
        await restock(tx, units, now)
    await post(tx, [posting for row in rows for posting in split(row)], now)
    await move(tx, [Subject(r.merchant_id, r.return_id) for r in rows], "settled", now)
