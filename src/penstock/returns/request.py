"""A shopper asks to send something back."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.returns.archived import say_archived
from penstock.returns.returnable import (
    Candidate,
    NewReturn,
    ReturnAnswer,
    decide,
    malformed,
    meant,
    refused,
)
from penstock.returns.take import take

Ask = tuple[int, NewReturn, list[Candidate]]
"""A request that may be taken: its position, itself, the delivered lines that it means."""


class KnownReturn(msgspec.Struct, frozen=True):
    """A request that was taken before."""

    position: int
    return_id: int
    body_sha256: bytes


class Returnable(msgspec.Struct, frozen=True):
    """Units of one locked line that are not on their way back yet."""

    merchant_id: int
    fulfilment_order_id: int
    line_no: int
    units: int


@query
async def known_returns(
    tx: Transaction, *, merchant_ids: list[int], request_keys: list[str]
) -> list[KnownReturn]:
    """Find the requests that were taken before, by their keys."""


@query
async def find_delivered(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    order_ids: list[int],
    channels: list[str],
    channel_order_ids: list[str],
    fulfilment_order_ids: list[int],
) -> list[Candidate]:
    """Find the lines of the fulfilment orders that requests name, delivered or not."""


@query
async def lock_lines(
    tx: Transaction,
    *,
    merchant_ids: list[int],
    fulfilment_order_ids: list[int],
    line_nos: list[int],
    delivered: list[int],
) -> list[Returnable]:
    """Lock the counters of delivered lines in key order (made where there are none)."""


async def request(
    tx: Transaction, requests: Sequence[NewReturn], now: datetime
) -> list[ReturnAnswer]:
    """Take requests for returns, of any merchants; one answer each, in their order.

    What is taken becomes a return in status `requested`, with the prices that were paid. The same
    request twice, in this batch or ever before, is one return.

    Raises:
        Retry: another transaction took one of the keys first; the runner repeats the batch.

    """
    answers: dict[int, ReturnAnswer] = {}
    for i, wanted in enumerate(requests):
        if (wrong := malformed(wanted)) is not None:
            answers[i] = wrong
    await _answer_known(tx, requests, answers)
    asks = await _find(tx, requests, answers)
    returnable = await _lock(tx, asks)
    await _answer_known(tx, requests, answers)  # what a rival took while we waited for the locks
    asks = [ask for ask in asks if ask[0] not in answers]
    verdicts = decide([(wanted, lines) for _, wanted, lines in asks], returnable)
    taken = []
    for (i, wanted, lines), verdict in zip(asks, verdicts, strict=True):
        if verdict is None:
            taken.append((i, wanted, lines))
        else:
            answers[i] = verdict
    ids = await take(tx, [(wanted, lines) for _, wanted, lines in taken], now)
    for (i, wanted, _), return_id in zip(taken, ids, strict=True):
        answers[i] = ReturnAnswer(wanted.merchant_id, wanted.request_key, "requested", return_id)
    by_key = {(a.merchant_id, a.request_key): a.return_id for a in answers.values() if a.return_id}
    return [_with_id(answers[i], by_key) for i in range(len(requests))]


def _with_id(answer: ReturnAnswer, by_key: dict[tuple[int, str], int]) -> ReturnAnswer:
    """Give a repetition within the batch the id of the return that it repeats."""
    if answer.outcome != "repeated":
        return answer
    return_id = by_key[answer.merchant_id, answer.request_key]
    return msgspec.structs.replace(answer, return_id=return_id)


async def _answer_known(
    tx: Transaction, requests: Sequence[NewReturn], answers: dict[int, ReturnAnswer]
) -> None:
    asking = [(i, r) for i, r in enumerate(requests) if i not in answers]
    found = await known_returns(
        tx,
        merchant_ids=[r.merchant_id for _, r in asking],
        request_keys=[r.request_key for _, r in asking],
    )
    for row in found:
        i, wanted = asking[row.position]
        if row.body_sha256 == wanted.sha256:
            key = wanted.request_key
            answers[i] = ReturnAnswer(wanted.merchant_id, key, "repeated", row.return_id)
        else:
            detail = "this request_key came before with another body; send it unchanged"
            answers[i] = refused(wanted, "key_reused", detail)


async def _find(
    tx: Transaction, requests: Sequence[NewReturn], answers: dict[int, ReturnAnswer]
) -> list[Ask]:
    asking = [(i, r) for i, r in enumerate(requests) if i not in answers]
    rows = await find_delivered(
        tx,
        merchant_ids=[r.merchant_id for _, r in asking],
        order_ids=[r.order_id for _, r in asking],
        channels=[r.channel for _, r in asking],
        channel_order_ids=[r.channel_order_id for _, r in asking],
        fulfilment_order_ids=[r.fulfilment_order_id for _, r in asking],
    )
    by_position: dict[int, list[Candidate]] = {}
    for row in rows:
        by_position.setdefault(row.position, []).append(row)
    asks = []
    for position, (i, wanted) in enumerate(asking):
        lines = meant(wanted, by_position.get(position, []))
        if isinstance(lines, ReturnAnswer):
            answers[i] = lines
        else:
            asks.append((i, wanted, lines))
    await say_archived(tx, asking, answers)
    return asks


async def _lock(tx: Transaction, asks: Sequence[Ask]) -> dict[tuple[int, int, int], int]:
    lines = {
        (c.merchant_id, c.fulfilment_order_id, c.line_no): c.quantity
        for _, _, found in asks
        for c in found
    }
    if not lines:
        return {}
    rows = await lock_lines(
        tx,
        merchant_ids=[merchant_id for merchant_id, _, _ in lines],
        fulfilment_order_ids=[fulfilment_order_id for _, fulfilment_order_id, _ in lines],
        line_nos=[line_no for _, _, line_no in lines],
        delivered=list(lines.values()),
    )
    return {(r.merchant_id, r.fulfilment_order_id, r.line_no): r.units for r in rows}
