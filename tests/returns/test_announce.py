"""Announcing: the processor that fits, a reference of natural keys, and what it told before."""

from datetime import UTC, date, datetime

import msgspec
import pytest

from penstock.gateways.effects import ReturnRequest, VendorEvent
from penstock.gateways.intent import Settled
from penstock.gateways.port import Outcome
from penstock.orders.show import show
from penstock.returns.announce import prepare_announcements, record_announcements
from penstock.returns.approve import approve
from penstock.returns.record_events import record_events
from penstock.returns.request import request
from penstock.returns.returnable import NewReturn, ReturnLine
from penstock.tracking.escalate import escalate, exceptions, report

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def approved(tx, shop, keys):
    ids = await shop.orders(len(keys), lines=(3, 2))
    asks = [
        NewReturn(merchant_id=shop.merchant_id, request_key=key, order_id=order_id, reason="late",
                  lines=(ReturnLine(0, 2), ReturnLine(1, 1)))
        for key, order_id in zip(keys, ids, strict=True)
    ]  # fmt: skip
    await request(tx, asks, NOW)
    await approve(tx, await shop.due("requested"), NOW)
    return await shop.due("approved")


async def test_the_request_says_what_comes_back_under_natural_keys(tx, delivered):
    shop = await delivered.shop()
    subjects = await approved(tx, shop, ["K 1", "K2"])
    intents = await prepare_announcements(tx, subjects, NOW)
    assert [(i.subject, i.vendor) for i in intents] == [(s, "boomerang") for s in subjects]
    assert [i.request.reference for i in intents] == [f"{shop.code}/K%201", f"{shop.code}/K2"]
    assert msgspec.json.decode(intents[0].request.body, type=ReturnRequest) == ReturnRequest(
        reference=f"{shop.code}/K%201", country="US", units=3, reason="late", announced_at=NOW
    )


async def test_the_answer_is_kept_and_the_return_waits_for_its_parcel(tx, delivered):
    shop = await delivered.shop()
    intents = await prepare_announcements(tx, await approved(tx, shop, ["K"]), NOW)
    await record_announcements(tx, [shop.answer(i, currency="EUR") for i in intents], NOW)
    (rma,) = await tx.fetch(
        "SELECT vendor, label_reference, fee_minor, fee_currency, currency FROM returns.rma"
        " WHERE merchant_id = $1",
        shop.merchant_id,
    )
    assert tuple(rma) == ("boomerang", f"L-{shop.code}/K", 500, "EUR", "USD")
    assert await shop.statuses() == {"announced": 1}


@pytest.mark.parametrize(
    ("outcome", "reason", "detail"),
    [
        (Outcome("", "refused", detail="too big"), "return_refused", "too big"),
        (Outcome("", "done", b"{}"), "return_unusable", "could not be read"),
        (
            Outcome("", "done", b'{"reference":"","label_reference":"","fee_minor":-1,'
                                b'"currency":"USD"}'),
            "return_unusable", "could not be read",
        ),
    ],
)  # fmt: skip
async def test_what_is_refused_or_makes_no_sense_is_asked_again(
    tx, delivered, outcome, reason, detail
):
    shop = await delivered.shop()
    (intent,) = await prepare_announcements(tx, await approved(tx, shop, ["K"]), NOW)
    reported = []

    async def report(tx, troubles, now):
        reported.extend(troubles)

    await record_announcements(tx, [Settled(intent, outcome)], NOW, report=report)
    assert await shop.statuses() == {"approved": 1}
    ((merchant_id, return_id, why, fault, said),) = reported
    assert (merchant_id, return_id) == (intent.subject.merchant_id, intent.subject.subject_id)
    assert (why, fault) == (reason, "")
    assert detail in said
    assert await prepare_announcements(tx, [intent.subject], NOW) == [intent]


async def test_what_it_told_before_its_answer_was_known_is_applied_then(tx, delivered):
    shop = await delivered.shop()
    intents = await prepare_announcements(tx, await approved(tx, shop, ["K"]), NOW)
    early = VendorEvent(event_id="1", topic="return", about=f"{shop.code}/K", code="AT_DOCK",
                        occurred_at="2026-11-20T11:00:00Z")  # fmt: skip
    (answer,) = await record_events(tx, "boomerang", [early], NOW)
    assert answer.outcome == "held"
    await record_announcements(tx, [shop.answer(i, currency="EUR") for i in intents], NOW)
    assert await shop.statuses() == {"received": 1}


async def test_a_processor_of_the_lane_comes_first_and_none_means_waiting(tx, delivered):
    shop = await delivered.shop()
    subjects = await approved(tx, shop, ["K"])
    await tx.fetch(
        "INSERT INTO vendors.vendor (vendor, title, role, gateway, endpoint, joined_at)"
        " VALUES ('zwei', '', 'returns_processor', '', '', $1)",
        NOW,
    )
    await tx.fetch(
        "INSERT INTO vendors.rate VALUES ('zwei', $1, 'US', 'back', 1000, 1, 'USD', 1, 1, $2)",
        shop.node_id, date(2026, 1, 1),
    )  # fmt: skip
    (intent,) = await prepare_announcements(tx, subjects, NOW)
    assert intent.vendor == "zwei"
    await tx.fetch("DELETE FROM vendors.rate")
    await tx.fetch("DELETE FROM vendors.vendor WHERE role = 'returns_processor'")
    assert await prepare_announcements(tx, subjects, NOW) == []


async def test_a_return_that_nobody_takes_is_an_exception_until_somebody_does(tx, delivered):
    shop = await delivered.shop()
    subjects = await approved(tx, shop, ["K"])
    await tx.fetch("UPDATE vendors.vendor SET role = 'broker' WHERE vendor = 'boomerang'")
    for _ in range(2):
        assert await prepare_announcements(tx, subjects, NOW, report=report) == []
    (found,) = await exceptions(tx)
    assert (found.subject_id, found.reason) == (subjects[0].subject_id, "no_returns_processor")
    assert "sign one on" in found.detail
    address = '{"name": "A", "line1": "1", "city": "B", "country": "US"}'
    await tx.fetch("UPDATE orders.receipt SET ship_to = $1", address)
    (order,) = await tx.fetch("SELECT order_id FROM returns.rma")
    (sent_back,) = (await show(tx, None, order["order_id"])).returns
    assert (sent_back.status, sent_back.trouble) == ("approved", found.detail)
    await tx.fetch(
        "UPDATE vendors.vendor SET role = 'returns_processor' WHERE vendor = 'boomerang'"
    )
    intents = await prepare_announcements(tx, subjects, NOW, report=report)
    await record_announcements(tx, [shop.answer(i, currency="USD") for i in intents], NOW)
    await escalate(tx, NOW)
    assert await exceptions(tx) == []
