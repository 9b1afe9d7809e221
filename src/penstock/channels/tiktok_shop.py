"""Orders of TikTok Shop: the answers of its order search and order detail, version 202309.

`POST /order/202309/orders/search` and `GET /order/202309/orders` answer
`{"code": 0, "data": {"orders": [...]}}`; the list alone, or one order, is read too.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from penstock.channels.amount import amount_at
from penstock.channels.json_parts import Part, items, members
from penstock.channels.json_text import read_parts
from penstock.channels.order import Address, NewLine, NewOrder
from penstock.channels.order_rules import breaches, unknown_currency
from penstock.channels.parsed import Made, Parsed, Source, located, require_utf8, shown, whole
from penstock.channels.tiktok_address import UNKNOWN, consignee
from penstock.channels.tiktok_payload import Order, Recipient, plain
from penstock.kernel.errors import FieldError, Malformed
from penstock.kernel.money import CURRENCIES

CHANNEL = "tiktok_shop"

_OPEN = {"UNPAID", "ON_HOLD", "AWAITING_SHIPMENT", "PARTIALLY_SHIPPING"}
_WITHHELD = {"UNPAID", "ON_HOLD"}
_CLOSED = {
    "AWAITING_COLLECTION": "it is packed and labelled already and waits for its carrier",
    "IN_TRANSIT": "it is with its carrier already",
    "DELIVERED": "it is delivered already",
    "COMPLETED": "it is completed already",
    "CANCELLED": "it is cancelled",
}
_ORIGINS = {
    "/channel_order_id": "/id",
    "/buyer_id": "/user_id",
    "/shipping_minor": "/payment/shipping_fee",
    "/lines": "/line_items",
    "/ship_to/name": "/recipient_address/name",
    "/ship_to/line1": "/recipient_address/address_line1",
    "/ship_to/country": "/recipient_address/region_code",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


_DECODER = msgspec.json.Decoder(Order)


def read(source: Source) -> Iterator[Parsed]:
    """Read the orders that are still to be fulfilled; each other one is a record that says why.

    An unpaid or held order is taken, because its stock must be kept for it (the platform's own
    order guide); what the platform withholds of its address until then is "-".

    Raises:
        Malformed: at once, before the first record: no answer of TikTok Shop, one that reports
            an error, or no whole JSON in UTF-8.

    """
    content = whole(source)
    require_utf8(content)
    return read_parts(_orders(Part(content)), _DECODER, _order)


def _orders(body: Part) -> list[Part]:
    if body.raw.lstrip().startswith(b"["):
        return items(body)
    answer = members(body)
    code = answer.get("code")
    if code is not None and code.raw != b"0":
        message = answer["message"].raw.decode() if "message" in answer else "no message"
        raise Malformed(
            f"TikTok Shop answered with error {shown(code.raw.decode())}, {shown(message)}: "
            "ask it again, then import its answer."
        )
    if "data" in answer:
        answer = {} if answer["data"].raw == b"null" else members(answer["data"])
        if answer and not answer.keys() & {"orders", "total_count"}:
            raise Malformed(
                "This answer of TikTok Shop has no orders in its data: "
                "import one of its order search or order detail."
            )
        listed = answer.get("orders")
        return [] if listed is None or listed.raw == b"null" else items(listed)
    if "orders" in answer:
        return items(answer["orders"])
    return [body]


def _order(wire: Order) -> Made | tuple[FieldError, ...]:
    closed = _closed(wire)
    if closed:
        return (closed,)
    faults: list[FieldError] = []
    currency, currency_at = _currency(wire, faults)
    fee = plain(wire.payment.shipping_fee) if wire.payment else ""
    shipping_minor = amount_at("/payment/shipping_fee", fee or "0", currency, faults)
    lines, origins = _lines(wire, currency, faults)
    ship_to = _ship_to(wire, faults)
    ordered_at = _instant("/create_time", wire.create_time, faults)
    paid_at = _instant("/paid_time", wire.paid_time, faults) if wire.paid_time else None
    if faults:
        return tuple(faults)
    order = NewOrder(
        channel=CHANNEL,
        channel_order_id=plain(wire.id),
        currency=currency,
        ordered_at=ordered_at,
        ship_to=ship_to,
        lines=lines,
        paid_at=paid_at,
        shipping_minor=shipping_minor,
        buyer_id=plain(wire.user_id),
        note=_note(wire, ship_to),
    )
    origins = {**_ORIGINS, **origins, "/currency": currency_at}
    return located(breaches(order), origins) or Made(order, origins)


def _closed(wire: Order) -> FieldError | None:
    if wire.fulfillment_type == "FULFILLMENT_BY_TIKTOK":
        detail = "TikTok's own warehouses fulfil this order (FBT): there is nothing to import."
        return FieldError("/fulfillment_type", "not_ours", detail)
    if wire.status not in _OPEN:
        why = _CLOSED.get(wire.status, f"its status {shown(wire.status)} is not a known open one")
        return FieldError("/status", "not_open", f"Not imported: {why}.")
    if all(item.display_status in _CLOSED for item in wire.line_items):
        detail = "Not imported: none of its line items is still to be packed."
        return FieldError("/line_items", "not_open", detail)
    return None


def _currency(wire: Order, faults: list[FieldError]) -> tuple[str, str]:
    currency, pointer = plain(wire.payment.currency) if wire.payment else "", "/payment/currency"
    for index, item in enumerate(wire.line_items):
        own, own_at = plain(item.currency), f"/line_items/{index}/currency"
        if own and not currency:
            currency, pointer = own, own_at
        elif own and own != currency:
            detail = f"The order is in {shown(currency)} and this line in {shown(own)}: use one."
            faults.append(FieldError(own_at, "mixed_currency", detail))
    if currency not in CURRENCIES:
        faults.append(unknown_currency(pointer))
    return currency, pointer


def _lines(
    wire: Order, currency: str, faults: list[FieldError]
) -> tuple[tuple[NewLine, ...], dict[str, str]]:
    units = Counter[tuple[str, int]]()
    origins: dict[str, str] = {}
    for index, item in enumerate(wire.line_items):
        if item.display_status in _CLOSED:
            continue
        pointer = f"/line_items/{index}"
        sku = plain(item.seller_sku) or plain(item.sku_id)
        price = amount_at(f"{pointer}/sale_price", plain(item.sale_price), currency, faults)
        if (sku, price) not in units:
            line = f"/lines/{len(units)}"
            origins |= {line: pointer, f"{line}/sku": f"{pointer}/seller_sku"}
            origins[f"{line}/unit_price_minor"] = f"{pointer}/sale_price"
        units[sku, price] += 1
    lines = tuple(
        NewLine(sku=sku, quantity=quantity, unit_price_minor=price)
        for (sku, price), quantity in units.items()
    )
    return lines, origins


def _ship_to(wire: Order, faults: list[FieldError]) -> Address:
    withheld = bool(wire.is_on_hold_order) or wire.status in _WITHHELD
    to = wire.recipient_address or Recipient()
    if withheld and not plain(to.region_code):
        detail = "TikTok Shop still withholds the country: import the order again after the hold."
        faults.append(FieldError("/recipient_address/region_code", "address_withheld", detail))
    return consignee(to, email=plain(wire.buyer_email), withheld=withheld)


def _note(wire: Order, ship_to: Address) -> str:
    to, payment = wire.recipient_address, wire.payment
    said = {
        "": plain(wire.buyer_message),
        "seller note": plain(wire.seller_note),
        "order type": plain(wire.order_type) if wire.order_type != "NORMAL" else "",
        "sample order": bool(wire.is_sample_order),
        "replaces order": wire.is_replacement_order and plain(wire.replaced_order_id),
        "collect on delivery": wire.is_cod and payment and plain(payment.total_amount),
        "on hold at TikTok Shop": bool(wire.is_on_hold_order) or wire.status == "ON_HOLD",
        "full address": plain(to.full_address) if to and ship_to.city == UNKNOWN else "",
    }
    parts = []
    for label, value in said.items():
        if value:
            parts.append(label if value is True else f"{label}: {value}".removeprefix(": "))
    return "; ".join(parts)


def _instant(pointer: str, seconds: int, faults: list[FieldError]) -> datetime:
    try:
        at = _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        at = _EPOCH
    if at <= _EPOCH:
        name = pointer.removeprefix("/")
        detail = f"{name} must be in seconds since 1970 (UTC), up to the year 9999."
        faults.append(FieldError(pointer, "bad_time", detail))
    return at
