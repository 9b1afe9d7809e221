"""An order on the floor: handed out, picked, short, packed, and handed over to its carrier."""

from datetime import timedelta

import msgspec
import pytest

from penstock import journey, lending
from penstock.gateways.effects import LabelBought, ManifestClosed
from penstock.gateways.port import Outcome
from penstock.worker.identity import Identity
from penstock.worker.loop import Worker

ORDER = {
    "channel": "web", "currency": "USD", "ordered_at": "2026-11-20T11:59:00Z",
    "paid_at": "2026-11-20T11:59:00Z",
    "ship_to": {"name": "Ada", "line1": "1 High St", "city": "Austin", "country": "US",
                "region": "TX", "postal_code": "78701"},
    "lines": [{"sku": "LAMP", "quantity": 2, "unit_price_minor": 1999}],
}  # fmt: skip


class Carrier:
    """A carrier that does whatever it is asked for."""

    async def send(self, vendor, effect, requests):
        return [self.done(effect, r.reference) for r in requests]

    async def find(self, vendor, effect, references):
        return [Outcome(reference, "absent") for reference in references]

    def done(self, effect, reference):
        number = f"T-{reference}"
        told = (
            LabelBought(reference=reference, tracking_number=number, fee_minor=500, currency="USD")
            if effect == "labels"
            else ManifestClosed(reference=reference, vendor_reference=number)
        )
        return Outcome(reference, "done", msgspec.json.encode(told))


async def shop(make):
    await lending.set_up(make.tx)
    merchant_id = await make.merchant()
    pool = await make.pool(merchant_id, [node := await make.node()])
    sku = await make.sku(merchant_id, code="LAMP")
    await make.stock(merchant_id, node, pool, sku, 4)
    return merchant_id, node


@pytest.fixture
async def floor(api, database_url):
    """Two orders on the floor of the only node; how its people ask, and a worker beside them."""
    merchant_id, node = await api.made(shop)
    operator = await api.key()
    lane = {
        "vendor": "swift", "node_id": node, "country": "US", "service": "ground",
        "weight_to_g": 30_000, "fee_minor": 500, "currency": "USD", "transit_days": 2,
        "parcels_per_day": 100, "effective_from": "2026-01-01",
    }  # fmt: skip
    swift = {
        "vendor": "swift", "title": "Swift", "role": "carrier", "gateway": "test",
        "endpoint": "here", "zone": "America/Chicago",
    }  # fmt: skip
    pickup = {"vendor": "swift", "node_id": node, "cut_off": "17:00:00"}
    for path, body in (
        ("vendors", {"vendors": [swift]}),
        ("rates", {"rates": [lane]}),
        ("pickups", {"pickups": [pickup]}),
    ):
        answer = await api.client.post(f"/v1/{path}", json=body, headers=operator)
        assert answer.status_code == 204, answer.text
    owner = await api.key("merchant", merchant_id=merchant_id)
    for key in ("A-1", "A-2"):
        order = ORDER | {"channel_order_id": key}
        assert (await api.client.post("/v1/orders", json=order, headers=owner)).is_success
    people = await api.key("floor", node_id=node)

    async def ask(path, body=None, who=people):
        answer = await api.client.request(
            "GET" if body is None else "POST", f"/v1/nodes/{node}/{path}", json=body, headers=who
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    async with Identity(database_url) as identity:
        worker = Worker(api.database, identity, journey.JOURNEY, {"test": Carrier()})
        await worker.drain(api.clock.at)
        ask.worker, ask.owner = worker, owner
        yield ask


async def statuses(api, floor):
    """Of the two orders, in the order in which they came."""
    page = (await api.client.get("/v1/orders", headers=floor.owner)).json()
    return [order["status"] for order in reversed(page["orders"])]


async def test_a_day_on_the_floor(api, floor):
    work = await floor("work")
    assert work["backlog"] == {
        "batches_waiting": 1, "batches_in_hand": 0, "orders_to_pick": 2, "orders_to_pack": 0,
    }  # fmt: skip
    assert (await floor("work?limit=0"))["waiting"] == []
    (batch,) = await floor("picks:next", {"pickers": ["pat", "sam"]})
    assert (batch["picker"], batch["lines"][0]["units"]) == ("pat", 4)
    assert await floor("picks:next", {"pickers": ["pat"]}) == [batch]

    first, second = batch["lines"][0]["parts"]
    scan = {"merchant_id": 1, "sku": "LAMP"}
    lines = [
        scan | {"fulfilment_order_id": first["fulfilment_order_id"], "line_no": 0, "picked": 2},
        scan | {"fulfilment_order_id": second["fulfilment_order_id"], "line_no": 0, "picked": 1},
    ]
    said = {"confirmations": [{"batch_id": batch["batch_id"], "picker": "pat", "lines": lines}]}
    assert [a["outcome"] for a in await floor("picks:confirm", said)] == ["picked", "short"]
    assert await statuses(api, floor) == ["picked", "cancelled"]

    done = {"merchant_id": 1, "fulfilment_order_id": first["fulfilment_order_id"], "packer": "kim"}
    (packed,) = await floor("packs", {"packs": [done]})
    assert packed["outcome"] == "packed"
    (again,) = await floor("packs", {"packs": [done]})
    assert again["outcome"] == "repeated"

    assert await floor("manifests") == []
    for _ in range(12):
        await floor.worker.drain(api.clock.at)
        if waiting := await floor("manifests"):
            break
        api.clock.at += timedelta(hours=1)
    (manifest,) = waiting
    assert (manifest["vendor"], manifest["left"]) == ("swift", 1)
    loaded = {"hand_overs": [{"manifest": manifest["manifest"]}, {"manifest": "another"}]}
    answers = await floor("hand-overs", loaded)
    assert [a["outcome"] for a in answers] == ["complete", "unknown_manifest"]
    assert await statuses(api, floor) == ["shipped", "cancelled"]
    audited = await api.client.get("/v1/audit", headers=await api.key())
    assert (audited.status_code, audited.json()) == (200, [])


async def test_a_floor_works_at_its_own_node(api, floor):
    elsewhere = await api.made(lambda make: make.node())
    key = await api.key("floor", node_id=elsewhere, vendor="")  # another id than the other floor's
    for path in ("work", "manifests"):
        answer = await api.client.get(f"/v1/nodes/1/{path}", headers=key)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert (await api.client.get(f"/v1/nodes/{elsewhere}/work", headers=key)).is_success
    anywhere = await floor("work", who=await api.key())
    assert anywhere["backlog"]["orders_to_pick"] == 2
    wrong = {"confirmations": [{"batch_id": 1, "picker": "pat", "complete": True, "lines": [
        {"merchant_id": 1, "fulfilment_order_id": 1, "line_no": 0, "sku": "LAMP", "picked": -1}
    ]}]}  # fmt: skip
    answer = await api.client.post(f"/v1/nodes/{elsewhere}/picks:confirm", json=wrong, headers=key)
    pointers = ["/confirmations/0/lines/0/picked", "/confirmations/0/complete"]
    assert [e["pointer"] for e in answer.json()["errors"]] == pointers
    nameless = {"pickers": ["pat", "", "x" * 9_000]}
    answer = await api.client.post(f"/v1/nodes/{elsewhere}/picks:next", json=nameless, headers=key)
    assert [e["pointer"] for e in answer.json()["errors"]] == ["/pickers/1", "/pickers/2"]
