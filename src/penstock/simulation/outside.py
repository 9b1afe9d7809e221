"""All who are outside: channels send orders, vendors report, shoppers cancel and return."""

import asyncio
from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import chain, groupby
from typing import Any
from urllib.parse import unquote

import msgspec

from penstock.api.orders import Cancellation
from penstock.api.receipt import Batch
from penstock.api.returns import ReturnAnswers
from penstock.api.vendors import EventAnswers
from penstock.gateways.effects import LabelRequest, VendorEvent
from penstock.simulation.books import Books, Report, Wish
from penstock.simulation.chance import Chance
from penstock.simulation.client import Client
from penstock.simulation.scenario import Scenario
from penstock.simulation.shoppers import Sent
from penstock.simulation.ticks import telling

_ORDERS_PER_CALL = 2_000
_EVENTS_PER_CALL = 2_000
_CANCELLED = msgspec.json.Decoder(Cancellation)
_EVENT = msgspec.json.Decoder(VendorEvent)
_LABEL = msgspec.json.Decoder(LabelRequest)
_DELIVERED = frozenset({"DELIVERED", "500"})
_CHANGES_MIND = 0.012
_CHANGED_MIND = "changed_mind"
_SAID_OF_RETURNS = frozenset({"requested", "repeated", "too_many_units", "unknown_line"})
"""A shopper asks for the first line, which of an order in two parcels may not have come."""
_REASONS = (
    (_CHANGED_MIND, 0.55), ("not_as_described", 0.25), ("damaged", 0.12), ("wrong_item", 0.08),
)  # fmt: skip


