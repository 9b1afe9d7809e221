"""The hot routes: merged, streamed, refused early and cheaply; the answers are always the same."""

import asyncio
import json

import msgspec
import pytest

from penstock.api.gate import Gate, Limits


@pytest.fixture
async def shop(api):
    """A merchant with 5 lamps, and its key."""

    async def made(make):
        merchant_id = await make.merchant()
        node, sku = await make.node(), await make.sku(merchant_id, code="LAMP")
        await make.stock(merchant_id, node, await make.pool(merchant_id, [node]), sku, 5)
        return merchant_id

    merchant_id = await api.made(made)
    return await api.key("merchant", merchant_id=merchant_id)


def body(make_in, number, **changed):
    order = make_in(None).order("LAMP", key=f"N-{number}")
    return msgspec.json.encode(msgspec.structs.replace(order, **changed))


async def test_many_at_once_get_what_is_there_and_their_own_answers(api, shop, make_in):
    answers = await asyncio.gather(
        *(api.client.post("/v1/orders", headers=shop, content=body(make_in, n)) for n in range(30))
    )
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [201] * 5 + [409] * 25
    taken = [answer.json() for answer in answers if answer.status_code == 201]
    assert len({one["order_id"] for one in taken}) == 5
    again = await api.client.post(
        "/v1/orders", headers=shop, content=body(make_in, taken[0]["channel_order_id"][2:])
    )
    assert again.json() == taken[0]


async def test_what_is_sold_out_is_refused_without_a_record_and_may_come_again(api, shop, make_in):
    first = [
        await api.client.post("/v1/orders", headers=shop, content=body(make_in, n))
        for n in range(7)
    ]
    assert [a.json().get("code", "accepted") for a in first] == [
        *["accepted"] * 5, "insufficient_stock", "sold_out",
    ]  # fmt: skip
    rows = await api.made(
        lambda make: make.tx.fetch("SELECT channel_order_id FROM orders.receipt ORDER BY 1")
    )
    assert [row["channel_order_id"] for row in rows] == [f"N-{n}" for n in range(6)]


async def test_a_stream_of_lines_is_answered_line_by_line(api, shop, make_in):
    lines = [body(make_in, 1), b"", b"{not json", body(make_in, 2), body(make_in, 1)]

    async def coming():
        text = b"\n".join(lines)
        for start in range(0, len(text), 100):
            yield text[start : start + 100]

    answer = await api.client.post(
        "/v1/orders:batch",
        headers=shop | {"accept": "application/x-ndjson"},
        content=coming(),
    )
    told = [json.loads(line) for line in answer.text.splitlines()]
    assert [(one["line"], one["outcome"]) for one in told] == [
        (1, "accepted"), (3, "invalid"), (4, "accepted"), (5, "accepted"),
    ]  # fmt: skip
    assert told[0]["order_id"] == told[3]["order_id"] != told[2]["order_id"]


async def test_who_is_too_fast_is_told_when_to_come_back(api, shop, make_in):
    await api.client.post("/v1/orders", headers=shop, content=body(make_in, 1))
    api.app.state.receipt._gate = Gate(
        Limits(requests_max=10, orders_per_s=0.5, orders_burst=1, refusals_per_s=1.0), lambda: 0.0
    )
    taken = await api.client.post("/v1/orders", headers=shop, content=body(make_in, 2))
    refused = await api.client.post("/v1/orders", headers=shop, content=body(make_in, 3))
    assert (taken.status_code, refused.status_code) == (201, 429)
    assert refused.json()["code"] == "rate_limited"
    assert refused.headers["retry-after"] == "2"
    assert refused.headers["ratelimit"] == '"orders";r=0;t=2'


async def test_an_idempotency_key_stands_for_one_body_within_a_batch_too(api, shop, make_in):
    keyed = shop | {"idempotency-key": "once"}
    answers = await asyncio.gather(
        api.client.post("/v1/orders", headers=keyed, content=body(make_in, 1)),
        api.client.post("/v1/orders", headers=keyed, content=body(make_in, 1)),
        api.client.post("/v1/orders", headers=keyed, content=body(make_in, 2)),
    )
    taken = [a for a in answers if a.status_code == 201]
    refused = [a for a in answers if a.status_code == 422]
    assert (taken, refused) in (([*answers[:2]], [answers[2]]), ([answers[2]], [*answers[:2]]))
    assert len({a.text for a in taken}) == 1
    assert {a.json()["code"] for a in refused} == {"key_reused"}


async def test_a_body_that_never_ends_is_refused(api, shop):
    async def endless():
        for _ in range(200):
            yield b" " * 1024 * 1024

    answer = await api.client.post("/v1/orders", headers=shop, content=endless())
    assert answer.status_code == 413


async def test_how_full_a_process_is_and_what_it_answered_is_told(api, shop, make_in):
    await api.client.post("/v1/orders", headers=shop, content=body(make_in, 1))
    await api.client.post("/v1/orders", headers=shop, content=b"{")
    told = (await api.client.get("/metrics", headers=await api.key())).text
    assert 'penstock_receipt_answers_total{route="one",outcome="accepted"} 1' in told
    assert 'penstock_receipt_answers_total{route="one",outcome="malformed"} 1' in told
    assert "penstock_receipt_waiting_orders 0" in told


@pytest.mark.parametrize(
    "path", ["/v1/orders/", "/v1//orders", "/v1/orders:batch/", "/v1/orders%3Abatch"]
)
async def test_a_path_that_is_written_otherwise_finds_receipt_too(api, shop, path):
    answer = await api.client.post(path, content=b"?", headers=shop)
    assert answer.status_code == 400, answer.text
