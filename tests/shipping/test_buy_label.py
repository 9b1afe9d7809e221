"""A label is bought once, whatever is lost on the way; a refusing carrier gives way to the next."""

import json
from datetime import UTC, datetime, timedelta
from functools import partial

import httpx
import msgspec
import pytest

from penstock.db.transaction import OPERATOR
from penstock.gateways.effects import LabelRequest
from penstock.gateways.intent import Settled
from penstock.gateways.port import Outcome
from penstock.gateways.sandbox import SandboxGateway
from penstock.shipping.buy_label import prepare_labels, record_labels
from penstock.worker.identity import Identity
from penstock.worker.loop import Worker
from penstock.worker.step import Call, Due

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def prepared(road, parcels, now=NOW):
    return await prepare_labels(road.tx, parcels, now, ports=road.ports)


async def recorded(road, settled, now=NOW):
    await record_labels(road.tx, settled, now, ports=road.ports)


async def test_the_request_says_what_the_label_needs(road, make):
    node = await make.node()
    await road.lane("swift", node, days=3, service="ground", zone="America/New_York")
    (parcel,) = await road.packed(node, keys=["A/1 %"])
    (intent,) = await prepared(road, [parcel])
    request = msgspec.json.decode(intent.request.body, type=LabelRequest)
    code = await make.one(
        "SELECT code FROM merchants.merchant WHERE merchant_id = $1", parcel.merchant_id
    )
    assert intent.vendor == "swift"
    assert request.reference == intent.request.reference == f"{code}/test/A%2F1%20%25/1/1"
    assert (request.service, request.weight_g, request.length_mm) == ("ground", 800, 300)
    assert request.ship_to.city == "Austin"
    assert request.deliver_by_at == datetime(2026, 11, 24, 4, 59, 59, tzinfo=UTC)


async def test_references_name_orders_and_parcels_not_ids(road, make):
    node = await make.node()
    await road.lane("swift", node)
    merchant = await make.merchant()
    first = await road.packed(node, 2, each=2, merchant_id=merchant, keys=["X", "Y"])
    ends = [
        i.request.reference.split("/", 2)[2]
        for i in sorted(await prepared(road, first), key=lambda i: i.subject.subject_id)
    ]
    assert ends == ["X/1/1", "X/1/2", "Y/1/1", "Y/1/2"]
    again = await prepared(road, first)
    assert sorted(i.request.reference.split("/", 2)[2] for i in again) == ends


async def test_a_bought_label_waits_for_its_pick_up(road, make, settled_as_bought):
    node = await make.node()
    await road.lane("swift", node, days=3)
    (parcel,) = await road.packed(node)
    (intent,) = await prepared(road, [parcel])
    late = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    settled = [settled_as_bought(intent, fee=512)]
    await recorded(road, settled, late)
    await recorded(road, settled, late)
    assert [(p.vendor, p.fee_minor) for p in road.posted.rows] == [("swift", 512)]
    (label,) = await road.tx.fetch(
        "SELECT l.pickup_at, l.deliver_by_at, s.due_at, s.status FROM shipping.label AS l"
        " JOIN lifecycle.subject AS s ON s.subject_id = l.parcel_id"
    )
    tomorrow = datetime(2026, 11, 21, 23, 0, tzinfo=UTC)
    promised = datetime(2026, 11, 25, 5, 59, 59, tzinfo=UTC)
    assert tuple(label) == (tomorrow, promised, tomorrow, "labelled")


