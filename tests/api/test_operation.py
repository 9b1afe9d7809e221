"""What is stuck, what waits, what differs and what is owed, for people and for machines."""

import re
from datetime import timedelta

from penstock.ledger.post import Posting, post
from penstock.lifecycle.advance import create, new_ids
from penstock.tracking.escalate import escalate

SAMPLE = re.compile(r'(penstock_[a-z_]+)(?:\{kind="([a-z_]+)",status="([a-z_]+)"\})? ([0-9.]+)')


async def waiting(make, now):
    """Three parcels that wait for a label, since three hours, two and one."""
    merchant_id = await make.merchant()
    for hours in (3, 2, 1):
        at = now - timedelta(hours=hours)
        await create(
            make.tx,
            kind="parcel",
            merchant_ids=[merchant_id],
            subject_ids=await new_ids(make.tx, count=1, at=at),
            events=["packed"],
            due_at=[None],
            at=at,
        )
    return merchant_id


async def test_the_backlog_is_told_to_people_and_to_prometheus(api):
    await api.made(lambda make: waiting(make, api.clock.at))
    operator = await api.key()
    told = (await api.client.get("/v1/backlog", headers=operator)).json()
    labels = next(row for row in told if row["subjects"])
    assert labels == {
        "kind": "parcel", "status": "awaiting_label", "subjects": 3, "oldest_s": 3 * 3600,
    }  # fmt: skip
    assert sum(row["subjects"] for row in told) == 3
    assert len({(row["kind"], row["status"]) for row in told}) == len(told) > 1

    answer = await api.client.get("/metrics", headers=operator)
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.split("\n")
    assert lines.pop() == "", "the format wants a line feed at the end"
    samples = {}
    for line in lines:
        if not line.startswith("#"):
            name, kind, status, value = SAMPLE.fullmatch(line).groups()
            samples[name, kind, status] = float(value)
    assert samples["penstock_backlog_subjects", "parcel", "awaiting_label"] == 3
    assert samples["penstock_backlog_oldest_seconds", "parcel", "awaiting_label"] == 3 * 3600
    assert samples["penstock_backlog_subjects", "fulfilment_order", "open"] == 0
    assert samples["penstock_outbox_waiting", None, None] == 3
    names = {name for name, *_ in samples}
    assert names == {line.split()[2] for line in lines if line.startswith("# TYPE")}


async def test_exceptions_are_listed_for_all_or_one(api):
    async def both(make):
        since = api.clock.at - timedelta(days=1)
        merchants = await waiting(make, since), await waiting(make, since - timedelta(hours=9))
        await escalate(make.tx, api.clock.at)
        return merchants

    first, second = await api.made(both)
    operator = await api.key()

    async def listed(about=""):
        answer = await api.client.get(f"/v1/exceptions{about}", headers=operator)
        assert answer.status_code == 200, answer.text
        return answer.json()

    everything = await listed()
    assert [row["reason"] for row in everything] == ["no_label"] * 6
    assert [row["merchant_id"] for row in everything] == [second] * 3 + [first] * 3
    assert await listed("?limit=1") == everything[:1]
    assert await listed("?merchant=merchant-1") == everything[3:]
    unknown = await api.client.get("/v1/exceptions?merchant=nobody", headers=operator)
    assert unknown.status_code == 422


async def test_the_audit_names_what_was_changed_behind_the_books(api):
    async def stocked(make):
        merchant_id = await make.merchant()
        pool = await make.pool(merchant_id, [node := await make.node()])
        await make.stock(merchant_id, node, pool, await make.sku(merchant_id), 5)

    await api.made(stocked)
    operator = await api.key()
    assert (await api.client.get("/v1/audit", headers=operator)).json() == []
    await api.made(
        lambda make: make.tx.fetch("UPDATE inventory.pool_stock SET on_hand = on_hand + 1")
    )
    found = (await api.client.get("/v1/audit", headers=operator)).json()
    assert {(d["counter"], d["ledger"]) for d in found} == {(6, 5)}


async def test_a_statement_is_of_a_period_and_ones_own(api):
    async def books(make):
        merchants = [await make.merchant(), await make.merchant()]
        for day in range(3):
            rows = [
                Posting(m, "merchant", "vendor:swift", 10**day * m, "USD", "label", day)
                for m in merchants
            ]
            await post(make.tx, rows, api.clock.at + timedelta(days=day))

    await api.made(books)
    owner, operator = await api.key("merchant", merchant_id=1), await api.key()

    async def owed(who, period):
        answer = await api.client.get(f"/v1/statement?{period}", headers=who)
        assert answer.status_code == 200, answer.text
        return {row["account"]: row["balance_minor"] for row in answer.json()}

    two_days = "since=2026-11-20&until=2026-11-22"
    assert await owed(owner, two_days) == {"merchant": 11, "vendor:swift": -11}
    assert await owed(owner, f"{two_days}&merchant=merchant-2") == await owed(owner, two_days)
    assert await owed(operator, f"{two_days}&merchant=merchant-2") == {
        "merchant": 22, "vendor:swift": -22,
    }  # fmt: skip
    assert await owed(owner, "since=2026-12-01&until=2026-12-02") == {}
    backwards = "/v1/statement?since=2026-11-22&until=2026-11-22"
    answer = await api.client.get(backwards, headers=owner)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/until")
