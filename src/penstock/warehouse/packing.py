"""What packing one order comes to: its parcels and their weights, or that the scale disagrees."""

from collections.abc import Sequence

import msgspec

from penstock.kernel.money import share
from penstock.warehouse.cartonize import Carton, Unit, cartonize

TOLERANCE_PERCENT = 15
TOLERANCE_MIN_G = 50


class OrderLine(msgspec.Struct, frozen=True):
    """A line of a picked order: the units and what one of them measures."""

    line_no: int
    sku_id: int
    quantity: int
    unit: Unit


class ParcelPlan(msgspec.Struct, frozen=True):
    """A parcel to be: its carton, its weight with the tare, units by position of the line."""

    carton: str
    weight_g: int
    counts: tuple[int, ...]


class PlannedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order with its parcels to be, by whom, from which country and to which."""

    merchant_id: int
    fulfilment_order_id: int
    packer: str
    from_country: str
    to_country: str
    lines: tuple[OrderLine, ...]
    parcels: tuple[ParcelPlan, ...]


def plan_parcels(
    lines: Sequence[OrderLine], cartons: Sequence[Carton], scanned_g: int | None
) -> tuple[ParcelPlan, ...] | None:
    """Return the parcels of an order; None where the scale says that something is wrong in them.

    `scanned_g` is the weight of all its parcels together: it may be off what the units and
    cartons should weigh by 15 %, and by 50 g in any case, and is shared out over the parcels in
    proportion. Without a scan they weigh what they should.
    """
    filled = cartonize([(line.unit, line.quantity) for line in lines], cartons)
    expected_g = [f.weight_g for f in filled]
    if scanned_g is None:
        weights_g: Sequence[int] = expected_g
    elif weight_agrees(scanned_g, sum(expected_g)):
        weights_g = [max(1, part) for part in share(scanned_g, expected_g)]
    else:
        return None
    return tuple(
        ParcelPlan(f.carton, weight_g, f.counts)
        for f, weight_g in zip(filled, weights_g, strict=True)
    )


def weight_agrees(scanned_g: int, expected_g: int) -> bool:
    """Whether a scanned weight can be that of the right contents."""
    allowed = max(TOLERANCE_MIN_G * 100, TOLERANCE_PERCENT * expected_g)
    return scanned_g > 0 and abs(scanned_g - expected_g) * 100 <= allowed
