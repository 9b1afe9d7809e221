"""Keys: the first is made once, each is listed with its use, and none is made for nobody."""

import asyncio
import json
from datetime import datetime

from penstock.access.key import verify_key
from penstock.db.transaction import OPERATOR, Database


def key_in(ran):
    return ran.out.splitlines()[-1]


def test_the_first_key_is_made_once(penstock):
    first = penstock("init")
    assert (first.code, "shown this once" in first.out) == (0, True)
    assert key_in(first).startswith("pk_")
    again = penstock("init")
    assert again.code == 0
    assert "there is an operator's key already" in again.out
    assert "pk_" not in again.out
    (key,) = json.loads(penstock("keys list --json").out)
    assert key["role"] == "operator"


def test_a_revoked_operator_leaves_room_for_a_new_first_key(penstock):
    key_id = key_in(penstock("init")).split("_")[1]
    assert penstock(f"keys revoke {key_id}").out == f"{key_id} revoked\n"
    assert "shown this once" in penstock("init").out
    assert key_id not in penstock("keys list").out
    assert key_id in penstock("keys list --all").out


def test_a_key_is_listed_with_whose_it_is_and_its_use(penstock, sells, database_url):
    assert "there is no key yet" in penstock("keys list").out
    made = penstock("keys create merchant --merchant merchant-1 --label shop")
    penstock("keys create floor --node 1")
    listed = {k["role"]: k for k in json.loads(penstock("keys list --json").out)}
    assert (listed["merchant"]["whose"], listed["merchant"]["label"]) == ("merchant-1", "shop")
    assert listed["floor"]["whose"] == "node 1"
    assert listed["merchant"]["last_used_at"] is None

    async def use():
        async with await Database.open(database_url, connections_max=1) as database:
            now = listed["merchant"]["created_at"]
            moment = datetime.fromisoformat(now)
            await database.run(OPERATOR, lambda tx: verify_key(tx, key_in(made), moment))

    asyncio.run(use())
    listed = {k["role"]: k for k in json.loads(penstock("keys list --json").out)}
    assert listed["merchant"]["last_used_at"] == listed["merchant"]["created_at"]
    assert "not yet" in penstock("keys list").out


def test_a_key_for_nobody_is_refused_with_those_that_there_are(penstock, sells, made):
    async def sign(make):
        await make.tx.fetch(
            "INSERT INTO vendors.vendor (vendor, title, role, gateway, endpoint, joined_at)"
            " VALUES ('swift', 'Swift', 'carrier', 'sandbox', '', '2026-01-01')"
        )

    made(sign)
    for wrong, known in {
        "vendor --vendor swfit": "no vendor 'swfit'; there is: swift",
        "floor --node 7": "no node 7; there is: 1",
        "merchant --merchant kettel": "no merchant 'kettel'; there is: merchant-1",
        "merchant": "names its merchant",
    }.items():
        refused = penstock(f"keys create {wrong}")
        assert refused.code == 2
        assert refused.err.startswith("penstock: ")
        assert known in refused.err
        assert refused.err.count("\n") == 1
    assert json.loads(penstock("keys list --json").out) == []
    assert penstock("keys revoke 0123").code == 2
