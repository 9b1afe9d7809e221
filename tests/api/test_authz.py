"""Who may do what: every operation of the application, asked by every kind of caller."""

import json
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

from penstock import journey
from penstock.access.key import Principal, create_key
from penstock.api.http import http_app
from penstock.db.transaction import OPERATOR

CALLERS = "nobody", "wrong", "operator", "merchant", "other", "floor", "elsewhere", "vendor"
"""`other` is another merchant, `elsewhere` a floor of another node."""
ANYBODY = dict.fromkeys(CALLERS, 200)
SECRET = "SECRET"
"""Part of every code of the merchant that others must not see."""


def may(status: int = 200, **others: int) -> dict[str, int]:
    """What each caller is answered: an operator `status`, those not named 403, strangers 401."""
    return dict.fromkeys(CALLERS, 403) | {"nobody": 401, "wrong": 401, "operator": status} | others


def merchants(status: int = 200, *, other: int | None = None) -> dict[str, int]:
    """The same for what merchants do with what is theirs; `other` asks for what is not."""
    return may(status, merchant=status, other=status if other is None else other)


FLOOR = may(floor=200)
SKU = {
    "code": "SECRET-VASE", "title": "Vase", "weight_g": 1, "length_mm": 1, "width_mm": 1,
    "height_mm": 1, "value_minor": 1, "currency": "USD",
}  # fmt: skip
NODE = {
    "code": "n", "title": "N", "country": "US", "zone": "UTC", "cut_off": "17:00:00",
    "orders_per_hour": 1,
}  # fmt: skip
ORDER = {
    "channel": "web", "channel_order_id": "SECRET-2", "currency": "USD",
    "ordered_at": "2026-11-20T11:59:00Z",
    "paid_at": "2026-11-20T11:59:00Z",
    "ship_to": {"name": "Ada", "line1": "1 High St", "city": "Austin", "country": "US"},
    "lines": [{"sku": "SECRET-LAMP", "quantity": 1, "unit_price_minor": 1999}],
}  # fmt: skip
STREAM = {
    "code": "SECRET-night", "title": "Night", "country": "US",
    "starts_at": "2026-11-20T18:00:00Z", "ends_at": "2026-11-20T21:00:00Z",
    "skus": [{"sku": "SECRET-LAMP", "quantity": 3}],
}  # fmt: skip
RETURN = {
    "request_key": "r", "channel_order_id": "SECRET-1", "reason": "damaged",
    "lines": [{"line_no": 0, "quantity": 1}],
}  # fmt: skip
EVENT = {
    "event_id": "e", "topic": "parcel", "about": "T-1", "code": "X",
    "occurred_at": "2026-11-20T11:00:00Z",
}  # fmt: skip
MATRIX: dict[str, tuple[dict[str, int], Any]] = {
    "GET /health": (ANYBODY, None),
    "POST /v1/merchants": (may(), {"applications": []}),
    "POST /v1/merchants:decide": (may(), {"decisions": []}),
    "PUT /v1/markets": (may(), {"markets": []}),
    "POST /v1/skus": (merchants(), {"skus": [SKU]}),
    "POST /v1/skus:approve": (may(), {"skus": ["SECRET-VASE"]}),
    "POST /v1/nodes": (may(), NODE),
    "POST /v1/pools": (may(), {"code": "spare", "node_ids": [], "markets": []}),
    "POST /v1/asns": (
        FLOOR,
        {
            "code": "asn-1",
            "node": 1,
            "lines": [{"sku": "SECRET-LAMP", "announced": 1, "received": 1}],
        },
    ),
    "GET /v1/stock": (merchants(), None),
    "POST /v1/streams": (merchants(201, other=422), STREAM),
    "GET /v1/streams/{stream}": (merchants(other=404), None),
    "POST /v1/orders": (merchants(201, other=422), ORDER),
    "POST /v1/orders:batch": (merchants(), [ORDER | {"channel_order_id": "SECRET-3"}]),
    "POST /v1/orders:cancel": (merchants(), {"orders": [1], "reason": "changed_mind"}),
    "GET /v1/orders/{order_id}": (merchants(other=404), None),
    "GET /v1/nodes/{node_id}/work": (FLOOR, None),
    "POST /v1/nodes/{node_id}/picks:next": (FLOOR, {"pickers": []}),
    "POST /v1/nodes/{node_id}/picks:confirm": (FLOOR, {"confirmations": []}),
    "POST /v1/nodes/{node_id}/packs": (FLOOR, {"packs": []}),
    "GET /v1/nodes/{node_id}/manifests": (FLOOR, None),
    "POST /v1/nodes/{node_id}/hand-overs": (FLOOR, {"hand_overs": []}),
    "POST /v1/vendor-events": (may(vendor=200), {"events": [EVENT]}),
    "POST /v1/vendors": (may(204), {"vendors": []}),
    "POST /v1/rates": (may(204), {"rates": []}),
    "POST /v1/pickups": (may(204), {"pickups": []}),
    "POST /v1/returns": (merchants(), {"requests": [RETURN]}),
    "GET /v1/scores": (merchants(), None),
    "GET /v1/exceptions": (may(), None),
    "GET /v1/audit": (may(), None),
    "GET /v1/backlog": (may(), None),
    "GET /metrics": (may(), None),
    "GET /v1/statement": (merchants(), None),
}
"""By operation: what each caller is answered, and a body that is sound."""


