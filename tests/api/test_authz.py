"""Who may do what: every operation of the application, asked by every kind of caller."""

import json
from contextlib import nullcontext
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from penstock import lending
from penstock.access.key import Principal, create_key
from penstock.api.http import http_app
from penstock.api.query_names import names_known
from penstock.db.transaction import OPERATOR
from penstock.lifecycle.advance import create, new_ids

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
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
MILESTONE = {"order_ref": "SECRET-3", "milestone": "paid", "at": "2026-11-20T11:00:00Z"}
SUPPLIED = {
    "profile": "douyin_2026_05", "source": "shop page",
    "counts": [{"code": "reply_seconds", "day": "2026-11-19", "numerator": 90, "denominator": 9}],
}  # fmt: skip
EVENT = {
    "event_id": "e", "topic": "parcel", "about": "T-1", "code": "X",
    "occurred_at": "2026-11-20T11:00:00Z",
}  # fmt: skip
VOCABULARY = '[secret.parcel]\nHERE = { event = "scanned" }\n'
REPORT = (
    "INSERT INTO streams.report (merchant_id, stream_id, closed_at, accepted_orders, sold_units,"
    " refused, peak_orders, expected_orders, given_back)"
    " SELECT merchant_id, stream_id, ends_at, 0, 0, '{}', 0, 0, 0 FROM streams.stream"
)
LATE = (
    "INSERT INTO experience.journey (merchant_id, fulfilment_order_id, order_ref, ordered_at,"
    " dispatch_by_at, dispatched_at) SELECT merchant_id, 9, 'SECRET-9', '2026-10-25', '2026-10-27',"
    " '2026-11-19' FROM streams.stream"
)
REFUSED = (
    "WITH appeal AS (INSERT INTO experience.appeal (merchant_id, appeal_id, request_key,"
    " body_sha256, profile, scenario, statement, status, filed_at, filed_by, answer_by_at,"
    " again_by_at) OVERRIDING SYSTEM VALUE SELECT merchant_id, 99, 'SECRET', '', 'penstock_les',"
    " 'other', 'SECRET', 'decided', '2026-11-01', '', '2026-11-08', '2026-12-01'"
    " FROM streams.stream RETURNING *) INSERT INTO experience.appeal_order (merchant_id, appeal_id,"
    " fulfilment_order_id, order_ref, counted_at, outcome)"
    " SELECT merchant_id, 99, 8, 'SECRET-8', '2026-11-01', 'refused' FROM appeal"
)
MATRIX: dict[str, tuple[dict[str, int], Any]] = {
    "GET /": (ANYBODY, None),
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
    "GET /v1/streams": (merchants(), None),
    "GET /v1/streams/{stream}": (merchants(other=404), None),
    "PATCH /v1/streams/{stream}": (merchants(other=404), {"host": "SECRET-Mia"}),
    "GET /v1/streams/{stream}/monitor": (merchants(other=404), None),
    "GET /v1/streams/{stream}/brakes": (merchants(other=404), None),
    "POST /v1/streams/{stream}/brakes": (
        merchants(other=404),
        {"kind": "throttle", "value": 1_000, "because": "SECRET"},
    ),
    "POST /v1/streams/{stream}/brakes:release": (merchants(other=404), {"because": "SECRET"}),
    "PUT /v1/brake-rules": (
        merchants(),
        {"rules": [{"code": "late", "measure": "late_percent", "threshold": 99, "kind": "pause"}]},
    ),
    "GET /v1/brake-rules": (merchants(), None),
    "PUT /v1/streams/{stream}/buyer-limits": (merchants(other=404), {"limits": [{"units": 9}]}),
    "POST /v1/streams/{stream}/tickets": (merchants(other=404), {"tickets": []}),
    "PUT /v1/streams/{stream}/admission": (
        merchants(204, other=422),
        {"sku": "SECRET-LAMP", "per_minute": 60},
    ),
    "GET /v1/tickets/{ticket}": (merchants(other=404), None),
    "GET /v1/streams/{stream}/report": (merchants(other=404), None),
    "POST /v1/streams/{stream}/cancel": (merchants(other=404), {"because": "SECRET"}),
    "POST /v1/orders": (merchants(201, other=422), ORDER),
    "POST /v1/orders:batch": (merchants(), [ORDER | {"channel_order_id": "SECRET-3"}]),
    "POST /v1/orders:cancel": (merchants(), {"orders": [1], "reason": "changed_mind"}),
    "GET /v1/orders": (merchants(), None),
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
    "PUT /v1/vocabularies": (may(), VOCABULARY),
    "GET /v1/vocabularies": (may(), None),
    "GET /v1/vocabularies/{vocabulary}": (may(), None),
    "POST /v1/returns": (merchants(), {"requests": [RETURN]}),
    "GET /v1/returns/{return_id}": (merchants(other=404), None),
    "GET /v1/scores": (merchants(), None),
    "GET /v1/scores:explain": (merchants(other=404), None),
    "GET /v1/scores:changes": (merchants(other=404), None),
    "GET /v1/scores:revisions": (merchants(), None),
    "GET /v1/scores:peers": (merchants(), None),
    "GET /v1/scores:evidence": (merchants(other=404), None),
    "POST /v1/milestones": (merchants(), {"milestones": [MILESTONE]}),
    "PUT /v1/scores:supplied": (may(), SUPPLIED),
    "GET /v1/appeals": (merchants(), None),
    "POST /v1/appeals": (
        merchants(),
        {
            "request_key": "r",
            "profile": "penstock_les",
            "scenario": "other",
            "statement": "SECRET",
            "orders": ["SECRET-9"],
        },
    ),
    "POST /v1/appeals:add-file": (
        merchants(other=404),
        {"appeal_id": 1, "title": "SECRET", "content_base64": "/9j/"},
    ),
    "POST /v1/appeals:withdraw": (
        merchants(other=404),
        {"appeal_id": 1, "because": "SECRET"},
    ),
    "POST /v1/appeals:reopen": (
        merchants(other=404),
        {"appeal_id": 99, "because": "SECRET"},
    ),
    "POST /v1/appeals:decide": (
        may(),
        {
            "appeal_id": 99,
            "because": "SECRET",
            "orders": [{"fulfilment_order_id": 8, "granted": False, "because": ""}],
        },
    ),
    "GET /v1/scores:pictures": (merchants(), None),
    "GET /v1/scores:forecast": (merchants(), None),
    "GET /v1/scores:save-list": (merchants(), None),
    "GET /v1/scores:lift": (merchants(other=422), None),
    "POST /v1/surveys": (may(), {"round": "spring", "audience": "merchant"}),
    "GET /v1/surveys": (merchants(), None),
    "GET /v1/surges": (merchants(), None),
    "GET /v1/exceptions": (may(), None),
    "GET /v1/audit": (may(), None),
    "GET /v1/backlog": (may(), None),
    "GET /v1/broken-steps": (may(), None),
    "GET /metrics": (may(), None),
    "GET /v1/scale": (may(), None),
    "GET /v1/statement": (merchants(), None),
    "GET /v1/policies": (merchants(), None),
    "POST /v1/policies": (may(), {"policies": [], "because": "why"}),
    "POST /v1/policies:end": (
        may(404),
        {"code": "none", "effective_from": "2026-11-20", "effective_to": None, "because": "why"},
    ),
    "POST /v1/tiers": (may(), {"decisions": []}),
    "POST /v1/volume-limits:lift": (may(), {"limits": [], "because": "why"}),
    "GET /v1/actions": (merchants(), None),
    "POST /v1/actions:decide": (may(), {"decisions": []}),
    "GET /v1/payouts": (merchants(), None),
    "PUT /v1/capacity": (merchants(), {"capacities": []}),
    "GET /v1/standing": (merchants(), None),
    "POST /v1/orders:pay": (merchants(), {"payments": []}),
}
"""By operation: what each caller is answered, and a body that is sound."""


