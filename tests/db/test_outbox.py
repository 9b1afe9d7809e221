"""An announcement lies in the outbox with its payload, in the order given."""

import json
from datetime import UTC, datetime

from penstock.db.outbox import announce

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def test_announced_in_the_order_given(tx):
    await announce(
        tx, topic="test.told", merchant_ids=[2, 1], subject_ids=[7, 8], at=NOW,
        payloads=['{"a": 1}', "{}"],
    )  # fmt: skip
    rows = await tx.fetch(
        "SELECT merchant_id, subject_id, at, payload FROM outbox.events WHERE topic = 'test.told'"
        " ORDER BY event_id"
    )
    assert [(*row[:3], json.loads(row[3])) for row in rows] == [
        (2, 7, NOW, {"a": 1}), (1, 8, NOW, {}),
    ]  # fmt: skip
