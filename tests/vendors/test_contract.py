"""Vendors are signed on once, and their cards corrected by saying them again."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from penstock.kernel.errors import Invalid
from penstock.vendors.contract import (
    NewPickup,
    NewRate,
    NewVendor,
    add_pickups,
    add_rates,
    add_vendors,
)
from penstock.vendors.scorecard import scorecard

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
async def node(tx):
    """The node of these contracts, number 1."""
    await tx.fetch(
        "INSERT INTO inventory.node (node_id, code, title, country, zone, cut_off,"
        " orders_per_hour) VALUES (1, 'n-1', 'N', 'US', 'UTC', '17:00', 1)"
    )


def rate(**changes):
    fields = {
        "vendor": "swift", "node_id": 1, "country": "US", "service": "ground",
        "weight_to_g": 2000, "fee_minor": 500, "currency": "USD", "transit_days": 3,
        "parcels_per_day": 100, "effective_from": date(2026, 1, 1),
    }  # fmt: skip
    return NewRate(**(fields | changes))


async def signed(tx):
    vendor = NewVendor(
        vendor="swift", title="Swift", role="carrier", gateway="sandbox", endpoint="http://x"
    )
    await add_vendors(tx, [vendor], NOW)


async def test_saying_it_again_corrects_it(tx):
    await signed(tx)
    await add_rates(tx, [rate(), rate(fee_minor=450)])
    await add_rates(tx, [rate(fee_minor=470)])
    (row,) = await tx.fetch("SELECT fee_minor, effective_to FROM vendors.rate")
    assert row["fee_minor"] == 470
    for hour in (16, 17):
        await add_pickups(tx, [NewPickup(vendor="swift", node_id=1, cut_off=time(hour))])
    (row,) = await tx.fetch("SELECT cut_off FROM vendors.pickup")
    assert row["cut_off"] == time(17)


async def test_a_wrong_card_is_refused_by_field_and_whole(tx):
    await signed(tx)
    with pytest.raises(Invalid) as refusal:
        await add_rates(tx, [rate(), rate(country="QQ", fee_minor=-1, weight_to_g=0)])
    assert {e.pointer for e in refusal.value.errors} == {
        "/rates/1/country", "/rates/1/fee_minor", "/rates/1/weight_to_g",
    }  # fmt: skip
    assert await tx.fetch("SELECT FROM vendors.rate") == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"vendor": "swift parcel"}, "bad_name"), ({"title": " "}, "required"),
        ({"gateway": ""}, "required"), ({"zone": "Mars/Base"}, "unknown_zone"),
    ],
)  # fmt: skip
async def test_a_wrong_record_is_refused_by_field(tx, change, code):
    fields = {"vendor": "v", "title": "V", "role": "carrier", "gateway": "g", "endpoint": ""}
    with pytest.raises(Invalid) as refusal:
        await add_vendors(tx, [NewVendor(**(fields | change))], NOW)
    assert [e.code for e in refusal.value.errors] == [code]


async def test_a_contract_needs_its_vendor(tx):
    with pytest.raises(Invalid) as rates:
        await add_rates(tx, [rate(vendor="nobody")])
    with pytest.raises(Invalid) as pickups:
        await add_pickups(tx, [NewPickup(vendor="nobody", node_id=1, cut_off=time(16))])
    assert [e.pointer for e in rates.value.errors] == ["/rates/0/vendor"]
    assert [e.pointer for e in pickups.value.errors] == ["/pickups/0/vendor"]


async def test_a_contract_needs_its_node(tx):
    await signed(tx)
    for number in (2, 0, -1, 2**31, 2**63):
        with pytest.raises(Invalid) as refused:
            await add_rates(tx, [rate(), rate(node_id=number)])
        assert [(e.pointer, e.code) for e in refused.value.errors] == [
            ("/rates/1/node_id", "unknown_node")
        ]
        with pytest.raises(Invalid, match="contract"):
            await add_pickups(tx, [NewPickup(vendor="swift", node_id=number, cut_off=time(16))])


async def test_a_card_counts_what_the_carrier_kept(tx):
    """Two delivered, one of them late; one scanned a day late; one lost."""
    await signed(tx)
    handed_over = NOW - timedelta(days=5)
    fates = [
        ("delivered", 48, 1), ("delivered", 90, 30), ("lost", 100, 2), (None, None, None),
    ]  # fmt: skip
    for parcel_id, (event, hours, scanned) in enumerate(fates, start=1):
        await tx.fetch(
            "INSERT INTO shipping.label (merchant_id, parcel_id, vendor, service, tracking_number,"
            " fee_minor, currency, bought_at, deliver_by_at, handed_over_at, pickup_at)"
            " VALUES (1, $1::bigint, 'swift', 'ground', 'T' || $1::text, 1, 'USD', $2, $3, $2, $2)",
            parcel_id, handed_over, handed_over + timedelta(hours=72),
        )  # fmt: skip
        if event:
            await tx.fetch(
                "INSERT INTO tracking.standing (merchant_id, parcel_id, event, rank, occurred_at,"
                " first_at) VALUES (1, $1, $2, 4, $3, $4)",
                parcel_id, event, handed_over + timedelta(hours=hours),
                handed_over + timedelta(hours=scanned),
            )  # fmt: skip
    assert await scorecard(tx, NOW) == 1
    assert await scorecard(tx, NOW) == 1
    (card,) = await tx.fetch("SELECT * FROM vendors.scorecard")
    assert (card["delivered"], card["on_time"], card["lost"]) == (2, 1, 1)
    assert (card["scanned"], card["scanned_late"]) == (3, 1)
    assert float(card["transit_hours_mean"]) == 69.0