def operations(app: Any) -> dict[str, list[str] | None]:
    """Every operation, and the names that may stand behind its question mark."""
    return {
        f"{method} {route.path_format}": names_known(handler)
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        if handler.resolve_include_in_schema()
        for method in handler.http_methods - {"OPTIONS", "HEAD"}
    }


KNOWN = {
    operation: about if names is None else names
    for about in [("merchant", "since", "until", "day", "vendor")]
    for operation, names in operations(http_app(nullcontext, 1)).items()
}


async def fill(make):
    await lending.set_up(make.tx)
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
    night = "/v1/streams/SECRET-night/"
    drop, wish = {"sku": "SECRET-LAMP", "per_minute": 60}, {"sku": "SECRET-LAMP", "client_key": "a"}
    await api.client.put(f"{night}admission", json=drop, headers=made.keys["merchant"])
    drawn = await api.client.post(
        f"{night}tickets", json={"tickets": [wish]}, headers=made.keys["merchant"]
    )
    made.ticket = drawn.json()[0]["ticket_id"]
    await api.made(lambda make: make.tx.fetch(REPORT))
    await api.made(lambda make: make.tx.fetch(LATE))
    await api.made(lambda make: make.tx.fetch(REFUSED))
    made.return_id = await api.made(lambda make: sent_back(make, made))
    return made


