"""Declarations: reckoned on the broker's day by the rules of that day, lodged once, in order."""

import runpy
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from penstock.customs.clearance import ClearancePorts
from penstock.customs.declare import DeclarePorts, prepare_declarations, record_declarations
from penstock.customs.record_clearance import record_clearance
from penstock.customs.rulebook import read
from penstock.gateways.effects import DeclarationRequest, VendorEvent
from penstock.gateways.intent import Settled
from penstock.gateways.port import Outcome

WORLD = runpy.run_path(str(Path(__file__).parents[1] / "shipping" / "conftest.py"))
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
RULES = read([("own.toml", """
[defaults]
jurisdiction = "GB"
source = "a test"
verified_on = 2026-11-20
confidence = "read"

[[rule]]
code = "gb.duty"
stacking_group = "gb.duty"
levy = "duty"
effective_to = 2026-11-30
charge = {kind = "ad_valorem", basis = "cif", rate_bp = 1000}

[[rule]]
code = "gb.duty"
stacking_group = "gb.duty"
levy = "duty"
effective_from = 2026-12-01
charge = {kind = "ad_valorem", basis = "cif", rate_bp = 2000}

[[rule]]
code = "gb.vat"
stacking_group = "gb.vat"
levy = "vat"
charge = {kind = "ad_valorem", basis = "landed", rate_bp = 2000}

[[rule]]
code = "gb.fee"
stacking_group = "gb.fee"
levy = "fee"
charge = {kind = "per_parcel", amount_minor = 250, currency = "GBP"}
""")])  # fmt: skip


@pytest.fixture
def road(make):
    road = WORLD["Road"](make)
    road.refused = WORLD["Heard"]()
    road.declare = DeclarePorts(
        rules=RULES,
        fx=lambda day: {"USD": Decimal("0.8"), "GBP": Decimal("1.2")},
        report=road.reported,
        clearance=ClearancePorts(post=road.posted, refused=road.refused),
    )
    return road


async def abroad(road, make, orders=1, *, broker="harbour", **options):
    await road.vendor(broker, role="broker", zone="Asia/Shanghai", vocabulary="harbour")
    node = await make.node(country="CN", zone="Asia/Shanghai")
    options = {"country": "GB", "currency": "GBP", "goods": 5000, **options}
    return node, await road.packed(node, orders, event="packed_abroad", **options)


async def prepared(road, parcels, now=NOW):
    return await prepare_declarations(road.tx, parcels, now, ports=road.declare)


async def recorded(road, intents, now=NOW, *, state="done", body=b"", detail=""):
    body = body or b'{"reference": "r", "broker_reference": "B7"}'
    settled = [Settled(i, Outcome(i.request.reference, state, body, detail)) for i in intents]
    await record_declarations(road.tx, settled, now, ports=road.declare)


def request_of(intent):
    return msgspec.json.decode(intent.request.body, type=DeclarationRequest)


async def test_what_is_owed_is_reckoned_and_told(road, make):
    _, (parcel,) = await abroad(road, make, keys=["O-1"], shipping=600)
    (intent,) = await prepared(road, [parcel])
    request = request_of(intent)
    assert intent.vendor == "harbour"
    assert request.reference == intent.request.reference
    assert request.reference.endswith("/test/O-1/1/1")
    assert (request.jurisdiction, request.from_country, request.to_country) == ("GB", "CN", "GB")
    assert (request.duty_minor, request.vat_minor, request.currency) == (560, 1232, "GBP")
    (line,) = request.lines
    assert (line.hs6, line.description, line.value_minor) == ("940521", "Lamp", 5000)
    (row,) = await road.tx.fetch(
        "SELECT value_minor, fees_minor, vat_collected, rules, lodged_at FROM customs.declaration"
    )
    assert tuple(row) == (
        5000, 250, "border", ["gb.duty@open", "gb.fee@open", "gb.vat@open"], None,
    )  # fmt: skip


