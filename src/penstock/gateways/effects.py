"""What is said to vendors and answered by them, in our words; adapters put it into theirs."""

from datetime import datetime

import msgspec

from penstock.channels.order import Address


class LabelRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel that needs a label; what it carries is declared where it crosses a border."""

    reference: str
    service: str
    node: str
    ship_to: Address
    weight_g: int
    length_mm: int
    width_mm: int
    height_mm: int
    requested_at: datetime
    deliver_by_at: datetime


class LabelBought(msgspec.Struct, frozen=True, kw_only=True):
    """The carrier's label: its number and its price."""

    reference: str
    tracking_number: str
    fee_minor: int
    currency: str


class ManifestRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Parcels that wait for one pick-up."""

    reference: str
    node: str
    tracking_numbers: tuple[str, ...]
    closed_at: datetime


class ManifestClosed(msgspec.Struct, frozen=True, kw_only=True):
    """The carrier knows of the pick-up."""

    reference: str
    vendor_reference: str


class DeclaredLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a declaration."""

    hs6: str
    description: str
    quantity: int
    value_minor: int
    weight_g: int
    origin_country: str


class DeclarationRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What crosses a border, and what we reckon is owed for it."""

    reference: str
    jurisdiction: str
    from_country: str
    to_country: str
    currency: str
    lines: tuple[DeclaredLine, ...]
    duty_minor: int
    vat_minor: int
    lodged_at: datetime


class DeclarationLodged(msgspec.Struct, frozen=True, kw_only=True):
    """The broker has lodged it."""

    reference: str
    broker_reference: str


class ReturnRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A shopper will send something back; the processor makes the label and grades it."""

    reference: str
    country: str
    units: int
    reason: str
    announced_at: datetime


class ReturnAnnounced(msgspec.Struct, frozen=True, kw_only=True):
    """The processor expects it."""

    reference: str
    label_reference: str
    fee_minor: int
    currency: str


class VendorEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something a vendor tells us, in its own words; it may come late, twice and out of order.

    `about` is a tracking number, a declaration's or a return's reference, by `topic`.
    `occurred_at` is the text that the vendor wrote, with or without an offset.
    """

    event_id: str
    topic: str
    about: str
    code: str
    occurred_at: str
    place: str = ""
    detail: str = ""
