"""What TikTok Shop's order API (version 202309) sends, as far as it is read."""

import msgspec


def plain(text: str | None) -> str:
    """Take off the stray blanks, line ends and quoted emptiness that the platform sends."""
    stripped = (text or "").strip()
    return "" if stripped == '""' else stripped


class District(msgspec.Struct, frozen=True, kw_only=True):
    """One administrative level: L0 is the country, higher numbers are smaller areas."""

    address_level: str | None = None
    address_level_name: str | None = None
    address_name: str | None = None


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """`recipient_address` of an order, version 202309; a hold masks or withholds its parts."""

    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    address_line1: str | None = None
    address_line2: str | None = None
    address_line3: str | None = None
    address_line4: str | None = None
    address_detail: str | None = None
    full_address: str | None = None
    postal_code: str | None = None
    region_code: str | None = None
    phone_number: str | None = None
    district_info: list[District] | None = None


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One unit: the platform repeats the line item for each."""

    sale_price: str
    currency: str | None = None
    display_status: str | None = None
    seller_sku: str | None = None
    sku_id: str | None = None


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """What the buyer pays, as decimal text."""

    currency: str | None = None
    shipping_fee: str | None = None
    total_amount: str | None = None


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of an order that are used; times are seconds since 1970."""

    id: str
    status: str
    create_time: int
    line_items: list[Item]
    paid_time: int | None = None
    fulfillment_type: str | None = None
    is_on_hold_order: bool | None = None
    is_sample_order: bool | None = None
    is_replacement_order: bool | None = None
    replaced_order_id: str | None = None
    is_cod: bool | None = None
    order_type: str | None = None
    buyer_message: str | None = None
    seller_note: str | None = None
    buyer_email: str | None = None
    user_id: str | None = None
    payment: Payment | None = None
    recipient_address: Recipient | None = None
