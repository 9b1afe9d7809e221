"""Sign a vendor on: its record, its rate card, its collections."""

from collections.abc import Sequence
from datetime import date, datetime, time

from penstock.db.query import query
from penstock.db.transaction import Transaction
from penstock.kernel.errors import FieldError, Invalid
from penstock.vendors.contract_rules import (
    NewPickup,
    NewRate,
    NewVendor,
    nowhere,
    rate_problems,
    unsigned,
    vendor_problems,
)

__all__ = ["NewPickup", "NewRate", "NewVendor", "add_pickups", "add_rates", "add_vendors"]


@query
async def signed_vendors(tx: Transaction, *, vendors: list[str]) -> list[str]:
    """Tell which of these vendors there are."""


@query
async def nodes_there(tx: Transaction, *, node_ids: list[int]) -> list[int]:
    """Tell which of these nodes there are."""


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
    """Sign vendors on; the same name again changes its data.

    Raises:
        Invalid: everything that is wrong, by field.

    """
    _refuse([error for i, vendor in enumerate(vendors) for error in vendor_problems(i, vendor)])
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
    signed = await signed_vendors(tx, vendors=[rate.vendor for rate in rates])
    nodes = await _nodes(tx, [rate.node_id for rate in rates])
    _refuse(
        [
            error
            for i, rate in enumerate(rates)
            for error in (
                *unsigned(f"/rates/{i}", rate.vendor, signed),
                *nowhere(f"/rates/{i}", rate.node_id, nodes),
                *rate_problems(i, rate),
            )
        ]
    )
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
    """Say when vendors collect; again, it moves. The last word on a vendor and node counts.

    Raises:
        Invalid: one names a vendor or a node that there is not.

    """
    signed = await signed_vendors(tx, vendors=[pickup.vendor for pickup in pickups])
    nodes = await _nodes(tx, [pickup.node_id for pickup in pickups])
    _refuse(
        [
            error
            for i, pickup in enumerate(pickups)
            for error in (
                *unsigned(f"/pickups/{i}", pickup.vendor, signed),
                *nowhere(f"/pickups/{i}", pickup.node_id, nodes),
            )
        ]
    )
    pickups = list({(p.vendor, p.node_id): p for p in pickups}.values())
    await store_pickups(
        tx,
        vendors=[p.vendor for p in pickups],
        node_ids=[p.node_id for p in pickups],
        cut_offs=[p.cut_off for p in pickups],
    )


async def _nodes(tx: Transaction, wanted: Sequence[int]) -> list[int]:
    """Tell which of the wanted nodes there are; what no node's number can be is none."""
    return await nodes_there(tx, node_ids=[n for n in set(wanted) if 0 < n < 2**31])


def _refuse(wrong: list[FieldError]) -> None:
    if wrong:
        raise Invalid("the contract has errors; nothing of it was taken", errors=tuple(wrong))
