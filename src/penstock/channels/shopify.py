"""Orders of Shopify: what its Admin REST API and its order webhooks send.

`{"orders": [...]}`, `{"order": {...}}`, the list alone, or one order (as a webhook's body).
"""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from penstock.channels.amount import amount_at
from penstock.channels.json_parts import Part, items, members
from penstock.channels.json_text import in_utc, read_parts
from penstock.channels.order import Address, NewLine, NewOrder
from penstock.channels.order_rules import breaches, unknown_currency
from penstock.channels.parsed import Made, Parsed, Source, located, require_utf8, shown, whole
from penstock.channels.shopify_payload import Item, Order, ShippingAddress
from penstock.kernel.errors import FieldError
from penstock.kernel.money import CURRENCIES

CHANNEL = "shopify"

_PAID = {"paid", "partially_refunded"}
_UNDONE = {"refunded": "its payment is refunded", "voided": "its payment is voided"}
_ORIGINS = {
    "/channel_order_id": "/id",
    "/ordered_at": "/created_at",
    "/paid_at": "/processed_at",
    "/shipping_minor": "/shipping_lines",
    "/lines": "/line_items",
    "/buyer_id": "/customer/id",
    "/ship_to/line1": "/shipping_address/address1",
    "/ship_to/country": "/shipping_address/country_code",
    "/ship_to": "/shipping_address",
}


_DECODER = msgspec.json.Decoder(Order)


def read(source: Source) -> Iterator[Parsed]:
    """Read the orders that are still to be fulfilled; each other one is a record that says why.

    A price is the line's before discounts, in the shop's currency. Lines that need no shipping
    or are fulfilled already are left out, and of a line partly fulfilled only the rest is taken.
    Shopify gives no time of payment: for a paid order it is taken to be `processed_at`.

    Raises:
        Malformed: at once, before the first record: no whole JSON in UTF-8.

    """
    content = whole(source)
    require_utf8(content)
    return read_parts(_orders(Part(content)), _DECODER, _order)


def _orders(body: Part) -> list[Part]:
    if body.raw.lstrip().startswith(b"["):
        return items(body)
    wrapper = members(body)
    if "orders" in wrapper:
        return items(wrapper["orders"])
    return [wrapper.get("order", Part(body.raw.strip(), body.line))]


def _order(wire: Order) -> Made | tuple[FieldError, ...]:
    closed = _closed(wire)
    if closed:
        return (closed,)
    faults: list[FieldError] = []
    if wire.currency not in CURRENCIES:
        faults.append(unknown_currency("/currency"))
    lines, origins = _lines(wire, faults)
    shipping_minor = 0
    for index, paid in enumerate(wire.shipping_lines or ()):
        key = "price" if paid.discounted_price is None else "discounted_price"
        at = f"/shipping_lines/{index}/{key}"
        shipping_minor += amount_at(at, paid.discounted_price or paid.price, wire.currency, faults)
    if wire.shipping_address is None:
        detail = "The order has no shipping_address: add one in Shopify, then import it again."
        faults.append(FieldError("/shipping_address", "required", detail))
    ordered_at = _utc("/created_at", wire.created_at, faults)
    paid_at = None
    if wire.financial_status in _PAID:
        paid_at = _utc("/processed_at", wire.processed_at or wire.created_at, faults)
    if faults or wire.shipping_address is None:
        return tuple(faults)
    order = NewOrder(
        channel=CHANNEL,
        channel_order_id=str(wire.id).strip(),
        currency=wire.currency,
        ordered_at=ordered_at,
        ship_to=_ship_to(wire, wire.shipping_address),
        lines=lines,
        paid_at=paid_at,
        shipping_minor=shipping_minor,
        buyer_id="" if not wire.customer or wire.customer.id is None else str(wire.customer.id),
        note="; ".join(filter(None, (_reference(wire), _plain(wire.note)))),
    )
    origins = {**_ORIGINS, **origins}
    return located(breaches(order), origins) or Made(order, origins)


def _closed(wire: Order) -> FieldError | None:
    if wire.test:
        detail = "Not imported: it is a test order of the shop."
        return FieldError("/test", "test_order", detail)
    if wire.cancelled_at is not None:
        detail = "Not imported: it is cancelled."
        return FieldError("/cancelled_at", "not_open", detail)
    if wire.closed_at is not None:
        detail = "Not imported: it is closed (archived) in Shopify; reopen it there to ship it."
        return FieldError("/closed_at", "not_open", detail)
    if wire.financial_status in _UNDONE:
        detail = f"Not imported: {_UNDONE[wire.financial_status]}."
        return FieldError("/financial_status", "not_open", detail)
    return None


def _lines(wire: Order, faults: list[FieldError]) -> tuple[tuple[NewLine, ...], dict[str, str]]:
    lines: list[NewLine] = []
    origins: dict[str, str] = {}
    shipped = [i for i, item in enumerate(wire.line_items) if item.requires_shipping is not False]
    if wire.line_items and not shipped:
        detail = "Not imported: none of its lines requires shipping."
        faults.append(FieldError("/line_items", "nothing_to_ship", detail))
    for index in shipped:
        item, at = wire.line_items[index], f"/line_items/{index}"
        left = _left(item, at, faults)
        if left == 0:
            continue
        sku = _plain(item.sku)
        if not sku:
            detail = (
                f"Line {index + 1} ({shown(_plain(item.title))}) has no SKU: "
                "give its variant one in Shopify, then import the order again."
            )
            faults.append(FieldError(f"{at}/sku", "required", detail))
        price = amount_at(f"{at}/price", item.price.strip(), wire.currency, faults)
        line = f"/lines/{len(lines)}"
        origins |= {line: at, f"{line}/unit_price_minor": f"{at}/price"}
        lines.append(NewLine(sku=sku, quantity=left, unit_price_minor=price))
    if shipped and not lines and not faults:
        detail = "Not imported: all its lines are fulfilled or removed already."
        faults.append(FieldError("/line_items", "not_open", detail))
    return tuple(lines), origins


def _left(item: Item, at: str, faults: list[FieldError]) -> int:
    if item.fulfillment_status == "fulfilled":
        return 0
    if item.fulfillable_quantity is not None:
        return min(item.quantity, max(item.fulfillable_quantity, 0))
    if item.fulfillment_status == "partial":
        detail = (
            "It is fulfilled in part: export it with fulfillable_quantity, which says the rest."
        )
        faults.append(FieldError(f"{at}/fulfillment_status", "not_open", detail))
        return 0
    return item.quantity


def _ship_to(wire: Order, to: ShippingAddress) -> Address:
    province, company = _plain(to.province), _plain(to.company)
    name = _plain(to.name)
    return Address(
        name=name or company,
        line1=_plain(to.address1),
        line2=", ".join(filter(None, (company if name else "", _plain(to.address2)))),
        city=_plain(to.city) or province,
        region=_plain(to.province_code) or province,
        postal_code=_plain(to.zip),
        country=_plain(to.country_code).upper(),
        phone=_plain(to.phone) or _plain(wire.phone),
        email=_plain(wire.email),
    )


def _utc(pointer: str, at: datetime, faults: list[FieldError]) -> datetime:
    try:
        return in_utc(at)
    except OverflowError:
        detail = f"{pointer.removeprefix('/')} must be in the years 1 to 9999 in UTC."
        faults.append(FieldError(pointer, "bad_time", detail))
        return at


def _reference(wire: Order) -> str:
    return f"Shopify {name}" if (name := _plain(wire.name)) else ""


def _plain(text: str | None) -> str:
    return (text or "").strip()
