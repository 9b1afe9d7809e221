"""What is known of an order at its delivery, as numbers that may explain the shopper's stars."""

import math
from collections.abc import Mapping
from datetime import datetime

import msgspec

_DAY_S = 86_400
_EARTH_KM = 6_371.0
UNKNOWN = math.nan


class Place(msgspec.Struct, frozen=True):
    """A point on the map, in degrees."""

    latitude: float
    longitude: float


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """A delivered order as the shopper met it, and the stars that followed, if any.

    With several merchants in one order, `merchant` and `sku` are those of its dearest line,
    `dispatch_by_at` is the latest of their deadlines and `first_dispatch_by_at` the earliest.
    """

    order_ref: str
    shopper: str
    merchant: str
    sku: str
    ordered_at: datetime
    paid_at: datetime | None
    handed_over_at: datetime | None
    delivered_at: datetime
    first_dispatch_by_at: datetime | None
    dispatch_by_at: datetime | None
    deliver_by_at: datetime
    units: int
    skus: int
    merchants: int
    categories: int
    price_minor: int
    dearest_minor: int
    freight_minor: int
    weight_g: float | None = None
    volume_cm3: float | None = None
    photos: float | None = None
    title_characters: float | None = None
    description_characters: float | None = None
    paid_minor: int | None = None
    instalments: int | None = None
    payments: int | None = None
    method: str = ""
    origin: Place | None = None
    destination: Place | None = None
    same_region: bool = False
    stars: int | None = None
    reviewed_at: datetime | None = None

    @property
    def delay_days(self) -> float:
        """Days after the promised time; early is negative."""
        return _days(self.deliver_by_at, self.delivered_at)


GROUPS: Mapping[str, tuple[str, ...]] = {
    "order_delivery": ("delay_days", "delay_dates", "total_days", "total_to_promise"),
    "order_receipt": ("approval_days", "promise_days", "dispatch_promise_days"),
    "pick_and_pack": ("hand_over_days", "dispatch_delay_days", "first_dispatch_delay_days"),
    "ship_and_transport": (
        *("transport_days", "carrier_window_days", "distance_km", "days_to_distance"),
        *("origin_latitude", "origin_longitude"),
        *("destination_latitude", "destination_longitude", "same_region"),
    ),
    "basket": ("units", "skus", "merchants", "categories"),
    "goods": (
        *("price_minor", "dearest_minor", "freight_minor", "freight_to_price", "weight_g"),
        *("volume_cm3", "density", "freight_to_weight", "photos", "title_characters"),
        "description_characters",
    ),
    "payment": (
        *("paid_minor", "instalments", "payments", "surcharge_minor", "by_slip", "by_voucher"),
    ),
}
"""What is told of a delivery: the four sub-processes, then what the order was like itself."""

RISING = frozenset(
    {
        *("delay_days", "delay_dates", "total_days", "total_to_promise", "hand_over_days"),
        *("dispatch_delay_days", "first_dispatch_delay_days", "transport_days"),
        *("days_to_distance", "units", "skus", "merchants"),
    }
)
"""Of these more is never better: a model that learns otherwise has learnt noise."""


def features(delivery: Delivery) -> dict[str, float]:
    """Return every feature of `GROUPS`; what is unknown is not a number."""
    known = {**_clocks(delivery), **_ways(delivery), **_contents(delivery), **_payment(delivery)}
    return {name: known[name] for names in GROUPS.values() for name in names}


def _days(start: datetime | None, end: datetime | None) -> float:
    return (end - start).total_seconds() / _DAY_S if start and end else UNKNOWN


def _clocks(d: Delivery) -> dict[str, float]:
    total, promise = _days(d.ordered_at, d.delivered_at), _days(d.ordered_at, d.deliver_by_at)
    return {
        "delay_days": d.delay_days,
        "delay_dates": float(math.floor(d.delay_days)),
        "total_days": total,
        "total_to_promise": _ratio(total, promise),
        "approval_days": _days(d.ordered_at, d.paid_at),
        "promise_days": promise,
        "dispatch_promise_days": _days(d.ordered_at, d.dispatch_by_at),
        "hand_over_days": _days(d.paid_at, d.handed_over_at),
        "dispatch_delay_days": _days(d.dispatch_by_at, d.handed_over_at),
        "first_dispatch_delay_days": _days(d.first_dispatch_by_at, d.handed_over_at),
        "transport_days": _days(d.handed_over_at, d.delivered_at),
        "carrier_window_days": _days(d.handed_over_at, d.deliver_by_at),
    }


def _ways(d: Delivery) -> dict[str, float]:
    distance = distance_km(d.origin, d.destination)
    return {
        "distance_km": distance,
        # A parcel to the next street still takes a day: 100 km keep the ratio sane.
        "days_to_distance": _days(d.handed_over_at, d.delivered_at) / (distance + 100),
        "origin_latitude": d.origin.latitude if d.origin else UNKNOWN,
        "origin_longitude": d.origin.longitude if d.origin else UNKNOWN,
        "destination_latitude": d.destination.latitude if d.destination else UNKNOWN,
        "destination_longitude": d.destination.longitude if d.destination else UNKNOWN,
        "same_region": float(d.same_region),
    }


def _contents(d: Delivery) -> dict[str, float]:
    weight, volume = _known(d.weight_g), _known(d.volume_cm3)
    return {
        "units": float(d.units),
        "skus": float(d.skus),
        "merchants": float(d.merchants),
        "categories": float(d.categories),
        "price_minor": float(d.price_minor),
        "dearest_minor": float(d.dearest_minor),
        "freight_minor": float(d.freight_minor),
        "freight_to_price": _ratio(d.freight_minor, d.price_minor),
        "weight_g": weight,
        "volume_cm3": volume,
        "density": _ratio(weight, volume),
        "freight_to_weight": d.freight_minor / (weight + 100),
        "photos": _known(d.photos),
        "title_characters": _known(d.title_characters),
        "description_characters": _known(d.description_characters),
    }


def _payment(d: Delivery) -> dict[str, float]:
    return {
        "paid_minor": _known(d.paid_minor),
        "instalments": _known(d.instalments),
        "payments": _known(d.payments),
        "surcharge_minor": _known(d.paid_minor) - d.price_minor - d.freight_minor,
        "by_slip": float(d.method == "boleto"),
        "by_voucher": float(d.method == "voucher"),
    }


def _known(value: float | None) -> float:
    return UNKNOWN if value is None else float(value)


def _ratio(above: float, below: float) -> float:
    return above / below if below > 0 else UNKNOWN


def distance_km(start: Place | None, end: Place | None) -> float:
    """Return the great-circle distance by the haversine formula; not a number if either is None."""
    if start is None or end is None:
        return UNKNOWN
    south, north = math.radians(start.latitude), math.radians(end.latitude)
    turned = math.radians(end.longitude - start.longitude)
    half = (
        math.sin((north - south) / 2) ** 2
        + math.cos(south) * math.cos(north) * math.sin(turned / 2) ** 2
    )
    return 2 * _EARTH_KM * math.asin(math.sqrt(min(half, 1.0)))
