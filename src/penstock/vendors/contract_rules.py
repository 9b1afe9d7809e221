"""What a vendor's record and contract obey."""

import re
from collections.abc import Collection
from datetime import date, time
from functools import cache
from typing import Literal
from zoneinfo import available_timezones

import msgspec

from penstock.kernel.countries import COUNTRIES
from penstock.kernel.errors import FieldError
from penstock.kernel.money import CURRENCIES

CODE = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""A vendor's name is part of its account in the ledger and of its address in the API."""
RANGES = {
    "weight_to_g": (1, 100_000_000),
    "parcels_per_day": (1, 2**31 - 1),
    "fee_minor": (0, 1_000_000_000_000),
    "transit_days": (0, 365),
}
"""What a line of a rate card may say. Days beyond all calendars would stop the choice of carriers
for every parcel of its lane, for one statement dates them all."""


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


def vendor_problems(i: int, vendor: NewVendor) -> list[FieldError]:
    """Return every rule that the `i`-th vendor of a request breaks."""
    wrong = []
    if not CODE.fullmatch(vendor.vendor):
        detail = "use letters, digits, dots, underscores and hyphens, at most 64"
        wrong.append(FieldError(f"/vendors/{i}/vendor", "bad_name", detail))
    if not vendor.title.strip() or not vendor.title.isprintable():
        wrong.append(FieldError(f"/vendors/{i}/title", "required", "give its title, in one line"))
    if not vendor.gateway.strip():
        detail = "name the gateway that reaches it, such as sandbox"
        wrong.append(FieldError(f"/vendors/{i}/gateway", "required", detail))
    if vendor.zone not in _zones():
        detail = f"{vendor.zone!r} is no IANA time zone; use one such as Asia/Shanghai"
        wrong.append(FieldError(f"/vendors/{i}/zone", "unknown_zone", detail))
    return wrong


def rate_problems(i: int, rate: NewRate) -> list[FieldError]:
    """Return every rule that the `i`-th rate of a request breaks by itself."""
    wrong = []
    if rate.country not in COUNTRIES:
        detail = f"{rate.country!r} is no country of ISO 3166-1; use a code such as US"
        wrong.append(FieldError(f"/rates/{i}/country", "unknown_country", detail))
    if rate.currency not in CURRENCIES:
        detail = f"{rate.currency!r} is no currency that Penstock trades in"
        wrong.append(FieldError(f"/rates/{i}/currency", "unknown_currency", detail))
    if not CODE.fullmatch(rate.service):
        detail = "use letters, digits, dots, underscores and hyphens, at most 64"
        wrong.append(FieldError(f"/rates/{i}/service", "bad_name", detail))
    wrong += [
        FieldError(
            f"/rates/{i}/{field}", "out_of_range", f"use a whole number from {low} to {high}"
        )
        for field, (low, high) in RANGES.items()
        if not low <= getattr(rate, field) <= high
    ]
    if rate.effective_to is not None and rate.effective_to < rate.effective_from:
        detail = f"it ends before it begins, on {rate.effective_from}"
        wrong.append(FieldError(f"/rates/{i}/effective_to", "ends_too_early", detail))
    return wrong


def unsigned(pointer: str, vendor: str, signed: Collection[str]) -> list[FieldError]:
    """Return the error of naming a vendor that has not been signed on."""
    if vendor in signed:
        return []
    detail = f"there is no vendor {vendor!r}; add it first or correct the name"
    return [FieldError(f"{pointer}/vendor", "unknown_vendor", detail)]


def nowhere(pointer: str, node_id: int, nodes: Collection[int]) -> list[FieldError]:
    """Return the error of naming a node that there is not."""
    if node_id in nodes:
        return []
    detail = f"there is no node {node_id}; set it up first or correct the number"
    return [FieldError(f"{pointer}/node_id", "unknown_node", detail)]


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