class Outside:
    """Plays everybody beyond the API, from their own books."""

    def __init__(
        self,
        scenario: Scenario,
        chance: Chance,
        books: Books,
        sent: Sequence[Sent],
        channels: dict[str, Client],
        vendors: dict[str, Client],
    ) -> None:
        """Take the evening's orders, and a client for each merchant and vendor."""
        self._scenario = scenario
        self._chance = chance
        self._books = books
        self._sent = sent
        self._channels = channels
        self._vendors = vendors
        self._return_shares = {
            (seller.code, sku.code): sku.return_share
            for seller in scenario.sellers
            for sku in seller.skus
        }

    async def act(self, before: datetime, now: datetime) -> None:
        """Send what became due after `before` up to `now`; sent twice, it counts once."""
        first, last = (bisect_right(self._sent, at, key=_sent_at) for at in (before, now))
        await self._order(self._sent[first:last])
        tells = telling(self._scenario, before, now)
        if tells:
            await self._report(now)
        await self._cancel(self._books.due_wishes("cancel", now))
        if tells:
            await self._return(self._books.due_wishes("return", now))

    async def _order(self, sent: Sequence[Sent]) -> None:
        for merchant, group in groupby(sorted(sent, key=lambda s: s.merchant), _merchant):
            orders = list(group)
            for start in range(0, len(orders), _ORDERS_PER_CALL):
                some = orders[start : start + _ORDERS_PER_CALL]
                body = b"\n".join(order.body for order in some)
                answer = await self._channels[merchant].post("/v1/orders:batch", body, Batch)
                self._keep(merchant, some, answer)

    def _keep(self, merchant: str, orders: Sequence[Sent], answer: Batch) -> None:
        rows, wishes = [], []
        for order, taken in zip(orders, answer.answers, strict=True):
            code, detail = taken.outcome, taken.detail
            if taken.outcome == "invalid":
                code, detail = taken.errors[0].code, taken.errors[0].detail
            rows.append((order.key, code, detail))
            if taken.outcome == "accepted" and self._chance.happens(
                _CHANGES_MIND, "cancel", order.key
            ):
                waits = timedelta(minutes=self._chance.exponential(40.0, "cancel", order.key))
                body = msgspec.json.encode(Cancellation((taken.order_id,), _CHANGED_MIND))
                wishes.append(
                    Wish(f"cancel {order.key}", "cancel", merchant, order.at + waits, body)
                )
        self._books.acknowledge(merchant, rows)
        self._books.add_wishes(wishes)

    async def _report(self, now: datetime) -> None:
        """Let vendors tell what is due, all at once: they know nothing of one another."""
        by_vendor: dict[str, list[Report]] = {}
        for report in self._books.due_reports(now):
            by_vendor.setdefault(report.vendor, []).append(report)
        await asyncio.gather(*(self._tell(vendor, due, now) for vendor, due in by_vendor.items()))

    async def _tell(self, vendor: str, due: Sequence[Report], now: datetime) -> None:
        for start in range(0, len(due), _EVENTS_PER_CALL):
            some = due[start : start + _EVENTS_PER_CALL]
            body = b'{"events":[' + b",".join(r.event for r in some) + b"]}"
            answers = await self._vendors[vendor].post("/v1/vendor-events", body, EventAnswers)
            assert set(answers.counts) <= {"recorded", "repeated"}, answers.counts
            self._receive(vendor, some)
        self._books.told_reports(vendor, now)

    def _receive(self, vendor: str, reports: Sequence[Report]) -> None:
        """Let shoppers have their parcels; some will send them back."""
        events = [(_EVENT.decode(report.event), report) for report in reports if report.copy == 0]
        delivered = {
            event.about: report.due_at
            for event, report in events
            if event.topic == "parcel" and event.code in _DELIVERED
        }
        labels = self._books.labelled(vendor, list(delivered))
        wishes = [self._regret(labels[number], at) for number, at in delivered.items()]
        self._books.add_wishes(wish for wish in wishes if wish is not None)

    def _regret(self, request: bytes, at: datetime) -> Wish | None:
        reference = _LABEL.decode(request).reference
        merchant, channel, key = (unquote(part) for part in reference.split("/")[:3])
        order = self._orders_by_key().get(key)
        if order is None:
            return None
        line = order["lines"][0]
        share = self._return_shares[merchant, line["sku"]]
        if not self._chance.happens(share, "return", key):
            return None
        reason = self._chance.choice([r for r, _ in _REASONS], [w for _, w in _REASONS], "why", key)
        body: dict[str, Any] = {
            "request_key": f"R-{key}",
            "channel": channel,
            "channel_order_id": key,
            "reason": reason,
            "lines": [{"line_no": 0, "quantity": 1}],
        }
        waits = timedelta(hours=6 + self._chance.exponential(40.0, "regret", key))
        return Wish(f"return {key}", "return", merchant, at + waits, msgspec.json.encode(body))

    def _orders_by_key(self) -> dict[str, Any]:
        if not hasattr(self, "_by_key"):
            self._by_key: dict[str, Any] = {s.key: msgspec.json.decode(s.body) for s in self._sent}
        return self._by_key

    async def _cancel(self, wishes: Sequence[Wish]) -> None:
        for merchant, group in groupby(sorted(wishes, key=_merchant), _merchant):
            asked = list(group)
            orders = chain.from_iterable(_CANCELLED.decode(wish.body).orders for wish in asked)
            body = Cancellation(tuple(orders), _CHANGED_MIND)
            await self._channels[merchant].post("/v1/orders:cancel", body, list[Any])
            self._books.told_wishes(asked)

    async def _return(self, wishes: Sequence[Wish]) -> None:
        for merchant, group in groupby(sorted(wishes, key=lambda w: w.merchant), _merchant):
            asked = list(group)
            body = b'{"requests":[' + b",".join(w.body for w in asked) + b"]}"
            answers = await self._channels[merchant].post("/v1/returns", body, ReturnAnswers)
            assert set(answers.counts) <= _SAID_OF_RETURNS, answers
            self._books.told_wishes(asked)


def _sent_at(item: Sent) -> datetime:
    return item.at


def _merchant(item: Sent | Wish) -> str:
    return item.merchant
