"""The shopper is told the new dates, one event an order."""

from datetime import UTC, datetime, timedelta

import msgspec

from penstock.promise.tell_extended import TOPIC, Extended, tell_extended

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def test_each_extended_order_is_told_with_its_dates(tx, make):
    merchant_id = await make.merchant()
    later = NOW + timedelta(days=3)
    extended = [Extended(merchant_id, n, n, later, later + timedelta(days=4)) for n in (1, 2)]
    await tell_extended(tx, extended, NOW)
    await tell_extended(tx, [], NOW)
    rows = await tx.fetch(
        "SELECT subject_id, payload::text FROM outbox.events WHERE merchant_id = $1 AND topic = $2"
        " ORDER BY event_id",
        merchant_id, TOPIC,
    )  # fmt: skip
    told = [(row[0], msgspec.json.decode(row[1])) for row in rows]
    assert [(order, said["days"], said["because"]) for order, said in told] == [
        (1, 1, "handling_capacity"), (2, 2, "handling_capacity"),
    ]  # fmt: skip
    assert told[0][1]["dispatch_by_at"].startswith("2026-11-23T12:00")
