"""What the API answers of orders whose month is archived."""

from datetime import UTC, datetime

import msgspec
import pytest

from penstock.api.context import Context
from penstock.db.transaction import OPERATOR
from penstock.lifecycle.drop_month import month_of
from penstock.orders.archive import archive
from penstock.orders.archived import archived_document

pytest.importorskip("pyarrow", reason="the archive is an extra: install pyarrow")
OLD = datetime(2026, 2, 10, 12, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def lamp_shop(make):
    merchant_id = await make.merchant()
    pool = await make.pool(merchant_id, [node := await make.node()])
    await make.stock(merchant_id, node, pool, await make.sku(merchant_id, code="LAMP"), 5)
    return merchant_id


async def another(make):
    make.number()  # the codes of the first shop are taken
    return await make.merchant()


def body(key, quantity=1):
    return {
        "channel": "web",
        "channel_order_id": key,
        "currency": "USD",
        "ordered_at": "2026-02-10T11:59:00Z",
        "paid_at": "2026-02-10T11:59:00Z",
        "ship_to": {"name": "Ada", "line1": "1 High St", "city": "Austin", "country": "US"},
        "lines": [{"sku": "LAMP", "quantity": quantity, "unit_price_minor": 1999}],
    }


class Past:
    """A shop with an order of February that was accepted and cancelled, and one refused."""

    def __init__(self, api, folder):
        self.api, self.folder = api, folder

    async def open(self):
        api = self.api
        settings = msgspec.structs.replace(
            api.app.state.context.settings, archive_folder=str(self.folder)
        )
        c = api.app.state.context
        api.app.state.context = Context(settings, c.database, c.clock, c.callers)
        self.merchant_id = await api.made(lamp_shop)
        self.other = await api.made(another)
        self.key = await api.key("merchant", merchant_id=self.merchant_id)
        self.operator = await api.key()
        api.clock.at = OLD
        self.first = (await self.post("A-1")).json()
        self.refused = (await self.post("A-2", 99)).json()
        self.order = self.first["order_id"]
        assert (await self.cancel()).json()[0]["outcome"] == "cancelled"
        self.shown = (await self.get()).content
        api.clock.at = NOW
        await api.made(lambda make: make.tx.fetch("DELETE FROM outbox.batch"))
        return self

    async def archive(self):
        (month,) = await archive(self.api.database, self.folder, month_of(NOW), NOW)
        assert month.outcome == "archived"

    async def post(self, key, quantity=1):
        return await self.api.client.post("/v1/orders", json=body(key, quantity), headers=self.key)

    async def get(self, headers=None):
        path = f"/v1/orders/{self.order}"
        return await self.api.client.get(path, headers=headers or self.key)

    async def cancel(self, order=None):
        wish = {"orders": [order or self.order], "reason": "remorse"}
        return await self.api.client.post("/v1/orders:cancel", json=wish, headers=self.key)


@pytest.fixture
async def past(api, tmp_path):
    opened = await Past(api, tmp_path).open()
    await opened.archive()
    return opened


async def test_it_is_shown_byte_for_byte_as_before(past):
    for headers in (past.key, past.operator):
        found = await past.get(headers)
        assert (found.status_code, found.content) == (200, past.shown)
        assert found.headers["content-type"] == "application/json"


async def test_to_another_merchant_it_does_not_exist(past):
    stranger = await past.api.key("merchant", merchant_id=past.other, vendor="")
    assert (await past.get(stranger)).status_code == 404
    past.order += 1  # refused at receipt: never shown
    assert (await past.get()).status_code == 404


async def test_a_repetition_gets_its_first_answer(past):
    again = await past.post("A-1")
    assert (again.status_code, again.json()) == (201, past.first)
    refused = await past.post("A-2", 99)
    assert (refused.status_code, refused.json()["code"]) == (409, past.refused["code"])
    assert (await past.post("A-1", 2)).json()["code"] == "key_reused"
    assert (await past.post("A-3")).status_code == 201


async def test_a_missing_file_is_named_to_operators_and_new_orders_are_taken(past):
    (past.folder / "orders-2026-02.parquet").rename(past.folder / "elsewhere")
    told = await past.get(past.operator)
    assert told.status_code == 503
    assert "orders-2026-02.parquet is missing; restore it" in told.json()["detail"]
    told = await past.get()
    assert (told.status_code, "parquet" in told.text) == (503, False)
    again = await past.post("A-1")
    assert (again.status_code, again.json()["code"]) == (503, "archive_unreadable")
    assert (await past.post("A-3")).status_code == 201
    (past.folder / "elsewhere").rename(past.folder / "orders-2026-02.parquet")
    assert (await past.post("A-1")).json() == past.first


async def test_a_damaged_file_is_told_as_one(past):
    path = past.folder / "orders-2026-02.parquet"
    path.write_bytes(path.read_bytes()[:-40])
    told = await past.get(past.operator)
    assert (told.status_code, "cannot be read" in told.json()["detail"]) == (503, True)


async def test_nothing_of_it_can_be_changed(past):
    (answer,) = (await past.cancel()).json()
    assert (answer["outcome"], answer["order_id"]) == ("archived", past.order)
    for named in ({"order_id": past.order}, {"channel_order_id": "A-1"}):
        wish = {"request_key": str(named), "reason": "changed_mind", **named}
        wish["lines"] = [{"line_no": 0, "quantity": 1}]
        answered = await past.api.client.post(
            "/v1/returns", json={"requests": [wish]}, headers=past.key
        )
        assert answered.json()["answers"][0]["outcome"] == "archived", answered.text


async def test_a_list_says_how_many_it_leaves_out(past):
    found = (await past.api.client.get("/v1/orders", headers=past.key)).json()
    assert (found["orders"], found["archived"], found["archived_ids"]) == ([], 1, [])
    later = {"received_from": "2026-03-01T00:00:00Z"}
    found = (await past.api.client.get("/v1/orders", params=later, headers=past.key)).json()
    assert found["archived"] == 0
    number = {"channel_order_id": "A-1"}
    found = (await past.api.client.get("/v1/orders", params=number, headers=past.operator)).json()
    assert (found["orders"], found["archived_ids"]) == ([], [past.order])


async def test_a_process_without_the_folder_says_what_to_set(past):
    def read(tx):
        return archived_document(tx, None, past.order, None)

    with pytest.raises(Exception, match="PENSTOCK_ARCHIVE_FOLDER"):
        await past.api.database.run(OPERATOR, read)
