"""Delivered orders, from which returns begin."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from penstock.gateways.effects import ReturnAnnounced, VendorEvent
from penstock.gateways.intent import Settled
from penstock.gateways.port import Outcome
from penstock.lifecycle.advance import Subject, new_ids
from penstock.returns.announce import prepare_announcements, record_announcements
from penstock.returns.approve import approve
from penstock.returns.load_policies import load_policies
from penstock.returns.record_events import record_events
from penstock.returns.request import request
from penstock.returns.returnable import NewReturn, ReturnLine

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class Delivered:
    """A merchant whose orders have arrived, by the carrier swift; boomerang takes returns back."""

    def __init__(self, tx, make):
        self.tx, self.make = tx, make

    async def shop(self, *, country="US"):
        self.merchant_id = await self.make.merchant(country=country)
        self.node_id = await self.make.node()
        self.sku_id = await self.make.sku(self.merchant_id)
        self.country = country
        self.code = await self.make.one(
            "SELECT code FROM merchants.merchant WHERE merchant_id = $1", self.merchant_id
        )
        await load_policies(self.tx)
        for vendor, role in (("boomerang", "returns_processor"), ("swift", "carrier")):
            await self.tx.fetch(
                "INSERT INTO vendors.vendor (vendor, title, role, gateway, endpoint, joined_at)"
                " VALUES ($1, $1, $2, 'sandbox', '', $3) ON CONFLICT DO NOTHING",
                vendor, role, NOW,
            )  # fmt: skip
        return self

    async def orders(self, count, *, lines=(2,), at=NOW - timedelta(days=5), price_minor=1999):
        """Orders of lines with these quantities, delivered at `at`; their order ids."""
        ids = await new_ids(self.tx, count=count, at=NOW)
        await self.tx.fetch(
            "INSERT INTO orders.receipt SELECT $1, id, 'test', 'T-' || id, 'accepted', '', $3,"
            " 'USD', 0, 0, 'available', NULL, '', '{}', $4, $4, $4, $4, $4"
            " FROM unnest($2::bigint[]) AS id",
            self.merchant_id, ids, self.country, at - timedelta(days=3),
        )  # fmt: skip
        await self.tx.fetch(
            "INSERT INTO orders.key SELECT $1, 'test', 'T-' || id, id, ''"
            " FROM unnest($2::bigint[]) AS id",
            self.merchant_id, ids,
        )  # fmt: skip
        await self.tx.fetch(
            "INSERT INTO orders.line SELECT $1, id, no - 1, $3, 0, quantity, quantity, 0, $5"
            " FROM unnest($2::bigint[]) AS id,"
            " unnest($4::int[]) WITH ORDINALITY AS l (quantity, no)",
            self.merchant_id, ids, self.sku_id, list(lines), price_minor,
        )  # fmt: skip
        await self.tx.fetch(
            "INSERT INTO allocation.fulfilment_order"
            " (merchant_id, fulfilment_order_id, order_id, node_id)"
            " SELECT $1, id, id, $3 FROM unnest($2::bigint[]) AS id",
            self.merchant_id, ids, self.node_id,
        )  # fmt: skip
        await self.tx.fetch(
            "INSERT INTO allocation.fulfilment_line"
            " SELECT merchant_id, order_id, line_no, sku_id, quantity FROM orders.line"
            " WHERE merchant_id = $1 AND order_id = ANY ($2::bigint[])",
            self.merchant_id, ids,
        )  # fmt: skip
        await self.tx.fetch(
            "INSERT INTO lifecycle.subject"
            " (merchant_id, subject_id, kind, status, since_at, due_at, deadline_at)"
            " SELECT $1, id, 'fulfilment_order', 'delivered', $3, 'infinity', 'infinity'"
            " FROM unnest($2::bigint[]) AS id",
            self.merchant_id, ids, at,
        )  # fmt: skip
        await self.labels(ids)
        return ids

    async def labels(self, ids):
        await self.tx.fetch(
            "INSERT INTO warehouse.parcel SELECT $1, id + 1000000, id, 1, $3, 'US', 'P1', 100, 'p',"
            " $4 FROM unnest($2::bigint[]) AS id",
            self.merchant_id, ids, self.node_id, NOW,
        )  # fmt: skip
        await self.tx.fetch(
            "INSERT INTO shipping.label (merchant_id, parcel_id, vendor, service, tracking_number,"
            " fee_minor, currency, bought_at, pickup_at, deliver_by_at)"
            " SELECT $1, id + 1000000, 'swift', 's', 'N' || $1::int || '-' || id, 450, 'USD',"
            " $3, $3, $3 FROM unnest($2::bigint[]) AS id",
            self.merchant_id, ids, NOW,
        )  # fmt: skip

    async def statuses(self):
        rows = await self.tx.fetch(
            "SELECT status, count(*) FROM lifecycle.subject"
            " WHERE merchant_id = $1 AND kind = 'return' GROUP BY 1",
            self.merchant_id,
        )
        return {row[0]: row[1] for row in rows}

    async def announced(self, keys, *, lines=((0, 1),), reason="late", fee_minor=500, order=(2,)):
        """Returns that boomerang expects, by their request keys."""
        ids = await self.orders(len(keys), lines=order)
        asks = [
            NewReturn(merchant_id=self.merchant_id, request_key=key, order_id=order_id,
                      reason=reason, lines=tuple(ReturnLine(*line) for line in lines))
            for key, order_id in zip(keys, ids, strict=True)
        ]  # fmt: skip
        assert {a.outcome for a in await request(self.tx, asks, NOW)} == {"requested"}
        await approve(self.tx, await self.due("requested"), NOW)
        intents = await prepare_announcements(self.tx, await self.due("approved"), NOW)
        await record_announcements(self.tx, [self.answer(i, fee_minor) for i in intents], NOW)
        return ids

    def answer(self, intent, fee_minor=500, currency="USD"):
        reference = intent.request.reference
        body = ReturnAnnounced(reference=reference, label_reference=f"L-{reference}",
                               fee_minor=fee_minor, currency=currency)  # fmt: skip
        return Settled(intent, Outcome(reference, "done", msgspec.json.encode(body)))

    async def graded(self, keys, grades="A", **returned):
        """Returns that came back and were graded."""
        ids = await self.announced(keys, **returned)
        events = [
            VendorEvent(event_id=f"{self.code}-{key}-{code}", topic="return", code=code,
                        about=f"{self.code}/{key}", occurred_at="2026-11-24T10:00:00Z",
                        detail=grades)
            for key in keys for code in ("received", "graded")
        ]  # fmt: skip
        answers = await record_events(self.tx, "boomerang", events, NOW + timedelta(days=5))
        assert {a.outcome for a in answers} == {"applied"}
        return ids

    async def due(self, status):
        rows = await self.tx.fetch(
            "SELECT merchant_id, subject_id FROM lifecycle.subject"
            " WHERE merchant_id = $1 AND kind = 'return' AND status = $2 ORDER BY 2",
            self.merchant_id, status,
        )  # fmt: skip
        return [Subject(*row) for row in rows]


@pytest.fixture
async def fresh_plans(tx):
    """Plans for the data that is there, not the one kept from when the tables were empty."""
    await tx.fetch("SET LOCAL plan_cache_mode = force_custom_plan")


@pytest.fixture
def delivered(tx, make):
    return Delivered(tx, make)


@pytest.fixture
def delivered_in(make_in):
    """The same in a transaction that the test opens itself."""
    return lambda tx: Delivered(tx, make_in(tx))
