"""Sign a vendor on: its record, its rate card, its collections."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Literal

import msgspec

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.kernel.countries import COUNTRIES
from penstock.kernel.errors import FieldError, Invalid
from penstock.kernel.money import CURRENCIES


class NewVendor(msgspec.Struct, frozen=True, kw_only=True):
    """A vendor and how it is reached.

    `gateway` names the adapter, `endpoint` the vendor's address, `zone` the clock of what it
    reports without an offset, `vocabulary` whose status codes it speaks (empty: its own).
    """

    vendor: str
    title: str
    role: Literal["carrier", "broker", "returns_processor", "node_operator"]
    gateway: str
    endpoint: str
    zone: str = "UTC"
    vocabulary: str = ""


class NewRate(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a rate card: one parcel of at most `weight_to_g` from a node to a country."""

    vendor: str
    node_id: int
    country: str
    service: str
    weight_to_g: int
    fee_minor: int
    currency: str
    transit_days: int
    parcels_per_day: int
    effective_from: date
    effective_to: date | None = None


class NewPickup(msgspec.Struct, frozen=True, kw_only=True):
    """When a vendor collects at a node, on the node's clock."""

    vendor: str
    node_id: int
    cut_off: time


@query
async def store_vendors(
    tx: Transaction,
    *,
    vendors: list[str],
    titles: list[str],
    roles: list[str],
    gateways: list[str],
    endpoints: list[str],
    zones: list[str],
    vocabularies: list[str],
    joined_at: datetime,
) -> None:
    """Insert vendors, or bring those of the same name up to date."""


@query
async def store_rates(
    tx: Transaction,
    *,
    vendors: list[str],
    node_ids: list[int],
    countries: list[str],
    services: list[str],
    weights_to_g: list[int],
    fees_minor: list[int],
    currencies: list[str],
    transit_days: list[int],
    parcels_per_day: list[int],
    effective_from: list[date],
    effective_to: list[date | None],
) -> None:
    """Insert lines of rate cards, or correct those of the same lane, weight and first day."""


@query
async def store_pickups(
    tx: Transaction, *, vendors: list[str], node_ids: list[int], cut_offs: list[time]
) -> None:
    """Insert collections, or move those of the same vendor and node."""


async def add_vendors(tx: Transaction, vendors: Sequence[NewVendor], now: datetime) -> None:
    """Sign vendors on; the same name again changes its data."""
    vendors = list({v.vendor: v for v in vendors}.values())
    await store_vendors(
        tx,
        vendors=[v.vendor for v in vendors],
        titles=[v.title for v in vendors],
        roles=[v.role for v in vendors],
        gateways=[v.gateway for v in vendors],
        endpoints=[v.endpoint for v in vendors],
        zones=[v.zone for v in vendors],
        vocabularies=[v.vocabulary for v in vendors],
        joined_at=now,
    )


async def add_rates(tx: Transaction, rates: Sequence[NewRate]) -> None:
    """Add lines to rate cards; the same lane, weight and first day again corrects the line.

    Raises:
        Invalid: every line that is none, by field.

    """
    wrong = [error for i, rate in enumerate(rates) for error in _problems(i, rate)]
    if wrong:
        raise Invalid("the rate card has errors; nothing of it was taken", errors=tuple(wrong))
    rates = list(
        {
            (r.vendor, r.node_id, r.country, r.service, r.weight_to_g, r.effective_from): r
            for r in rates
        }.values()
    )
    await store_rates(
        tx,
        vendors=[r.vendor for r in rates],
        node_ids=[r.node_id for r in rates],
        countries=[r.country for r in rates],
        services=[r.service for r in rates],
        weights_to_g=[r.weight_to_g for r in rates],
        fees_minor=[r.fee_minor for r in rates],
        currencies=[r.currency for r in rates],
        transit_days=[r.transit_days for r in rates],
        parcels_per_day=[r.parcels_per_day for r in rates],
        effective_from=[r.effective_from for r in rates],
        effective_to=[r.effective_to for r in rates],
    )


async def add_pickups(tx: Transaction, pickups: Sequence[NewPickup]) -> None:
    """Say when vendors collect; again, it moves. The last word on a vendor and node counts."""
    pickups = list({(p.vendor, p.node_id): p for p in pickups}.values())
    await store_pickups(
        tx,
        vendors=[p.vendor for p in pickups],
        node_ids=[p.node_id for p in pickups],
        cut_offs=[p.cut_off for p in pickups],
    )


def _problems(i: int, rate: NewRate) -> list[FieldError]:
    wrong = []
    if rate.country not in COUNTRIES:
        detail = f"{rate.country!r} is no country of ISO 3166-1; use a code such as US"
        wrong.append(FieldError(f"/rates/{i}/country", "unknown_country", detail))
    if rate.currency not in CURRENCIES:
        detail = f"{rate.currency!r} is no currency that Penstock trades in"
        wrong.append(FieldError(f"/rates/{i}/currency", "unknown_currency", detail))
    least = {"weight_to_g": 1, "parcels_per_day": 1, "fee_minor": 0, "transit_days": 0}
    wrong += [
        FieldError(f"/rates/{i}/{field}", "out_of_range", f"use {low} or more")
        for field, low in least.items()
        if getattr(rate, field) < low
    ]
    if rate.effective_to is not None and rate.effective_to < rate.effective_from:
        detail = f"it ends before it begins, on {rate.effective_from}"
        wrong.append(FieldError(f"/rates/{i}/effective_to", "ends_too_early", detail))
    return wrong
