"""Explanations and appeals over HTTP: a merchant asks, proves and appeals; an operator decides."""

import base64
import io
import zipfile
from datetime import timedelta

import pytest

PHOTO = base64.b64encode(b"\xff\xd8\xffa photograph").decode()


async def history(make, now):
    """Two merchants: one hands over in time, the other two days late."""
    for late in (-1, 2):
        merchant_id = await make.merchant()
        for number in range(1, 41):
            at = now - timedelta(days=10)
            await make.tx.fetch(
                "INSERT INTO experience.journey (merchant_id, fulfilment_order_id, order_ref,"
                " ordered_at, paid_at, accepted_at, dispatch_by_at, dispatched_at, deliver_by_at,"
                " delivered_at) VALUES ($1, $2, 'o-' || $2::bigint, $3, $3, $3, $4, $5, $6, $6)",
                merchant_id, number, at, at + timedelta(days=2),
                at + timedelta(days=2 + late * (number % 2)), at + timedelta(days=5),
            )  # fmt: skip


@pytest.fixture
async def late(api):
    """The second merchant asks: half of its 40 orders were handed over two days late."""
    await api.made(lambda make: history(make, api.clock.at))
    owner, operator = await api.key("merchant", merchant_id=2), await api.key()

    async def ask(method, path, body=None, *, who=owner, status=200):
        answer = await api.client.request(method, f"/v1/{path}", json=body, headers=who)
        assert answer.status_code == status, answer.text
        return answer.json() if "json" in answer.headers["content-type"] else answer

    ask.operator = operator
    return ask


async def test_points_are_traced_page_by_page(late):
    found, after = [], 0
    while after is not None:
        page = await late("GET", f"scores:explain?limit=7&after={after}")
        found += page["orders"]
        after = page["next_after"]
    lost = page["high"] - page["score"]["points"]
    assert page["matching"] == len(found) == 20
    assert round(sum(order["points"] for order in found), 6) == page["shared"] == lost
    (loss,) = found[0]["losses"]
    assert loss["metric"] == "dispatched_in_time"
    assert loss["miss"]["late_s"] == 2 * 86_400
    assert (await late("GET", "scores:explain?metric=delivered_in_time"))["orders"] == []
    for wrong in ("profile=x.toml", "metric=none", "sub_process=none", "as_of=2999-01-01"):
        await late("GET", f"scores:explain?{wrong}", status=422)
    await late("GET", "scores:explain?limit=0", status=400)
    await late("GET", "scores:explain?as_of=2020-01-01", status=404)


async def test_what_changed_is_told_for_any_two_days(late):
    told = await late("GET", "scores:changes?since=2026-11-12")
    assert told["change"] == pytest.approx(told["after"]["points"] - told["before"]["points"])
    assert sum(part["change"] for part in told["parts"]) == pytest.approx(told["change"])
    await late("GET", "scores:changes?since=2026-11-20", status=422)
    await late("GET", "scores:changes?since=0001-01-01", status=422)
    await late("GET", "scores:changes?since=2025-11-12", status=404)


async def test_a_place_is_told_only_among_enough_others(late):
    told = await late("GET", "scores:peers")
    assert told == {"merchant": "merchant-2", "profile": "penstock_les", "standing": None}


async def test_what_was_said_of_a_day_is_listed(late, api):
    assert await late("GET", "scores:revisions?day=2026-11-19") == []
    await late("GET", "scores:revisions", status=400)
    await late("GET", "scores:revisions?day=2026-11-19&profile=x", status=422)


async def test_an_appeal_from_the_first_word_to_the_score(late):
    lost = (await late("GET", "scores:explain"))["lost"]
    appeal = {
        "request_key": "a-1", "profile": "penstock_les", "scenario": "late_scan",
        "statement": "the hub scanned a day late", "orders": ["o-1", "o-3", "o-2", "nobody"],
    }  # fmt: skip
    filed = await late("POST", "appeals", appeal)
    assert [order["outcome"] for order in filed["orders"]] == [
        "filed", "filed", "not_counted", "unknown_order",
    ]  # fmt: skip
    assert (await late("POST", "appeals", appeal))["appeal_id"] == filed["appeal_id"]
    await late("POST", "appeals", appeal | {"statement": "other"}, status=422)
    number = filed["appeal_id"]
    file = {"appeal_id": number, "title": "the pallet", "content_base64": PHOTO}
    assert (await late("POST", "appeals:add-file", file))["media_type"] == "image/jpeg"
    for broken in ("?", "YQ=="):
        await late("POST", "appeals:add-file", file | {"content_base64": broken}, status=422)
    packed = await late("GET", f"scores:evidence?appeal_id={number}")
    with zipfile.ZipFile(io.BytesIO(packed.content)) as opened:
        names = set(opened.namelist())
    assert names == {"evidence.pdf", "orders.csv", "parcels.csv", "events.csv", "photo-1.jpg"}
    word = {
        "appeal_id": number,
        "because": "the scan says so",
        "orders": [
            {"fulfilment_order_id": 1, "granted": True, "because": ""},
            {"fulfilment_order_id": 3, "granted": False, "because": "no proof"},
        ],
    }
    await late("POST", "appeals:decide?merchant=merchant-2", word, status=403)
    said = await late("POST", "appeals:decide?merchant=merchant-2", word, who=late.operator)
    assert (said["granted"], said["refused"]) == (1, 1)
    assert (await late("GET", "scores:explain"))["lost"] < lost
    (shown,) = await late("GET", "appeals?status=decided")
    assert [order["outcome"] for order in shown["orders"]] == ["granted", "refused"]
    assert await late("GET", f"appeals?after={number}") == []
    again = {"appeal_id": number, "because": "here is the proof"}
    await late("POST", "appeals:reopen", again, status=409)
    opened = await late(
        "POST", "appeals:reopen?merchant=merchant-2", again | {"orders": [3]}, who=late.operator
    )
    assert (opened["status"], opened["waiting"]) == ("reopened", 1)
    back = await late("POST", "appeals:withdraw", again)
    assert back["status"] == "decided"
    everybody = await late("GET", "appeals", who=late.operator)
    assert [one["merchant"] for one in everybody] == ["merchant-2"]


@pytest.mark.parametrize("day", ["0001-01-01", "1999-12-31"])
@pytest.mark.parametrize(
    "path", ["scores", "scores:explain", "scores:changes", "scores:pictures", "scores:peers",
             "scores:evidence"],
)  # fmt: skip
async def test_a_day_before_all_orders_is_refused(late, path, day):
    told = await late("GET", f"{path}?as_of={day}", status=422)
    assert told["detail"] == f"{day} lies before all orders; use a day from 2000-01-01 on"