async def test_the_day_is_the_brokers(road, make):
    _, parcels = await abroad(road, make, 2)
    night = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)
    before = await prepared(road, parcels[:1], night.replace(hour=15, minute=59))
    after = await prepared(road, parcels[1:], night)
    assert [request_of(i).duty_minor for i in (*before, *after)] == [500, 1000]


async def test_a_parcel_bears_its_share_of_the_carriage(road, make):
    _, parcels = await abroad(road, make, each=3, goods=1000, shipping=1000)
    for intent in await prepared(road, parcels):
        assert request_of(intent).duty_minor == 133  # 10 % of 1000 + 1000 // 3


async def test_the_broker_with_the_lowest_rate_is_asked_and_then_the_next(road, make):
    node, (parcel,) = await abroad(road, make)
    await road.lane("dear", node, fee=900, country="GB", role="broker")
    await road.lane("cheap", node, fee=300, country="GB", role="broker")
    await road.lane("swift", node, fee=1, country="GB")
    asked = []
    for _ in range(3):
        (intent,) = await prepared(road, [parcel])
        asked.append(intent.vendor)
        await recorded(road, [intent], state="refused", detail="we are closed")
    assert asked == ["cheap", "dear", "harbour"]
    assert await prepared(road, [parcel]) == []
    assert await road.status([parcel]) == ["awaiting_declaration"]
    assert {r[2:] for r in road.reported.rows} == {
        ("declaration_refused", "customs", "we are closed")
    }


async def test_what_cannot_be_reckoned_is_reported_and_holds_nobody_up(road, make):
    _, (good,) = await abroad(road, make)
    merchant = await make.merchant()
    sku = await make.sku(merchant)
    await road.tx.fetch("UPDATE merchants.sku SET hs6 = '' WHERE sku_id = $1", sku)
    _, (bad,) = await abroad(road, make, merchant_id=merchant, sku_id=sku)
    intents = await prepared(road, [good, bad])
    assert [i.subject for i in intents] == [good]
    ((_, parcel_id, reason, fault, detail),) = road.reported.rows
    assert (parcel_id, reason, fault) == (bad.subject_id, "cannot_be_declared", "retailer")
    assert "/lines/0/hs6" in detail


async def test_a_border_without_rules_is_declared_with_a_warning(road, make):
    _, parcels = await abroad(road, make, country="BR")
    (intent,) = await prepared(road, parcels)
    assert (request_of(intent).jurisdiction, request_of(intent).duty_minor) == ("BR", 0)
    (row,) = await road.tx.fetch("SELECT warnings FROM customs.declaration")
    assert row[0][0].startswith("no_jurisdiction: ")


async def test_lodged_once_and_once_only(road, make):
    _, (parcel,) = await abroad(road, make)
    intents = await prepared(road, [parcel])
    await recorded(road, intents)
    await recorded(road, intents, NOW.replace(hour=13), body=b"junk")
    assert await road.status([parcel]) == ["declared"]
    (row,) = await road.tx.fetch("SELECT broker_reference, lodged_at FROM customs.declaration")
    assert tuple(row) == ("B7", NOW)


async def test_a_word_that_comes_before_the_answer_is_heard_after_it(road, make):
    _, (parcel,) = await abroad(road, make)
    (intent,) = await prepared(road, [parcel])
    event = VendorEvent(
        event_id="e", topic="declaration", about=intent.request.reference, code="RELEASED",
        occurred_at=NOW.isoformat(),
    )  # fmt: skip
    ports = road.declare.clearance
    (answer,) = await record_clearance(road.tx, "harbour", [event], NOW, ports=ports)
    assert answer.outcome == "recorded"
    assert await road.status([parcel]) == ["awaiting_declaration"]
    await recorded(road, [intent], NOW.replace(minute=5))
    assert await road.status([parcel]) == ["awaiting_label"]
    assert [(c.duty_minor, c.vat_minor, c.fees_minor) for c in road.posted.rows] == [
        (500, 1100, 250)
    ]
