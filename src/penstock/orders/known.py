"""Answer what was answered before: the same order twice gets its first answer."""

from collections.abc import Sequence

from penstock.orders.item import Answer, Item, refusal
from penstock.orders.look import Known

_REUSED = "this channel_order_id came before with another body; send it unchanged"


def answer_known(items: Sequence[Item], found: Sequence[Known]) -> None:
    """Answer the items known by their natural key, and tie repetitions within the batch."""
    for row in found:
        item = items[row.position - 1]
        if item.answer is not None:
            continue
        if row.body_sha256 != item.sha256.hex():
            item.answer = refusal(item, "key_reused", _REUSED, "/channel_order_id")
        else:
            item.answer = Answer(
                item.order.channel_order_id,
                row.outcome,
                row.order_id if row.outcome == "accepted" else 0,
                row.detail,
                "",
                row.dispatch_by_at if row.outcome == "accepted" else None,
                row.deliver_by_at if row.outcome == "accepted" else None,
            )
    first: dict[tuple[str, str], Item] = {}
    for item in items:
        twin = first.setdefault((item.order.channel, item.order.channel_order_id), item)
        if twin is item or item.answer is not None:
            continue
        if twin.sha256 == item.sha256:
            item.twin = twin
        else:
            item.answer = refusal(item, "key_reused", _REUSED, "/channel_order_id")