def operations(app: Any) -> set[str]:
    return {
        f"{method} {route.path_format}"
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        if handler.resolve_include_in_schema()
        for method in handler.http_methods - {"OPTIONS", "HEAD"}
    }


async def fill(make):
    await journey.set_up(make.tx)
    ours, theirs = await make.merchant(), await make.merchant()
    node, elsewhere = await make.node(), await make.node()
    pool = await make.pool(ours, [node])
    await make.stock(ours, node, pool, await make.sku(ours, code="SECRET-LAMP"), 100)
    await make.tx.fetch(
        "INSERT INTO vendors.vendor (vendor, title, role, gateway, endpoint, joined_at)"
        " VALUES ('swift', 'Swift', 'carrier', 'sandbox', '', '2026-01-01')"
    )
    return SimpleNamespace(ours=ours, theirs=theirs, node=node, elsewhere=elsewhere)


async def key(api, principal):
    presented = await api.database.run(
        OPERATOR, lambda tx: create_key(tx, principal, "test", b"s" * 20, api.clock.now())
    )
    return {"Authorization": f"Bearer {presented}"}


@pytest.fixture
async def world(api):
    """Two merchants, two nodes, a carrier, and a key of each kind."""
    made = await api.made(fill)
    about = {
        "operator": {"role": "operator"},
        "merchant": {"role": "merchant", "merchant_id": made.ours},
        "other": {"role": "merchant", "merchant_id": made.theirs},
        "floor": {"role": "floor", "node_id": made.node},
        "elsewhere": {"role": "floor", "node_id": made.elsewhere},
        "vendor": {"role": "vendor", "vendor": "swift"},
    }
    made.keys = {"nobody": {}, "wrong": {"Authorization": "Bearer pk_operator_00"}}
    for caller, principal in about.items():
        made.keys[caller] = await key(api, Principal(key_id=caller, **principal))
    first = ORDER | {"channel_order_id": "SECRET-1"}
    placed = await api.client.post("/v1/orders", json=first, headers=made.keys["merchant"])
    made.order_id = placed.json()["order_id"]
    await api.client.post("/v1/streams", json=STREAM, headers=made.keys["merchant"])
    return made


async def ask(api, world, operation, caller):
    """Ask as one caller; all name our merchant, though only an operator's word on that counts."""
    method, path = operation.split()
    path = path.format(node_id=world.node, order_id=world.order_id, stream="SECRET-night")
    body = MATRIX[operation][1]
    if operation == "POST /v1/orders:cancel":
        body = body | {"orders": [world.order_id]}
    about = {"merchant": "merchant-1", "since": "2026-11-01", "until": "2026-12-01"}
    if caller == "operator":
        about["vendor"] = "swift"
    return await api.client.request(
        method,
        path,
        params=about,
        content=None if body is None else json.dumps(body),
        headers=world.keys[caller],
    )


async def test_no_odd_key_opens_or_breaks_anything(api):
    for key in ("pk_\u00e9_0000", "pk__", "pk_a_" + "0" * 10_000, "\u00ff", "_" * 99):
        odd = {"Authorization": f"Bearer {key}".encode("latin-1")}
        answer = await api.client.get("/v1/backlog", headers=odd)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorised"), key


def test_every_operation_has_its_row():
    assert operations(http_app(nullcontext, 1)) == MATRIX.keys()


async def test_everybody_may_do_what_the_matrix_says_and_no_more(api, world):
    wrong = []
    for operation, (answers, _) in MATRIX.items():
        for caller in CALLERS:
            answer = await ask(api, world, operation, caller)
            if answer.status_code != answers[caller]:
                told = f"{answer.status_code}, not {answers[caller]}: {answer.text}"
                wrong.append(f"{operation} by {caller}: {told}")
            if answer.status_code >= 400:
                problem = answer.json()
                assert answer.headers["content-type"] == "application/problem+json", operation
                assert problem["code"], operation
    assert not wrong, "\n".join(wrong)


async def rows_of(api, merchant_id):
    """Every row of a merchant, by table."""

    async def read(tx):
        tables = await tx.fetch(
            "SELECT attrelid::regclass::text FROM pg_attribute JOIN pg_class AS c"
            " ON c.oid = attrelid WHERE attname = 'merchant_id' AND relkind = 'r'"
        )
        return {
            name: await tx.fetch(
                f"SELECT t::text FROM {name} AS t WHERE merchant_id = $1 ORDER BY 1", merchant_id
            )
            for (name,) in tables
        }

    return await api.database.run(OPERATOR, read)


async def test_another_merchant_sees_and_changes_nothing(api, world):
    before = await rows_of(api, world.ours)
    assert before["orders.receipt"]
    for operation in MATRIX:
        answer = await ask(api, world, operation, "other")
        if operation.startswith("GET") and answer.status_code == 200:
            assert SECRET not in answer.text, operation
            assert "merchant-1" not in answer.text, operation
    assert await rows_of(api, world.ours) == before
    theirs = await rows_of(api, world.theirs)
    assert len(theirs["merchants.sku"]) == 1, "what it sends is its own, whomever it names"