async def sent_back(make, made):
    """A return of the order that was placed."""
    (return_id,) = await new_ids(make.tx, count=1, at=NOW)
    await make.tx.fetch(
        "INSERT INTO returns.rma (merchant_id, return_id, request_key, body_sha256, reference,"
        " order_id, fulfilment_order_id, country, reason, node_id, delivered_at, requested_at,"
        " currency) VALUES ($1, $2, 'SECRET-r', '', '', $3, $3, 'US', 'late', $4, $5, $5, 'USD')",
        made.ours, return_id, made.order_id, made.node, NOW,
    )  # fmt: skip
    await make.tx.fetch(
        "INSERT INTO returns.rma_line VALUES ($1, $2, 0, (SELECT min(sku_id) FROM merchants.sku"
        " WHERE merchant_id = $1), 1, 1999)",
        made.ours, return_id,
    )  # fmt: skip
    await create(
        make.tx, kind="return", merchant_ids=[made.ours], subject_ids=[return_id],
        events=["requested"], due_at=[None], at=NOW,
    )  # fmt: skip
    return return_id


async def ask(api, world, operation, caller):
    """Ask as one caller; all name our merchant, though only an operator's word on that counts."""
    method, path = operation.split()
    path = path.format(
        node_id=world.node,
        order_id=world.order_id,
        return_id=world.return_id,
        vocabulary="swift",
        stream="SECRET-night",
        ticket=world.ticket,
    )
    body = MATRIX[operation][1]
    if operation == "POST /v1/orders:cancel":
        body = body | {"orders": [world.order_id]}
    about = {"merchant": "merchant-1", "since": "2026-11-01", "until": "2026-12-01"}
    about["day"] = "2026-11-01"
    if caller == "operator":
        about["vendor"] = "swift"
    return await api.client.request(
        method,
        path,
        params={name: value for name, value in about.items() if name in KNOWN[operation]},
        content=body if body is None or isinstance(body, str) else json.dumps(body),
        headers=world.keys[caller],
    )


async def test_no_odd_key_opens_or_breaks_anything(api):
    for key in ("pk_\u00e9_0000", "pk__", "pk_a_" + "0" * 10_000, "\u00ff", "_" * 99):
        odd = {"Authorization": f"Bearer {key}".encode("latin-1")}
        answer = await api.client.get("/v1/backlog", headers=odd)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorised"), key


def test_every_operation_has_its_row():
    assert KNOWN.keys() == MATRIX.keys()


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
            " ON c.oid = attrelid WHERE attname = 'merchant_id' AND relkind IN ('r', 'p')"
            " AND NOT relispartition"
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