@pytest.mark.parametrize(
    "outcome",
    [
        {"state": "refused", "detail": "too far"},
        {"state": "done", "body": b"{"},
        {"state": "done", "body": b'{"reference":"r","tracking_number":"","fee_minor":1,'
                                  b'"currency":"USD"}'},
        {"state": "done", "body": b'{"reference":"r","tracking_number":"X","fee_minor":-1,'
                                  b'"currency":"USD"}'},
        {"state": "done", "body": b'{"reference":"r","tracking_number":"X\\u0000",'
                                  b'"fee_minor":1,"currency":"USD"}'},
    ],
)  # fmt: skip
async def test_a_refusal_goes_to_the_next_carrier(road, make, outcome):
    node = await make.node()
    await road.lane("first", node, fee=1, a_day=1)
    await road.lane("second", node, fee=2)
    (parcel,) = await road.packed(node)
    (intent,) = await prepared(road, [parcel])
    await recorded(road, [Settled(intent, Outcome(intent.request.reference, **outcome))])
    assert await road.status([parcel]) == ["awaiting_label"]
    assert road.posted.rows == []
    assert [r[:2] for r in road.reported.rows] == [(parcel.merchant_id, parcel.subject_id)]
    (again,) = await prepared(road, [parcel])
    assert (intent.vendor, again.vendor) == ("first", "second")
    loads = await road.tx.fetch("SELECT vendor, parcels FROM shipping.booking ORDER BY 1")
    assert [tuple(r) for r in loads] == [("first", 0), ("second", 1)]


async def test_a_tracking_number_of_another_parcel_is_no_label(road, make, settled_as_bought):
    node = await make.node()
    await road.lane("first", node)
    parcels = await road.packed(node, 2)
    one, two = await prepared(road, parcels)
    copied = settled_as_bought(one).outcome.body
    await recorded(road, [settled_as_bought(one), Settled(two, Outcome("r", "done", copied))])
    assert sorted(await road.status(parcels)) == ["awaiting_label", "labelled"]
    assert [r[2] for r in road.reported.rows] == ["label_unusable"]
    assert len(road.posted.rows) == 1


class Carrier:
    """A vendor in the wire format, which now and then acts and falls silent."""

    def __init__(self, silent):
        self.books, self.silent, self.asked = {}, silent, 0

    def __call__(self, request):
        items = json.loads(request.content)
        if request.url.path.endswith(":find"):
            self.asked += 1
            found = [self.books.get(name, {"reference": name, "state": "absent"}) for name in items]
            return httpx.Response(200, json=found)
        for item in items:
            name = item["reference"]
            number = f"N{len(self.books)}"
            self.books.setdefault(name, {
                "reference": name, "state": "done",
                "body": {"reference": name, "tracking_number": number, "fee_minor": 7,
                         "currency": "USD"},
            })  # fmt: skip
        if self.silent:
            self.silent -= 1
            raise httpx.ReadTimeout("gone")
        return httpx.Response(200, json=[self.books[item["reference"]] for item in items])


async def test_booked_and_the_answer_lost_is_one_label_and_one_charge(
    database, database_url, road_in
):
    carrier, roads = Carrier(silent=1), []

    async def build(tx):
        roads.append(road_in(tx))
        node = await roads[0].make.node()
        await roads[0].lane("swift", node)
        await roads[0].packed(node, 3)

    await database.run(OPERATOR, build)
    ports = roads[0].ports
    call = Call(
        "buy_label", Due("parcel", "awaiting_label"), "labels",
        partial(prepare_labels, ports=ports), partial(record_labels, ports=ports),
    )  # fmt: skip
    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(carrier)) as client,
        Identity(database_url) as identity,
    ):
        worker = Worker(database, identity, [call], {"sandbox": SandboxGateway(client)})
        await worker.drain(NOW)
        await worker.drain(NOW + timedelta(minutes=5))
        await worker.drain(NOW + timedelta(minutes=10))
    assert carrier.asked == 1
    labels = await database.run(
        OPERATOR, lambda tx: tx.fetch("SELECT tracking_number FROM shipping.label ORDER BY 1")
    )
    booked = sorted(entry["body"]["tracking_number"] for entry in carrier.books.values())
    assert [r[0] for r in labels] == booked
    assert len(booked) == 3
    assert len(roads[0].posted.rows) == 3
