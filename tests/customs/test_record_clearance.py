"""The border's word: held, cleared, refused, in any order and however often it is said."""

import itertools
import runpy
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from penstock.customs.clearance import ClearancePorts
from penstock.customs.record_clearance import record_clearance
from penstock.gateways.effects import VendorEvent
from penstock.kernel.errors import NotFound
from penstock.lifecycle.advance import move

WORLD = runpy.run_path(str(Path(__file__).parents[1] / "shipping" / "conftest.py"))
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=3)


@pytest.fixture
def road(make):
    road = WORLD["Road"](make)
    road.refused = WORLD["Heard"]()
    road.clearance = ClearancePorts(post=road.posted, refused=road.refused)
    return road


async def declared(road, make, count=1, *, collected="border", duty=300):
    await road.vendor("harbour", role="broker", zone="UTC", vocabulary="harbour")
    node = await make.node(country="CN", zone="Asia/Shanghai")
    parcels = await road.packed(node, count, event="packed_abroad")
    await road.tx.fetch(
        "INSERT INTO customs.declaration (merchant_id, parcel_id, vendor, reference, jurisdiction,"
        " value_minor, duty_minor, vat_minor, vat_collected, fees_minor, currency, rules, warnings,"
        " prepared_at, lodged_at) SELECT $1, id, 'harbour', 'R' || id, 'GB', 5000, $4, 200, $5, 0,"
        " 'GBP', '{}', '{}', $3, $3 FROM unnest($2::bigint[]) AS p (id)",
        parcels[0].merchant_id, [p.subject_id for p in parcels], NOW, duty, collected,
    )  # fmt: skip
    await move(road.tx, parcels, "declared", NOW)
    return parcels


def said(parcel, code, hours=1, **fields):
    known = {
        "event_id": f"{parcel.subject_id}-{code}-{hours}",
        "topic": "declaration",
        "about": f"R{parcel.subject_id}",
        "code": code,
        "occurred_at": (NOW + timedelta(hours=hours)).isoformat(),
    }
    return VendorEvent(**{**known, **fields})


async def record(road, events, vendor="harbour"):
    answers = await record_clearance(road.tx, vendor, events, LATER, ports=road.clearance)
    return [a.outcome for a in answers]


@pytest.mark.parametrize("codes", [
    ("ACCEPTED", "INSPECTION", "RELEASED"),
    ("ACCEPTED", "PAPERS_MISSING", "PROHIBITED"),
])  # fmt: skip
async def test_every_order_of_the_words_ends_alike(road, make, codes):
    orders = list(itertools.permutations(enumerate(codes, 1)))
    parcels = await declared(road, make, len(orders))
    for turn in range(3):
        events = [
            said(parcel, order[turn][1], order[turn][0])
            for parcel, order in zip(parcels, orders, strict=True)
        ]
        assert await record(road, events) == ["recorded"] * len(orders)
        assert await record(road, events) == ["repeated"] * len(orders)
    cleared = codes[-1] == "RELEASED"
    end = "awaiting_label" if cleared else "refused"
    assert set(await road.status(parcels)) == {end}
    assert len(road.posted.rows) == (len(parcels) if cleared else 0)
    assert len(road.refused.rows) == (0 if cleared else len(parcels))
    ends = await road.tx.fetch("SELECT DISTINCT cleared_at, refused_at FROM customs.declaration")
    at = NOW + timedelta(hours=3)
    assert [tuple(r) for r in ends] == [(at, None) if cleared else (None, at)]


async def test_a_hold_says_why_and_a_release_ends_it(road, make):
    (parcel,) = await declared(road, make)
    await record(road, [said(parcel, "VALUE_DOUBTED", detail="show the invoice")])
    assert await road.status([parcel]) == ["customs_held"]
    (row,) = await road.tx.fetch("SELECT held_because FROM customs.declaration")
    assert row[0] == "show the invoice"
    await record(road, [said(parcel, "RELEASED", 5)])
    assert await road.status([parcel]) == ["awaiting_label"]
    (row,) = await road.tx.fetch(
        "SELECT since_at, due_at FROM lifecycle.subject WHERE subject_id = $1", parcel.subject_id
    )
    assert tuple(row) == (NOW + timedelta(hours=5), LATER)


async def test_only_what_was_paid_at_the_border_is_posted(road, make):
    (checkout,) = await declared(road, make, collected="checkout")
    (nothing,) = await declared(road, make, collected="none", duty=0)
    await record(road, [said(checkout, "RELEASED"), said(nothing, "RELEASED")])
    assert [(c.parcel_id, c.duty_minor, c.vat_minor) for c in road.posted.rows] == [
        (checkout.subject_id, 300, 0)
    ]


async def test_each_event_gets_its_answer(road, make):
    (parcel,) = await declared(road, make)
    events = [
        said(parcel, "RELEASED", about="R0"),
        said(parcel, "RELEASED", 24 * 9),
        said(parcel, "RELEASED", -25),
        said(parcel, "SHRUG"),
        said(parcel, "RELEASED", 2, topic="parcel"),
        said(parcel, "ACCEPTED"),
    ]
    assert await record(road, events) == [
        "unknown_declaration", "bad_time", "bad_time", "unknown_code", "unknown_code", "recorded",
    ]  # fmt: skip
    assert await road.status([parcel]) == ["declared"]
    await road.vendor("rival", role="broker", vocabulary="harbour")
    rivals = [said(parcel, "PROHIBITED")]
    assert await record(road, rivals, vendor="rival") == ["unknown_declaration"]
    with pytest.raises(NotFound):
        await record(road, rivals, vendor="nobody")


async def test_the_first_last_word_stays(road, make):
    (parcel,) = await declared(road, make)
    await record(road, [said(parcel, "RELEASED", 5)])
    assert await record(road, [said(parcel, "PROHIBITED", 6)]) == ["recorded"]
    assert await road.status([parcel]) == ["awaiting_label"]
    assert road.refused.rows == []


async def test_a_hold_that_is_told_after_the_release_holds_nothing(road, make):
    (parcel,) = await declared(road, make)
    await record(road, [said(parcel, "INSPECTION", 6), said(parcel, "RELEASED", 5)])
    assert await road.status([parcel]) == ["awaiting_label"]
