"""What was announced and never sent lapses, and may be asked for again."""

from datetime import UTC, datetime, timedelta

from penstock.gateways.effects import VendorEvent
from penstock.returns.lapse import lapse
from penstock.returns.record_events import record_events
from penstock.returns.request import request
from penstock.returns.returnable import NewReturn, ReturnLine

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PATIENCE = timedelta(days=21)


async def test_after_the_deadline_and_not_before(tx, delivered):
    shop = await delivered.shop()
    await shop.announced(["A", "B"])
    assert await lapse(tx, NOW + PATIENCE - timedelta(seconds=1)) == 0
    assert await lapse(tx, NOW + PATIENCE) == 2
    assert await lapse(tx, NOW + PATIENCE) == 0
    assert await shop.statuses() == {"lapsed": 2}


async def test_what_is_on_its_way_does_not(tx, delivered):
    shop = await delivered.shop()
    await shop.announced(["A", "B"])
    sent = VendorEvent(event_id="e", topic="return", about=f"{shop.code}/A", code="in_transit",
                       occurred_at="2026-11-21T10:00:00Z")  # fmt: skip
    await record_events(tx, "boomerang", [sent], NOW + timedelta(days=1))
    assert await lapse(tx, NOW + PATIENCE) == 1
    assert await shop.statuses() == {"in_transit": 1, "lapsed": 1}
    late = VendorEvent(event_id="f", topic="return", about=f"{shop.code}/B", code="received",
                       occurred_at="2026-12-21T10:00:00Z")  # fmt: skip
    (answer,) = await record_events(tx, "boomerang", [late], NOW + timedelta(days=31))
    assert answer.outcome == "too_late"


async def test_its_units_may_be_asked_for_again(tx, delivered):
    shop = await delivered.shop()
    (order_id,) = await shop.announced(["A"], lines=((0, 2),))
    ask = NewReturn(merchant_id=shop.merchant_id, request_key="B", order_id=order_id,
                    reason="late", lines=(ReturnLine(0, 1),))  # fmt: skip
    assert (await request(tx, [ask], NOW))[0].outcome == "too_many_units"
    await lapse(tx, NOW + PATIENCE)
    assert (await request(tx, [ask], NOW))[0].outcome == "requested"
