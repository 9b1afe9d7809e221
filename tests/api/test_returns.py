"""A shopper asks to send something back: taken once, answered one by one, only of one's own."""

import runpy
from pathlib import Path

Delivered = runpy.run_path(str(Path(__file__).parents[1] / "returns" / "conftest.py"))["Delivered"]


async def shops(make):
    """Two merchants with an order of two units each, delivered."""
    first = await Delivered(make.tx, make).shop()
    orders = await first.orders(1)
    address = '{"name": "A", "line1": "1", "city": "B", "country": "US"}'
    second = await Delivered(make.tx, make).shop()
    await make.tx.fetch("UPDATE orders.receipt SET ship_to = $1", address)
    return first.merchant_id, second.merchant_id, (*orders, *await second.orders(1))


async def test_requests_are_answered_one_by_one(api):
    ours, _, (order_id, foreign) = await api.made(shops)
    owner = await api.key("merchant", merchant_id=ours)

    async def ask(*requests, who=owner, about=""):
        path = f"/v1/returns{about}"
        answer = await api.client.post(path, json={"requests": requests}, headers=who)
        return answer.status_code, answer.json()

    good = {
        "request_key": "r-1", "order_id": order_id, "reason": "damaged",
        "lines": [{"line_no": 0, "quantity": 1}],
    }  # fmt: skip
    status, told = await ask(
        good,
        good | {"request_key": "r-2", "lines": [{"line_no": 0, "quantity": 2}]},
        good | {"request_key": "r-3", "order_id": foreign},
        good | {"request_key": "r-4", "reason": "bored"},
        good | {"request_key": "r-5", "order_id": 0, "channel_order_id": f"T-{order_id}"},
    )
    outcomes = ["requested", "too_many_units", "unknown_order", "unknown_reason", "requested"]
    assert (status, [a["outcome"] for a in told["answers"]]) == (200, outcomes)
    assert told["counts"] == {o: outcomes.count(o) for o in outcomes}
    assert all(a["detail"] for a in told["answers"] if a["outcome"] != "requested")

    status, again = await ask(good)
    (answer,) = again["answers"]
    assert (answer["outcome"], answer["return_id"]) == ("repeated", told["answers"][0]["return_id"])
    status, problem = await ask({"request_key": "r-6", "lines": [{"line_no": "0"}]})
    pointers = {e["pointer"] for e in problem["errors"]}
    assert (status, pointers) == (
        422,
        {"/requests/0/reason", "/requests/0/lines/0/line_no", "/requests/0/lines/0/quantity"},
    )
    operator = await api.key()
    assert (await ask(good, who=operator))[0] == 422
    status, told = await ask(good, who=operator, about="?merchant=merchant-1")
    assert (status, told["counts"]) == (200, {"repeated": 1})

    return_id = told["counts"] and (await ask(good))[1]["answers"][0]["return_id"]
    shown = await api.client.get(f"/v1/returns/{return_id}", headers=operator)
    found = shown.json()
    assert (shown.status_code, found["order_id"], found["merchant"]) == (
        200,
        order_id,
        "merchant-1",
    )
    assert (found["sent_back"]["status"], found["sent_back"]["reason"]) == ("requested", "damaged")
    assert [h["event"] for h in found["history"]] == ["requested"]
    order = (await api.client.get(f"/v1/orders/{order_id}", headers=operator)).json()
    assert found["sent_back"] in order["returns"]
    missing = await api.client.get("/v1/returns/999", headers=operator)
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
