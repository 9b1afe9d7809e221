"""What an order is before Penstock has taken it, whichever channel it came from."""

from datetime import datetime
from typing import Literal

import msgspec

Policy = Literal["all_or_nothing", "available", "backorder"]


class Address(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A consignee. `country` is ISO 3166-1 alpha-2; masked parts stay as the channel sent them."""

    name: str
    line1: str
    city: str
    country: str
    line2: str = ""
    region: str = ""
    postal_code: str = ""
    phone: str = ""
    email: str = ""


class NewLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line: the merchant's own SKU code, units, and the price of one unit."""

    sku: str
    quantity: int
    unit_price_minor: int


class NewOrder(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """An order as its channel tells it; `channel` and `channel_order_id` are its natural key.

    `policy` says what happens under scarcity: refuse the order unless all of it is there
    (`all_or_nothing`), take `available` units and refuse the rest, or wait for stock
    (`backorder`). `stream` is the code of the livestream it was placed in. `shipping_minor` is
    what the shopper paid for delivery. An order without `paid_at` is not paid yet. `tickets` are
    the admission tickets of a stream that it carries.
    """

    channel: str
    channel_order_id: str
    currency: str
    ordered_at: datetime
    ship_to: Address
    lines: tuple[NewLine, ...]
    paid_at: datetime | None = None
    policy: Policy = "all_or_nothing"
    stream: str = ""
    shipping_minor: int = 0
    buyer_id: str = ""
    tickets: tuple[int, ...] = ()
    note: str = ""
