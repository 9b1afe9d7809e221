"""Answer what was answered before: the same order twice gets its first answer."""

from collections.abc import Sequence
from pathlib import Path

from penstock.orders.archived import FirstAnswer, first_answers
from penstock.orders.item import Answer, Item, refusal, unpaid_digest
from penstock.orders.look import Known

_REUSED = "this channel_order_id came before with another body; send it unchanged"


async def answer_known(
    merchant_id: int,
    items: Sequence[Item],
    found: Sequence[Known],
    archive_folder: Path | None = None,
) -> list[tuple[Item, Answer]]:
    """Answer the items known by their natural key, and tie what comes twice within the batch.

    What was answered in a month that is archived is looked up in `archive_folder`; where it cannot
    be read, the item is refused for now, as `archive_unreadable`.

    Returns the items in which nothing is new but that they are paid now, with their first answers.
    """
    paid: list[tuple[Item, Answer]] = []
    archived: list[tuple[Item, int]] = []
    for row in found:
        item = items[row.position - 1]
        if item.answer is not None:
            continue
        same = row.body_sha256 == item.sha256.hex()
        if not same and not _pays(item, row.body_sha256):
            item.answer = refusal(item, "key_reused", _REUSED, "/channel_order_id")
        elif row.outcome is None:
            archived.append((item, row.order_id))
        elif same or row.outcome != "accepted":
            item.answer = _first_answer(item, row.order_id, row)
        else:
            paid.append((item, _first_answer(item, row.order_id, row)))
    if archived:
        await _answer_archived(merchant_id, archived, archive_folder)
    known = {row.position - 1 for row in found}
    tie([item for i, item in enumerate(items) if i not in known and item.answer is None])
    return paid


def tie(items: Sequence[Item]) -> None:
    """Tie each item to the first of the same order, which it repeats or pays, or refuse it."""
    first: dict[tuple[str, str], Item] = {}
    for item in items:
        twin = first.setdefault((item.order.channel, item.order.channel_order_id), item)
        if twin is item:
            continue
        if twin.sha256 == item.sha256 or _pays(item, twin.sha256.hex()):
            item.twin = twin
        else:
            item.answer = refusal(item, "key_reused", _REUSED, "/channel_order_id")


def _pays(item: Item, body_sha256: str) -> bool:
    """Whether the item is the order of that digest, which came unpaid, with its payment."""
    return item.order.paid_at is not None and body_sha256 == unpaid_digest(item.order).hex()


async def _answer_archived(
    merchant_id: int, archived: Sequence[tuple[Item, int]], folder: Path | None
) -> None:
    answers = await first_answers(merchant_id, [order_id for _, order_id in archived], folder)
    for item, order_id in archived:
        if (first := answers.get(order_id)) is not None:
            item.answer = _first_answer(item, order_id, first)
        else:
            detail = "it came before, and its answer is archived and cannot be read now; try later"
            item.answer = refusal(item, "archive_unreadable", detail)


def _first_answer(item: Item, order_id: int, first: Known | FirstAnswer) -> Answer:
    accepted = first.outcome == "accepted"
    return Answer(
        item.order.channel_order_id,
        first.outcome or "",
        order_id if accepted else 0,
        first.detail or "",
        "",
        first.dispatch_by_at if accepted else None,
        first.deliver_by_at if accepted else None,
    )
