"""What Shopify's Admin REST API sends for an order, as far as it is read."""

from datetime import datetime

import msgspec


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A line item; quantities are units."""

    price: str
    quantity: int
    sku: str | None = None
    title: str | None = None
    requires_shipping: bool | None = None
    fulfillable_quantity: int | None = None
    fulfillment_status: str | None = None


class ShippingLine(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery method that the shopper chose."""

    price: str
    discounted_price: str | None = None


class ShippingAddress(msgspec.Struct, frozen=True, kw_only=True):
    """A shipping address."""

    name: str | None = None
    company: str | None = None
    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    province: str | None = None
    province_code: str | None = None
    zip: str | None = None
    country_code: str | None = None
    phone: str | None = None


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """Who bought."""

    id: int | str | None = None


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of an order that are used; prices are decimal text in the shop's currency."""

    id: int | str
    currency: str
    created_at: datetime
    line_items: list[Item]
    processed_at: datetime | None = None
    cancelled_at: str | None = None
    closed_at: str | None = None
    financial_status: str | None = None
    test: bool | None = None
    name: str | None = None
    note: str | None = None
    email: str | None = None
    phone: str | None = None
    customer: Customer | None = None
    shipping_address: ShippingAddress | None = None
    shipping_lines: list[ShippingLine] | None = None
